//! A timestamp authority for tests (RFC 3161): its certificates, and answers that are right or wrong in one named way, each
//! signed as the real ones are. Nothing outside tests may trust it.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, SerialNumber,
    SignatureAlgorithm,
};

const SHA256_NAME: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const SHA384_NAME: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
const RSA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01";
const ECDSA_SHA256: &[u8] = b"\x2A\x86\x48\xCE\x3D\x04\x03\x02";
const ECDSA_SHA384: &[u8] = b"\x2A\x86\x48\xCE\x3D\x04\x03\x03";
const SIGNED_DATA: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
const TST_INFO: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x04";
const CONTENT_TYPE: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x03";
const MESSAGE_DIGEST: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04";
const SIGNING_TIME: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x05";
const SIGNING_CERTIFICATE_V2: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x02\x2F";
/// The policy of every token; 1.3.6.1.4.1.32473 is for examples (RFC 5612).
pub const POLICY: &str = "1.3.6.1.4.1.32473.1";
const POLICY_BYTES: &[u8] = b"\x2B\x06\x01\x04\x01\x81\xFD\x59\x01";
const EXTENDED_KEY_USAGE: [u64; 4] = [2, 5, 29, 37];
const TIME_STAMPING: &[u8] = b"\x2B\x06\x01\x05\x05\x07\x03\x08";
const SERVER: &[u8] = b"\x2B\x06\x01\x05\x05\x07\x03\x01";

/// Which key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    P256,
    P384,
    Rsa,
}

/// What is wrong with an answer that is signed all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Status 2, without a token.
    Rejected,
    OtherImprint,
    OtherNonce,
    NoNonce,
    /// The digest attribute is of something else.
    OtherDigest,
    /// No attribute names the certificate.
    CertificateNotNamed,
    /// Another certificate is named.
    OtherCertificateNamed,
    /// The content is said to be something else.
    OtherType,
    /// The version of the content is 2.
    OtherVersion,
    /// It claims to be somebody else.
    OtherName,
    /// No certificate comes with it.
    NoCertificate,
    /// The signature is of other bytes.
    OtherSignature,
}

/// Every fault.
pub const FAULTS: [Fault; 12] = [
    Fault::Rejected,
    Fault::OtherImprint,
    Fault::OtherNonce,
    Fault::NoNonce,
    Fault::OtherDigest,
    Fault::CertificateNotNamed,
    Fault::OtherCertificateNamed,
    Fault::OtherType,
    Fault::OtherVersion,
    Fault::OtherName,
    Fault::NoCertificate,
    Fault::OtherSignature,
];

/// What the certificate of an authority is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Timestamps alone, and that must be heeded.
    Stamping,
    /// Timestamps alone, but whoever does not know may pass over it.
    StampingIfKnown,
    /// Timestamps and web servers.
    StampingAndServing,
    /// Nothing is said.
    Anything,
}

/// How an answer is made.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `GeneralizedTime`, such as `20261126120000Z` or `20261126120000.5Z`.
    pub time: String,
    /// Seconds, thousandths and millionths.
    pub accuracy: Option<(u16, u16, u16)>,
    pub ordering: bool,
    /// Whether the authority says its name.
    pub named: bool,
    /// Whether the issuer of the certificate stands beside its hash.
    pub with_issuer: bool,
    pub fault: Fault,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            time: "20261126120000Z".to_owned(),
            accuracy: Some((1, 0, 0)),
            ordering: false,
            named: true,
            with_issuer: true,
            fault: Fault::None,
        }
    }
}

enum Pair {
    Ecdsa(EcdsaKeyPair, Kind),
    Rsa(RsaKeyPair),
}

/// An authority with a root of its own.
pub struct Authority {
    root_pem: String,
    ended_root_pem: String,
    certificate: Vec<u8>,
    root: Vec<u8>,
    pair: Pair,
    serial: u64,
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut value = vec![tag];
    match content.len() {
        short @ 0..0x80 => value.push(u8::try_from(short).expect("short")),
        long => {
            let digits: Vec<u8> = long
                .to_be_bytes()
                .into_iter()
                .skip_while(|byte| *byte == 0)
                .collect();
            value.push(0x80 | u8::try_from(digits.len()).expect("few"));
            value.extend(digits);
        }
    }
    value.extend(content);
    value
}

fn number(value: u64) -> Vec<u8> {
    let mut digits: Vec<u8> = value
        .to_be_bytes()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect();
    if digits.first().is_none_or(|first| *first >= 0x80) {
        digits.insert(0, 0);
    }
    tlv(0x02, &[&digits])
}

fn sum(algorithm: &'static Algorithm, bytes: &[u8]) -> Vec<u8> {
    digest(algorithm, bytes).as_ref().to_vec()
}

fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x06, &[name]), &tlv(0x31, &[value])])
}

