//! Raises a number to a power modulo another, as opening an RSA signature does. Only public data pass through here, so
//! nothing needs constant time. aws-lc-rs opens no signature without a named hash, and a library of large numbers would be
//! half of what this crate adds to the program.
#![expect(
    clippy::cast_possible_truncation,
    reason = "the lower half of a product is meant"
)]

use std::cmp::Ordering;

/// Bits and bytes of a limb.
const LIMB_BITS: usize = 64;
const LIMB_BYTES: usize = LIMB_BITS / 8;

/// `base` to the power `exponent` modulo `modulus`, all big-endian, in as many bytes as the modulus has; `None` when the
/// modulus is even or the base is not below it.
pub(crate) fn power(base: &[u8], exponent: u32, modulus: &[u8]) -> Option<Vec<u8>> {
    let field = Field::new(limbs(modulus, modulus.len()))?;
    let base = limbs(base, modulus.len());
    if base.len() > field.modulus.len() || compare(&base, &field.modulus) != Ordering::Less {
        return None;
    }
    let mut one = vec![0; field.modulus.len()];
    *one.first_mut()? = 1;
    let square = field.square_of_radix();
    let base = field.product(&base, &square);
    let mut result = field.product(&one, &square);
    for bit in (0..u32::BITS - exponent.leading_zeros()).rev() {
        result = field.product(&result, &result);
        if exponent >> bit & 1 == 1 {
            result = field.product(&result, &base);
        }
    }
    let result = field.product(&result, &one);
    let bytes: Vec<u8> = result
        .iter()
        .rev()
        .flat_map(|limb| limb.to_be_bytes())
        .collect();
    let extra = bytes.len().checked_sub(modulus.len())?;
    bytes.get(extra..).map(<[u8]>::to_vec)
}

/// The limbs of a number, the least significant first, for a modulus of so many bytes.
fn limbs(bytes: &[u8], modulus_bytes: usize) -> Vec<u64> {
    let mut limbs: Vec<u64> = bytes
        .rchunks(LIMB_BYTES)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0, |limb, &byte| limb << 8 | u64::from(byte))
        })
        .collect();
    if limbs.len() < modulus_bytes.div_ceil(LIMB_BYTES) {
        limbs.resize(modulus_bytes.div_ceil(LIMB_BYTES), 0);
    }
    limbs
}

fn compare(left: &[u64], right: &[u64]) -> Ordering {
    left.iter().rev().cmp(right.iter().rev())
}

/// Takes `other` from `number`, which has as many limbs; what is borrowed beyond them is dropped.
fn subtract(number: &mut [u64], other: &[u64]) {
    let mut borrow = false;
    for (limb, &other) in number.iter_mut().zip(other) {
        let (first, one) = limb.overflowing_sub(other);
        let (second, two) = first.overflowing_sub(u64::from(borrow));
        (*limb, borrow) = (second, one || two);
    }
}

/// Numbers below an odd modulus, in the form of Montgomery (Mathematics of Computation 44, 1985).
struct Field {
    modulus: Vec<u64>,
    /// −1 / modulus, modulo the size of a limb.
    factor: u64,
}

impl Field {
    fn new(modulus: Vec<u64>) -> Option<Self> {
        let first = *modulus.first().filter(|first| *first & 1 == 1)?;
        // Each step doubles the bits that are right; three are from the start.
        let inverse = (0..5).fold(first, |inverse, _| {
            inverse.wrapping_mul(2_u64.wrapping_sub(first.wrapping_mul(inverse)))
        });
        Some(Self {
            modulus,
            factor: inverse.wrapping_neg(),
        })
    }

