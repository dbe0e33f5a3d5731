//! Verifies SM3withSM2 signatures (GB/T 32918.2-2016) on the curve of GB/T 32918.5-2017.
//!
//! Only public data pass through here, so nothing needs constant time, and there is no signing. The crate of the whole
//! curve would bring eighteen more crates into the program; the field is RustCrypto's `crypto-bigint`.

use crypto_bigint::modular::ConstMontyForm;
use crypto_bigint::{U256, const_monty_params};
use sm3::{Digest, Sm3};

const_monty_params!(
    FieldModulus,
    U256,
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF"
);
const_monty_params!(
    OrderModulus,
    U256,
    "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123"
);
type Field = ConstMontyForm<FieldModulus, { U256::LIMBS }>;
type Scalar = ConstMontyForm<OrderModulus, { U256::LIMBS }>;

const P: U256 =
    U256::from_be_hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF");
const N: U256 =
    U256::from_be_hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123");
const A: U256 =
    U256::from_be_hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC");
const B: U256 =
    U256::from_be_hex("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93");
const GENERATOR: Point = Point {
    x: U256::from_be_hex("32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"),
    y: U256::from_be_hex("BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"),
};
/// (p + 1) / 4: raising to it gives a square root, because p is 3 modulo 4.
const ROOT_EXPONENT: U256 =
    U256::from_be_hex("3FFFFFFFBFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC00000004000000000000000");
/// p − 2: raising to it gives the inverse.
const INVERSE_EXPONENT: U256 =
    U256::from_be_hex("FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFD");
/// The identifier of the signer when none was agreed on (GB/T 35276-2017).
const DEFAULT_IDENTIFIER: &[u8] = b"1234567812345678";
/// Bits of a scalar.
const BITS: u32 = 256;
/// Bytes of a coordinate.
pub(crate) const COORDINATE_BYTES: usize = 32;

/// A point of the curve: a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    x: U256,
    y: U256,
}

/// Jacobian coordinates; `z` is zero for the point at infinity.
#[derive(Clone, Copy)]
struct Jacobian {
    x: Field,
    y: Field,
    z: Field,
}

impl Point {
    /// The point with these coordinates, if it is on the curve.
    pub(crate) fn new(x: &[u8; COORDINATE_BYTES], y: &[u8; COORDINATE_BYTES]) -> Option<Self> {
        let point = Self {
            x: U256::from_be_slice(x),
            y: U256::from_be_slice(y),
        };
        let is_on_curve = point.x < P
            && point.y < P
            && Field::new(&point.y).square() == right_side(&Field::new(&point.x));
        is_on_curve.then_some(point)
    }

    /// The point with this first coordinate and an even or odd second one.
    pub(crate) fn lift(x: &[u8; COORDINATE_BYTES], is_odd: bool) -> Option<Self> {
        let x = U256::from_be_slice(x);
        if x >= P {
            return None;
        }
        let square = right_side(&Field::new(&x));
        let root = square.pow_vartime(&ROOT_EXPONENT);
        if root.square() != square {
            return None;
        }
        let y = root.retrieve();
        let y = if (y.to_be_bytes()[COORDINATE_BYTES - 1] & 1 == 1) == is_odd {
            y
        } else {
            P.wrapping_sub(&y)
        };
        Some(Self { x, y })
    }

    /// The first coordinate.
    pub(crate) fn x_bytes(&self) -> [u8; COORDINATE_BYTES] {
        bytes(&self.x)
    }

    fn jacobian(&self) -> Jacobian {
        Jacobian {
            x: Field::new(&self.x),
            y: Field::new(&self.y),
            z: Field::ONE,
        }
    }
}

/// x³ + ax + b.
fn right_side(x: &Field) -> Field {
    (x.square() + Field::new(&A)) * x + Field::new(&B)
}

fn bytes(number: &U256) -> [u8; COORDINATE_BYTES] {
    let mut bytes = [0; COORDINATE_BYTES];
    bytes.copy_from_slice(number.to_be_bytes().as_ref());
    bytes
}

impl Jacobian {
    const INFINITY: Self = Self {
        x: Field::ONE,
        y: Field::ONE,
        z: Field::ZERO,
    };

    fn double(&self) -> Self {
        let delta = self.z.square();
        let gamma = self.y.square();
        let beta = self.x * gamma;
        let product = (self.x - delta) * (self.x + delta);
        let alpha = product + product.double();
        let four_beta = beta.double().double();
        let x = alpha.square() - four_beta.double();
        let eight_gamma_squared = gamma.square().double().double().double();
        Self {
            x,
            y: alpha * (four_beta - x) - eight_gamma_squared,
            z: (self.y + self.z).square() - gamma - delta,
        }
    }