/// The fields of a certificate's body: with or without a version, serial, algorithm, issuer, validity, subject.
fn body(certificate: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let next = |bytes: &[u8]| -> (usize, usize) {
        match bytes[1] {
            short @ 0..=0x7F => (2, usize::from(short)),
            0x81 => (3, usize::from(bytes[2])),
            _ => (4, usize::from(bytes[2]) << 8 | usize::from(bytes[3])),
        }
    };
    let outer = &certificate[next(certificate).0..];
    let mut rest = &outer[next(outer).0..];
    let mut fields = Vec::new();
    for _ in 0..6 {
        let (head, length) = next(rest);
        fields.push(rest[..head + length].to_vec());
        rest = &rest[head + length..];
    }
    (fields[1].clone(), fields[3].clone(), fields[5].clone())
}

fn algorithm(kind: Kind) -> &'static SignatureAlgorithm {
    match kind {
        Kind::P256 => &PKCS_ECDSA_P256_SHA256,
        Kind::P384 => &PKCS_ECDSA_P384_SHA384,
        Kind::Rsa => &PKCS_RSA_SHA256,
    }
}

fn named(name: &str, until: i32) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Tests only");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params
}

/// Every root has one name.
fn root(until: i32) -> CertificateParams {
    let mut root = named("Root of timestamps", until);
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    root
}

/// A root with the name of every other one and a key of its own, in PEM.
///
/// # Panics
/// When no certificate can be made.
#[must_use]
pub fn namesake_pem(kind: Kind) -> String {
    let key = KeyPair::generate_for(algorithm(kind)).expect("a key");
    root(2100).self_signed(&key).expect("a root").pem()
}

impl Authority {
    /// A new authority, valid from 2000 to 2100.
    #[must_use]
    pub fn new(kind: Kind, purpose: Purpose) -> Self {
        Self::valid(kind, purpose, 2100)
    }