    /// `left` · `right` / radix, where the radix is one more than the limbs of the modulus can hold.
    fn product(&self, left: &[u64], right: &[u64]) -> Vec<u64> {
        let mut sum = vec![0_u64; self.modulus.len()];
        let mut top = 0_u64;
        for &limb in left {
            let carry = add_multiple(&mut sum, right, limb);
            let (high, is_over) = top.overflowing_add(carry);
            let multiple = sum
                .first()
                .map_or(0, |first| first.wrapping_mul(self.factor));
            let carry = add_multiple(&mut sum, &self.modulus, multiple);
            // The lowest limb is zero now.
            sum.rotate_left(1);
            let (last, is_over_again) = high.overflowing_add(carry);
            if let Some(place) = sum.last_mut() {
                *place = last;
            }
            top = u64::from(is_over) + u64::from(is_over_again);
        }
        if top != 0 || compare(&sum, &self.modulus) != Ordering::Less {
            subtract(&mut sum, &self.modulus);
        }
        sum
    }

    /// The square of the radix: one, doubled as often as the two have bits.
    fn square_of_radix(&self) -> Vec<u64> {
        let mut number = vec![0; self.modulus.len()];
        if let Some(first) = number.first_mut() {
            *first = 1;
        }
        for _ in 0..2 * LIMB_BITS * self.modulus.len() {
            let mut carry = 0;
            for limb in &mut number {
                (*limb, carry) = (*limb << 1 | carry, *limb >> (LIMB_BITS - 1));
            }
            if carry != 0 || compare(&number, &self.modulus) != Ordering::Less {
                subtract(&mut number, &self.modulus);
            }
        }
        number
    }
}

/// Adds `number` · `limb` to `sum`, which has as many limbs; returns what is carried beyond them.
fn add_multiple(sum: &mut [u64], number: &[u64], limb: u64) -> u64 {
    let mut carry = 0_u128;
    for (place, &other) in sum.iter_mut().zip(number) {
        carry += u128::from(*place) + u128::from(other) * u128::from(limb);
        *place = carry as u64;
        carry >>= LIMB_BITS;
    }
    carry as u64
}

#[cfg(test)]
mod tests {
    use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
    use crypto_bigint::{BoxedUint, Odd};
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    use super::power;

    #[test]
    fn small_numbers_are_raised() {
        for (base, exponent, modulus, expected) in [
            (3_u8, 4_u32, 7_u8, 4_u8),
            (2, 10, 25, 24),
            (5, 0, 7, 1),
            (0, 3, 7, 0),
            (6, 65_537, 7, 6),
        ] {
            assert_eq!(power(&[base], exponent, &[modulus]), Some(vec![expected]));
        }
        assert_eq!(power(&[7], 1, &[7]), None, "the base is not below");
        assert_eq!(power(&[1, 0], 1, &[7]), None, "the base is longer");
        assert_eq!(power(&[3], 1, &[8]), None, "an even modulus");
        assert_eq!(power(&[], 1, &[]), None);
    }

    proptest! {
        /// RustCrypto's library gives the same.
        #[test]
        fn powers_are_those_of_another_library(
            base in prop::collection::vec(any::<u8>(), 1..80),
            exponent in any::<u32>(),
            modulus in prop::collection::vec(any::<u8>(), 1..80),
            all_ones in any::<bool>(),
        ) {
            let mut modulus = modulus;
            if all_ones {
                modulus.fill(0xFF);
            }
            modulus[0] |= 0x80;
            *modulus.last_mut().unwrap() |= 1;
            let base = &base[..base.len().min(modulus.len())];
            let bits = u32::try_from(modulus.len() * 8).unwrap();
            let number = |bytes: &[u8]| {
                let zeros = vec![0; modulus.len() - bytes.len()];
                BoxedUint::from_be_slice(&[&zeros, bytes].concat(), bits).unwrap()
            };
            let theirs = (number(base) < number(&modulus)).then(|| {
                let odd: Option<Odd<BoxedUint>> = Odd::new(number(&modulus)).into();
                let parameters = BoxedMontyParams::new_vartime(odd.unwrap());
                let exponent = BoxedUint::from_be_slice(&exponent.to_be_bytes(), 32).unwrap();
                let raised = BoxedMontyForm::new(number(base), &parameters).pow(&exponent);
                raised.retrieve().to_be_bytes().to_vec()
            });
            let theirs = theirs.map(|bytes| bytes[bytes.len() - modulus.len()..].to_vec());
            prop_assert_eq!(power(base, exponent, &modulus), theirs);
        }
    }
}