    fn add(&self, other: &Self) -> Self {
        if self.z == Field::ZERO {
            return *other;
        }
        if other.z == Field::ZERO {
            return *self;
        }
        let (left, right) = (self.z.square(), other.z.square());
        let (first, second) = (self.x * right, other.x * left);
        let first_y = self.y * other.z * right;
        let second_y = other.y * self.z * left;
        let (across, up) = (second - first, second_y - first_y);
        if across == Field::ZERO {
            return if up == Field::ZERO {
                self.double()
            } else {
                Self::INFINITY
            };
        }
        let square = across.square();
        let cube = square * across;
        let shared = first * square;
        let x = up.square() - cube - shared.double();
        Self {
            x,
            y: up * (shared - x) - first_y * cube,
            z: self.z * other.z * across,
        }
    }

    /// The first coordinate; `None` at infinity.
    fn affine_x(&self) -> Option<U256> {
        (self.z != Field::ZERO).then(|| {
            let inverse = self.z.square().pow_vartime(&INVERSE_EXPONENT);
            (self.x * inverse).retrieve()
        })
    }
}

/// `first`·G + `second`·`point`, both sums in one pass.
fn combination(first: &U256, second: &U256, point: &Point) -> Jacobian {
    let generator = GENERATOR.jacobian();
    let point = point.jacobian();
    let both = generator.add(&point);
    let mut sum = Jacobian::INFINITY;
    for bit in (0..BITS).rev() {
        sum = sum.double();
        match (first.bit_vartime(bit), second.bit_vartime(bit)) {
            (true, true) => sum = sum.add(&both),
            (true, false) => sum = sum.add(&generator),
            (false, true) => sum = sum.add(&point),
            (false, false) => {}
        }
    }
    sum
}

/// SM3 of the signer's identifier, the curve and the key (GB/T 32918.2-2016, 5.5).
fn identity(identifier: &[u8], key: &Point) -> Option<[u8; 32]> {
    let bits = u16::try_from(identifier.len().checked_mul(8)?).ok()?;
    let mut hash = Sm3::new();
    hash.update(bits.to_be_bytes());
    hash.update(identifier);
    for number in [&A, &B, &GENERATOR.x, &GENERATOR.y, &key.x, &key.y] {
        hash.update(bytes(number));
    }
    Some(hash.finalize().into())
}

/// Whether `r` and `s` (big-endian, 32 bytes each) sign `message` under `key`, with the default identifier.
pub(crate) fn verify(
    key: &Point,
    message: &[u8],
    r: &[u8; COORDINATE_BYTES],
    s: &[u8; COORDINATE_BYTES],
) -> bool {
    verify_as(DEFAULT_IDENTIFIER, key, message, r, s)
}

fn verify_as(
    identifier: &[u8],
    key: &Point,
    message: &[u8],
    r: &[u8; COORDINATE_BYTES],
    s: &[u8; COORDINATE_BYTES],
) -> bool {
    let (r, s) = (U256::from_be_slice(r), U256::from_be_slice(s));
    let is_in_range = |number: &U256| *number != U256::ZERO && *number < N;
    if !is_in_range(&r) || !is_in_range(&s) {
        return false;
    }
    let Some(identity) = identity(identifier, key) else {
        return false;
    };
    let mut hash = Sm3::new();
    hash.update(identity);
    hash.update(message);
    let digest: [u8; 32] = hash.finalize().into();
    let t = (Scalar::new(&r) + Scalar::new(&s)).retrieve();
    if t == U256::ZERO {
        return false;
    }
    combination(&s, &t, key).affine_x().is_some_and(|x| {
        Scalar::new(&U256::from_be_slice(&digest)) + Scalar::new(&x) == Scalar::new(&r)
    })
}

/// SM3 of `message`.
pub(crate) fn sm3(message: &[u8]) -> [u8; 32] {
    Sm3::digest(message).into()
}

#[cfg(test)]
mod tests {
    use super::{Point, sm3, verify_as};

    fn number(hex: &str) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[index * 2..index * 2 + 2], 16).unwrap();
        }
        bytes
    }

    /// GB/T 32905-2016, annex A, example 1.
    #[test]
    fn the_hash_of_the_standard() {
        assert_eq!(
            sm3(b"abc"),
            number("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
        );
    }

    /// GB/T 32918.5-2017, annex A.2: the example on the recommended curve.
    #[test]
    fn the_signature_of_the_standard() {
        let key = Point::new(
            &number("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"),
            &number("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"),
        )
        .unwrap();
        let r = number("F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3");
        let s = number("B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA");
        let check = |message: &[u8], r, s| verify_as(b"1234567812345678", &key, message, r, s);
        assert!(check(b"message digest", &r, &s));
        assert!(!check(b"message digesT", &r, &s));
        assert!(!check(b"message digest", &s, &r));
        assert!(!check(b"message digest", &[0; 32], &s));
        assert!(!check(b"message digest", &r, &[0xFF; 32]));
        assert!(!verify_as(b"other", &key, b"message digest", &r, &s));
    }

    #[test]
    fn a_point_is_found_from_one_coordinate_and_a_wrong_one_is_refused() {
        let x = number("09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020");
        let y = number("CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13");
        assert_eq!(Point::lift(&x, true), Point::new(&x, &y));
        assert_ne!(Point::lift(&x, false), Point::new(&x, &y));
        assert_eq!(Point::new(&y, &x), None);
        assert_eq!(Point::lift(&[0xFF; 32], false), None);
    }
}