    /// A new authority whose own certificate ends with a year.
    ///
    /// # Panics
    /// When no certificate can be made.
    #[must_use]
    pub fn valid(kind: Kind, purpose: Purpose, until: i32) -> Self {
        let root_key = KeyPair::generate().expect("a key");
        let ended_root_pem = root(2020).self_signed(&root_key).expect("a root").pem();
        let root = root(2100);
        let root_certificate = root.self_signed(&root_key).expect("a root");
        let issuer = Issuer::new(root, root_key);

        let key = KeyPair::generate_for(algorithm(kind)).expect("a key");
        let mut params = named("Authority of timestamps", until);
        params.serial_number = Some(SerialNumber::from(0x1234_5678_u64));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let stamping = tlv(0x06, &[TIME_STAMPING]);
        let purposes = match purpose {
            Purpose::Stamping | Purpose::StampingIfKnown => Some(tlv(0x30, &[&stamping])),
            Purpose::StampingAndServing => Some(tlv(0x30, &[&stamping, &tlv(0x06, &[SERVER])])),
            Purpose::Anything => None,
        };
        if let Some(purposes) = purposes {
            let mut extension = CustomExtension::from_oid_content(&EXTENDED_KEY_USAGE, purposes);
            extension.set_criticality(purpose != Purpose::StampingIfKnown);
            params.custom_extensions.push(extension);
        }
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        let secret = key.serialize_der();
        let pair = match kind {
            Kind::P256 => Pair::Ecdsa(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &secret).expect("a key"),
                kind,
            ),
            Kind::P384 => Pair::Ecdsa(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, &secret).expect("a key"),
                kind,
            ),
            Kind::Rsa => Pair::Rsa(RsaKeyPair::from_pkcs8(&secret).expect("a key")),
        };
        Self {
            root_pem: root_certificate.pem(),
            ended_root_pem,
            certificate: certificate.der().to_vec(),
            root: root_certificate.der().to_vec(),
            pair,
            serial: 0,
        }
    }

    /// The certificate to trust, in PEM.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// A certificate of the same root (its name and its key) that ended with 2019, in PEM.
    #[must_use]
    pub fn ended_root_pem(&self) -> &str {
        &self.ended_root_pem
    }

    /// Answers a request of ours (SHA-256, a nonce of eight bytes).
    ///
    /// # Panics
    /// At a request of another form.
    pub fn answer(&mut self, query: &[u8], how: &Answer) -> Vec<u8> {
        let fault = how.fault;
        if fault == Fault::Rejected {
            return tlv(0x30, &[&tlv(0x30, &[&number(2)])]);
        }
        // The imprint is the first string of 32 bytes; after the nonce only the wish for a certificate follows.
        let imprint = query.windows(2).position(|head| head == [0x04, 32]);
        let imprint = imprint.expect("a hash in the request") + 2;
        let nonce = query.len() - 11;
        let (mut imprint, mut nonce) = (
            query[imprint..imprint + 32].to_vec(),
            query[nonce..nonce + 8].to_vec(),
        );
        match fault {
            Fault::OtherImprint => imprint[7] ^= 1,
            Fault::OtherNonce => nonce[7] ^= 1,
            _ => {}
        }
        self.serial += 1;
        let (serial, issuer, subject) = body(&self.certificate);
        let algorithm = tlv(0x30, &[&tlv(0x06, &[SHA256_NAME]), &[5, 0]]);
        let mut info = number(if fault == Fault::OtherVersion { 2 } else { 1 });
        info.extend(tlv(0x06, &[POLICY_BYTES]));
        info.extend(tlv(0x30, &[&algorithm, &tlv(0x04, &[&imprint])]));
        info.extend(number(self.serial));
        info.extend(tlv(0x18, &[how.time.as_bytes()]));
        if let Some((seconds, millis, micros)) = how.accuracy {
            let mut parts = if seconds > 0 {
                number(seconds.into())
            } else {
                Vec::new()
            };
            for (tag, part) in [(0x80, millis), (0x81, micros)] {
                if part > 0 {
                    let value = number(part.into());
                    parts.extend(tlv(tag, &[&value[2..]]));
                }
            }
            info.extend(tlv(0x30, &[&parts]));
        }
        if how.ordering {
            info.extend([0x01, 0x01, 0xFF]);
        }
        if fault != Fault::NoNonce {
            info.extend(tlv(0x02, &[&nonce]));
        }
        if fault == Fault::OtherName {
            info.extend(tlv(0xA0, &[&tlv(0xA4, &[&issuer])]));
        } else if how.named {
            info.extend(tlv(0xA0, &[&tlv(0xA4, &[&subject])]));
        }
        let info = tlv(0x30, &[&info]);

        let (hash, hash_name) = match &self.pair {
            Pair::Ecdsa(_, Kind::P384) => (&SHA384, SHA384_NAME),
            _ => (&SHA256, SHA256_NAME),
        };
        let signed_by = tlv(0x30, &[&tlv(0x06, &[hash_name]), &[5, 0]]);
        let content_type = if fault == Fault::OtherType {
            SIGNED_DATA
        } else {
            TST_INFO
        };
        let digest_of: &[u8] = if fault == Fault::OtherDigest {
            b"something else"
        } else {
            &info
        };
        let mut attributes = vec![
            attribute(CONTENT_TYPE, &tlv(0x06, &[content_type])),
            attribute(SIGNING_TIME, &tlv(0x17, &[b"261126120000Z"])),
            attribute(MESSAGE_DIGEST, &tlv(0x04, &[&sum(hash, digest_of)])),
        ];
        if fault != Fault::CertificateNotNamed {
            let of = if fault == Fault::OtherCertificateNamed {
                &self.root
            } else {
                &self.certificate
            };
            let mut name = tlv(0x04, &[&sum(&SHA256, of)]);
            if how.with_issuer {
                let issuer = tlv(0x30, &[&tlv(0xA4, &[&issuer])]);
                name.extend(tlv(0x30, &[&issuer, &serial]));
            }
            let names = tlv(0x30, &[&tlv(0x30, &[&name])]);
            attributes.push(attribute(SIGNING_CERTIFICATE_V2, &tlv(0x30, &[&names])));
        }
        // DER sorts the members of a set.
        attributes.sort();
        let attributes = attributes.concat();
        let mut signed = tlv(0x31, &[&attributes]);
        if fault == Fault::OtherSignature {
            signed.push(0);
        }
        let (scheme, signature) = self.sign(&signed);
        let mut signer = number(1);
        signer.extend(tlv(0x30, &[&issuer, &serial]));
        signer.extend(&signed_by);
        signer.extend(tlv(0xA0, &[&attributes]));
        signer.extend(scheme);
        signer.extend(tlv(0x04, &[&signature]));

        let mut data = number(3);
        data.extend(tlv(0x31, &[&signed_by]));
        data.extend(tlv(
            0x30,
            &[&tlv(0x06, &[TST_INFO]), &tlv(0xA0, &[&tlv(0x04, &[&info])])],
        ));
        if fault != Fault::NoCertificate {
            data.extend(tlv(0xA0, &[&self.certificate]));
        }
        data.extend(tlv(0x31, &[&tlv(0x30, &[&signer])]));
        let token = tlv(
            0x30,
            &[
                &tlv(0x06, &[SIGNED_DATA]),
                &tlv(0xA0, &[&tlv(0x30, &[&data])]),
            ],
        );
        tlv(0x30, &[&tlv(0x30, &[&number(0)]), &token])
    }

    fn sign(&self, message: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ecdsa(pair, kind) => {
                let signature = pair.sign(&random, message).expect("a signature");
                let scheme = if *kind == Kind::P384 {
                    ECDSA_SHA384
                } else {
                    ECDSA_SHA256
                };
                (
                    tlv(0x30, &[&tlv(0x06, &[scheme])]),
                    signature.as_ref().to_vec(),
                )
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect("a signature");
                (tlv(0x30, &[&tlv(0x06, &[RSA]), &[5, 0]]), signature)
            }
        }
    }
}
