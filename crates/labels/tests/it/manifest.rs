//! Makes C2PA manifests for the tests: boxes, CBOR, certificates and signatures, byte by byte.

use std::ops::Range;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::bytes::{boxed, crc32, length16, length32, riff_chunk};
use crate::files as f;

/// 2026-06-01, 2025-01-01 and 2027-01-01 in seconds since 1970.
pub(crate) const TODAY: i64 = 1_780_272_000;
pub(crate) const NOT_BEFORE: i64 = 1_735_689_600;
pub(crate) const NOT_AFTER: i64 = 1_798_761_600;

/// A value of CBOR.
#[derive(Clone)]
pub(crate) struct Value(pub(crate) Vec<u8>);

fn head(kind: u8, length: usize) -> Vec<u8> {
    let kind = kind << 5;
    match length {
        0..24 => vec![kind | u8::try_from(length).expect("small")],
        24..256 => vec![kind | 24, u8::try_from(length).expect("small")],
        256..65_536 => [&[kind | 25][..], &length16(length)].concat(),
        _ => [&[kind | 26][..], &length32(length)].concat(),
    }
}

pub(crate) fn number(number: usize) -> Value {
    Value(head(0, number))
}

pub(crate) fn bytes(bytes: &[u8]) -> Value {
    Value([&head(2, bytes.len()), bytes].concat())
}

pub(crate) fn text(text: &str) -> Value {
    Value([&head(3, text.len()), text.as_bytes()].concat())
}

pub(crate) fn list(values: &[Value]) -> Value {
    let mut out = head(4, values.len());
    values.iter().for_each(|value| out.extend(&value.0));
    Value(out)
}

pub(crate) fn map(members: &[(&str, Value)]) -> Value {
    let mut out = head(5, members.len());
    for (name, value) in members {
        out.extend(text(name).0);
        out.extend(&value.0);
    }
    Value(out)
}

/// An assertion with these actions, of which the manifest says that they are all.
pub(crate) fn actions(actions: &[(&str, Option<&str>)]) -> Value {
    let actions: Vec<Value> = actions
        .iter()
        .map(|(action, source)| {
            let mut members = vec![("action", text(action))];
            if let Some(source) = source {
                let address = format!("http://cv.iptc.org/newscodes/digitalsourcetype/{source}");
                members.push(("digitalSourceType", text(&address)));
            }
            map(&members)
        })
        .collect();
    let told = Value(vec![0xF5]);
    map(&[("actions", list(&actions)), ("allActionsIncluded", told)])
}

/// A superbox: its kind, its label, and the boxes in it.
fn superbox(kind: &[u8; 4], label: &str, parts: &[u8]) -> Vec<u8> {
    let uuid = b"\0\x11\0\x10\x80\0\0\xAA\0\x38\x9B\x71";
    let description = [&kind[..], uuid, b"\x03", label.as_bytes(), b"\0"].concat();
    boxed(
        b"jumb",
        &[boxed(b"jumd", &description), parts.to_vec()].concat(),
    )
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        length @ 0..128 => vec![u8::try_from(length).expect("short")],
        length @ 128..256 => vec![0x81, u8::try_from(length).expect("short")],
        length => [&[0x82][..], &length16(length)].concat(),
    };
    [&[tag][..], &length, content].concat()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

fn name(common: &str) -> Vec<u8> {
    let part = |oid: u8, text: &str| {
        let oid = der(0x06, &[0x55, 0x04, oid]);
        der(0x31, &sequence(&[&oid, &der(0x0C, text.as_bytes())]))
    };
    sequence(&[&part(3, common), &part(10, "Sample")])
}

const ECDSA_WITH_SHA256: &[u8] = b"\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02";
const EC_P256: &[u8] =
    b"\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07";

fn extension(oid: u8, content: &[u8]) -> Vec<u8> {
    let oid = der(0x06, &[0x55, 0x1D, oid]);
    sequence(&[&oid, b"\x01\x01\xFF", &der(0x04, content)])
}

/// What a signer's certificate has besides its purposes: that its key signs, and which key signed it.
fn of_a_signer() -> Vec<u8> {
    let usage = extension(0x0F, b"\x03\x02\x07\x80");
    let issuer = der(0x04, &sequence(&[b"\x80\x04\x01\x02\x03\x04"]));
    let issuer = sequence(&[&der(0x06, &[0x55, 0x1D, 0x23]), &issuer]);
    [usage, issuer].concat()
}

fn key_pair(is_fixed: bool) -> (Vec<u8>, EcdsaKeyPair) {
    let algorithm = if is_fixed {
        &ECDSA_P256_SHA256_FIXED_SIGNING
    } else {
        &ECDSA_P256_SHA256_ASN1_SIGNING
    };
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).expect("a key");
    (pair.public_key().as_ref().to_vec(), pair)
}

/// Signs certificates.
pub(crate) struct Authority {
    name: Vec<u8>,
    key: EcdsaKeyPair,
    certificate: Vec<u8>,
    /// When its certificates run out.
    until: &'static [u8],
}

impl Authority {
    pub(crate) fn new(common: &str) -> Self {
        Self::until(common, b"20270101000000Z")
    }

    /// One whose certificates are valid on every day on which the tests may run, for a reader that asks a clock.
    pub(crate) fn lasting(common: &str) -> Self {
        Self::until(common, b"20990101000000Z")
    }

    fn until(common: &str, until: &'static [u8]) -> Self {
        let (public, key) = key_pair(false);
        let mut authority = Self {
            name: name(common),
            key,
            certificate: Vec::new(),
            until,
        };
        let is_authority = extension(0x13, &sequence(&[b"\x01\x01\xFF"]));
        let own = authority.name.clone();
        authority.certificate = authority.certify(&own, &public, &is_authority);
        authority
    }

    fn certify(&self, subject: &[u8], public: &[u8], extensions: &[u8]) -> Vec<u8> {
        let validity = sequence(&[&der(0x17, b"250101000000Z"), &der(0x18, self.until)]);
        let key = sequence(&[EC_P256, &der(0x03, &[&[0], public].concat())]);
        let body = sequence(&[
            b"\xA0\x03\x02\x01\x02",
            b"\x02\x01\x07",
            ECDSA_WITH_SHA256,
            &self.name,
            &validity,
            subject,
            &key,
            &der(0xA3, &sequence(&[extensions])),
        ]);
        let signature = self
            .key
            .sign(&SystemRandom::new(), &body)
            .expect("a signature");
        let signature = der(0x03, &[&[0], signature.as_ref()].concat());
        sequence(&[&body, ECDSA_WITH_SHA256, &signature])
    }

    pub(crate) fn pem(&self) -> String {
        format!(
            "Sample\n-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            STANDARD.encode(&self.certificate)
        )
    }
}

/// A list with the signature of somebody, and their public key.
pub(crate) fn signed_list(list: &str) -> ([u8; 32], Vec<u8>) {
    let key = Ed25519KeyPair::generate().expect("a key");
    let signature = STANDARD.encode(key.sign(list.as_bytes()).as_ref());
    let public = key.public_key().as_ref().try_into().expect("32 bytes");
    (
        public,
        format!("{list}[signature]\n{signature}\n").into_bytes(),
    )
}

/// Signs claims.
pub(crate) struct Maker {
    key: EcdsaKeyPair,
    certificate: Vec<u8>,
}

impl Maker {
    pub(crate) fn new(authority: &Authority) -> Self {
        // Protection of e-mail: what most signers have.
        Self::with(authority, b"\x2B\x06\x01\x05\x05\x07\x03\x04")
    }

    pub(crate) fn for_servers(authority: &Authority) -> Self {
        Self::with(authority, b"\x2B\x06\x01\x05\x05\x07\x03\x01")
    }

    fn with(authority: &Authority, purpose: &[u8]) -> Self {
        let (public, key) = key_pair(true);
        let purposes = extension(0x25, &sequence(&[&der(0x06, purpose)]));
        let extensions = [purposes, of_a_signer()].concat();
        let certificate = authority.certify(&name("sample signer"), &public, &extensions);
        Self { key, certificate }
    }

    /// A COSE_Sign1 over the claim, padded to one length.
    fn sign(&self, claim: &[u8]) -> Vec<u8> {
        let chain = bytes(&self.certificate).0;
        let protected = [b"\xA2\x01\x26\x18\x21".as_slice(), &chain].concat();
        let structure = list(&[
            text("Signature1"),
            bytes(&protected),
            bytes(b""),
            bytes(claim),
        ]);
        let signature = self
            .key
            .sign(&SystemRandom::new(), &structure.0)
            .expect("a signature");
        let empty = Value(vec![0xA0]);
        let nothing = Value(vec![0xF6]);
        let value = list(&[bytes(&protected), empty, nothing, bytes(signature.as_ref())]);
        [b"\xD2".as_slice(), &value.0].concat()
    }

    /// A manifest with these assertions.
    pub(crate) fn manifest(&self, label: &str, assertions: &[(&str, Value)]) -> Vec<u8> {
        let mut store = Vec::new();
        let mut references = Vec::new();
        for (label, content) in assertions {
            let one = superbox(b"cbor", label, &boxed(b"cbor", &content.0));
            // What is hashed is the superbox without its header.
            let hash = digest(&SHA256, &one[8..]);
            let address = format!("self#jumbf=c2pa.assertions/{label}");
            references.push(map(&[
                ("url", text(&address)),
                ("hash", bytes(hash.as_ref())),
            ]));
            store.extend(one);
        }
        let claim = map(&[
            ("alg", text("sha256")),
            (
                "claim_generator_info",
                map(&[("name", text("sample camera")), ("version", text("1.0"))]),
            ),
            ("instanceID", text("xmp:iid:sample")),
            ("created_assertions", list(&references)),
            ("signature", text("self#jumbf=c2pa.signature")),
        ]);
        let signature = self.sign(&claim.0);
        superbox(
            b"c2ma",
            label,
            &[
                superbox(b"c2as", "c2pa.assertions", &store),
                superbox(b"c2cl", "c2pa.claim.v2", &boxed(b"cbor", &claim.0)),
                superbox(b"c2cs", "c2pa.signature", &boxed(b"cbor", &signature)),
            ]
            .concat(),
        )
    }
}

pub(crate) fn store(manifests: &[Vec<u8>]) -> Vec<u8> {
    superbox(b"c2pa", "c2pa", &manifests.concat())
}

/// The assertion that binds everything outside `excluded`.
pub(crate) fn data_hash(excluded: &Range<usize>, hash: &[u8]) -> Value {
    // Four bytes for every number, so that the length never depends on it.
    let wide = |number: usize| Value([&[0x1A][..], &length32(number)].concat());
    let exclusion = map(&[
        ("start", wide(excluded.start)),
        ("length", wide(excluded.len())),
    ]);
    map(&[
        ("exclusions", list(&[exclusion])),
        ("alg", text("sha256")),
        ("hash", bytes(hash)),
        ("pad", bytes(b"")),
    ])
}

/// A file, and the bytes of it that carry the store.
pub(crate) type Placed = (Vec<u8>, Range<usize>);

/// Builds a file around a store: `place` puts the store in and says which bytes carry it.
fn bound(place: &dyn Fn(&[u8]) -> Placed, make: &dyn Fn(Value) -> Vec<u8>, more: usize) -> Vec<u8> {
    let (draft, carrier) = place(&make(data_hash(&(0..0), &[0; 32])));
    let excluded = carrier.start..carrier.end + more;
    let content = [&draft[..excluded.start], &draft[excluded.end..]].concat();
    let hash = digest(&SHA256, &content);
    let (file, found) = place(&make(data_hash(&excluded, hash.as_ref())));
    assert_eq!(found, carrier, "the store keeps its length");
    file
}

/// A JPEG whose manifest also says who made the content (CAWG).
pub(crate) fn embed_jpeg_with_identity(jpeg: &[u8], maker: &Maker, actions: &Value) -> Vec<u8> {
    let make = |hash| {
        let identity = map(&[("signer_payload", map(&[])), ("signature", bytes(b"none"))]);
        store(&[maker.manifest(
            "urn:c2pa:1",
            &[
                ("c2pa.actions.v2", actions.clone()),
                ("cawg.identity", identity),
                ("c2pa.hash.data", hash),
            ],
        )])
    };
    bound(&|store| in_jpeg(jpeg, store), &make, 0)
}

fn single(maker: &Maker, actions: &Value) -> impl Fn(Value) -> Vec<u8> {
    move |hash| {
        store(&[maker.manifest(
            "urn:c2pa:1",
            &[
                ("c2pa.actions.v2", actions.clone()),
                ("c2pa.hash.data", hash),
            ],
        )])
    }
}

/// Bytes of the store in its first segment: less than what stands before the first text.
const FIRST_SEGMENT_BYTES: usize = 64;

/// Bytes of the store in each other one.
const SEGMENT_BYTES: usize = 60_000;

/// The store in segments, each with the header of the box.
pub(crate) fn in_jpeg(jpeg: &[u8], store: &[u8]) -> Placed {
    let (header, content) = store.split_at(8);
    let (first, second) = content.split_at(FIRST_SEGMENT_BYTES);
    let mut segments = Vec::new();
    let parts = [first].into_iter().chain(second.chunks(SEGMENT_BYTES));
    for (number, part) in (1_usize..).zip(parts) {
        let payload = [b"JP\0\x01".as_slice(), &length32(number), header, part].concat();
        segments.extend(b"\xFF\xEB");
        segments.extend(length16(payload.len() + 2));
        segments.extend(payload);
    }
    let range = 2..2 + segments.len();
    ([&jpeg[..2], &segments, &jpeg[2..]].concat(), range)
}

pub(crate) fn embed_jpeg(jpeg: &[u8], maker: &Maker, actions: &Value) -> Vec<u8> {
    embed_jpeg_without(jpeg, maker, actions, 0)
}

/// The same, with so many bytes of the file after the manifest left out of what is signed.
pub(crate) fn embed_jpeg_without(
    jpeg: &[u8],
    maker: &Maker,
    actions: &Value,
    more: usize,
) -> Vec<u8> {
    bound(&|store| in_jpeg(jpeg, store), &single(maker, actions), more)
}

/// The same with an earlier manifest, or with another one in its place.
pub(crate) fn embed_jpeg_with_parent(
    jpeg: &[u8],
    maker: &Maker,
    actions: &Value,
    earlier: &Value,
    is_exchanged: bool,
) -> Vec<u8> {
    let parent = maker.manifest("urn:c2pa:0", &[("c2pa.actions.v2", earlier.clone())]);
    let other = maker.manifest("urn:c2pa:0", &[("c2pa.actions.v2", earlier.clone())]);
    let ingredient = ingredient_of(&parent);
    let kept = if is_exchanged { other } else { parent };
    let make = after_parent(maker, actions, &kept, &ingredient);
    bound(&|store| in_jpeg(jpeg, store), &make, 0)
}

/// The assertion about a file that had this manifest.
fn ingredient_of(parent: &[u8]) -> Value {
    let hash = digest(&SHA256, &parent[8..]);
    let reference = map(&[
        ("url", text("self#jumbf=/c2pa/urn:c2pa:0")),
        ("hash", bytes(hash.as_ref())),
    ]);
    map(&[
        ("relationship", text("parentOf")),
        ("dc:title", text("before.jpg")),
        ("activeManifest", reference),
    ])
}

/// A PNG with an earlier manifest.
pub(crate) fn embed_png_with_parent(
    png: &[u8],
    maker: &Maker,
    actions: &Value,
    earlier: &Value,
) -> Vec<u8> {
    let parent = maker.manifest("urn:c2pa:0", &[("c2pa.actions.v2", earlier.clone())]);
    let ingredient = ingredient_of(&parent);
    let make = after_parent(maker, actions, &parent, &ingredient);
    bound(&|store| in_png(png, store), &make, 0)
}

/// The store of a manifest after the one it was made of, which stands in it as `kept`.
fn after_parent(
    maker: &Maker,
    actions: &Value,
    kept: &[u8],
    ingredient: &Value,
) -> impl Fn(Value) -> Vec<u8> {
    move |hash: Value| {
        let assertions = [
            ("c2pa.actions.v2", actions.clone()),
            ("c2pa.ingredient.v3", ingredient.clone()),
            ("c2pa.hash.data", hash),
        ];
        store(&[kept.to_vec(), maker.manifest("urn:c2pa:1", &assertions)])
    }
}

/// A group of named boxes: the names, and the hash over their bytes.
pub(crate) fn group(names: &[&str], content: &[u8]) -> Value {
    let names: Vec<Value> = names.iter().map(|name| text(name)).collect();
    map(&[
        ("names", list(&names)),
        ("hash", bytes(digest(&SHA256, content).as_ref())),
        ("pad", bytes(b"")),
    ])
}

/// The group that stands for the manifest.
pub(crate) fn own_group() -> Value {
    let names = list(&[text("C2PA")]);
    map(&[("names", names), ("hash", bytes(&[0])), ("pad", bytes(b""))])
}

fn bound_by_boxes(maker: &Maker, actions: &Value, groups: &[Value]) -> Vec<u8> {
    let assertion = map(&[("alg", text("sha256")), ("boxes", list(groups))]);
    store(&[maker.manifest(
        "urn:c2pa:1",
        &[
            ("c2pa.actions.v2", actions.clone()),
            ("c2pa.hash.boxes", assertion),
        ],
    )])
}

/// A JPEG that is bound by these groups of named boxes.
pub(crate) fn embed_jpeg_by_boxes(
    jpeg: &[u8],
    maker: &Maker,
    actions: &Value,
    groups: &[Value],
) -> Vec<u8> {
    in_jpeg(jpeg, &bound_by_boxes(maker, actions, groups)).0
}

/// A PNG that is bound by these groups of named boxes.
pub(crate) fn embed_png_by_boxes(
    png: &[u8],
    maker: &Maker,
    actions: &Value,
    groups: &[Value],
) -> Vec<u8> {
    in_png(png, &bound_by_boxes(maker, actions, groups)).0
}

pub(crate) fn in_png(png: &[u8], store: &[u8]) -> Placed {
    let checked = [b"caBX", store].concat();
    let chunk = [
        &length32(store.len())[..],
        &checked,
        &crc32(&checked).to_be_bytes(),
    ]
    .concat();
    let file = [&png[..33], &chunk, &png[33..]].concat();
    (file, 33..33 + chunk.len())
}

pub(crate) fn embed_png(png: &[u8], maker: &Maker, actions: &Value) -> Vec<u8> {
    bound(&|store| in_png(png, store), &single(maker, actions), 0)
}

pub(crate) fn embed_webp(maker: &Maker, actions: &Value) -> Vec<u8> {
    let place = |store: &[u8]| {
        let webp = aftercare_scene::encode_webp(f::picture());
        let chunk = riff_chunk(b"C2PA", store);
        let file = riff_chunk(b"RIFF", &[&webp[8..], &chunk].concat());
        let start = file.len() - chunk.len();
        (file.clone(), start..start + 8 + store.len())
    };
    bound(&place, &single(maker, actions), 0)
}

/// A movie that is bound piece by piece: its assertion has a tree of hashes and no hash of the whole.
pub(crate) fn embed_movie_with_tree(maker: &Maker, actions: &Value) -> Vec<u8> {
    let tree = map(&[
        ("uniqueId", number(1)),
        ("localId", number(1)),
        ("count", number(1)),
        ("hashes", list(&[bytes(&[0; 32])])),
    ]);
    let assertion = map(&[("alg", text("sha256")), ("merkle", list(&[tree]))]);
    let store = store(&[maker.manifest(
        "urn:c2pa:1",
        &[
            ("c2pa.actions.v2", actions.clone()),
            ("c2pa.hash.bmff.v3", assertion),
        ],
    )]);
    [f::mp4_with(b"isom", &[]), own_box(&store)].concat()
}

/// What names the box of a manifest in a file of boxes.
const OWN_BOX: &[u8; 16] = b"\xD8\xFE\xC3\xD6\x1B\x0E\x48\x3C\x92\x97\x58\x28\x87\x7E\xC4\x81";

/// The box of a manifest in a file of boxes.
pub(crate) fn own_box(store: &[u8]) -> Vec<u8> {
    let content = [&OWN_BOX[..], &[0; 4], b"manifest\0", &[0; 8], store].concat();
    boxed(b"uuid", &content)
}

/// The assertion that binds the boxes of a file but the manifest's own and the first one.
pub(crate) fn box_hash(hash: &[u8]) -> Value {
    let named = map(&[("offset", number(8)), ("value", bytes(OWN_BOX))]);
    let own = map(&[("xpath", text("/uuid")), ("data", list(&[named]))]);
    map(&[
        ("exclusions", list(&[own, map(&[("xpath", text("/ftyp"))])])),
        ("alg", text("sha256")),
        ("hash", bytes(hash)),
    ])
}

/// A HEIC whose boxes are bound: the manifest's own box and the first one are left out, and the place of every other
/// box of the file is hashed before it.
pub(crate) fn embed_heif(maker: &Maker, actions: &Value) -> Vec<u8> {
    let picture = f::heif_with_xmp(b"heic", "<x/>", true);
    let first = usize::from(picture[3]);
    let make = |hash: &[u8]| {
        let store = store(&[maker.manifest(
            "urn:c2pa:1",
            &[
                ("c2pa.actions.v2", actions.clone()),
                ("c2pa.hash.bmff.v3", box_hash(hash)),
            ],
        )]);
        let carrier = own_box(&store);
        [&picture[..first], &carrier, &picture[first..]].concat()
    };
    let draft = make(&[0; 32]);
    let mut hashed = Vec::new();
    let mut at = first + (draft.len() - picture.len());
    while at < draft.len() {
        let size: [u8; 4] = draft[at..at + 4].try_into().expect("a size");
        let size = usize::try_from(u32::from_be_bytes(size)).expect("small");
        hashed.extend(u64::try_from(at).expect("small").to_be_bytes());
        hashed.extend(&draft[at..at + size]);
        at += size;
    }
    make(digest(&SHA256, &hashed).as_ref())
}

/// A JPEG whose manifest has these bytes as its claim.
pub(crate) fn embed_claim(jpeg: &[u8], claim: &[u8]) -> Vec<u8> {
    let manifest = superbox(
        b"c2ma",
        "urn:c2pa:1",
        &superbox(b"c2cl", "c2pa.claim", &boxed(b"cbor", claim)),
    );
    in_jpeg(jpeg, &store(&[manifest])).0
}

/// A JPEG whose manifest has these bytes as its signature.
pub(crate) fn embed_signature(jpeg: &[u8], signature: &[u8]) -> Vec<u8> {
    let claim = map(&[("assertions", list(&[]))]);
    let manifest = superbox(
        b"c2ma",
        "urn:c2pa:1",
        &[
            superbox(b"c2as", "c2pa.assertions", &[]),
            superbox(b"c2cl", "c2pa.claim", &boxed(b"cbor", &claim.0)),
            superbox(b"c2cs", "c2pa.signature", &boxed(b"cbor", signature)),
        ]
        .concat(),
    );
    in_jpeg(jpeg, &store(&[manifest])).0
}

/// A JPEG whose claim refers so often to one assertion of so many bytes.
pub(crate) fn embed_jpeg_repeating(
    jpeg: &[u8],
    maker: &Maker,
    length: usize,
    times: usize,
) -> Vec<u8> {
    let one = superbox(b"cbor", "sample.long", &boxed(b"cbor", &vec![0; length]));
    let reference = map(&[
        ("url", text("self#jumbf=c2pa.assertions/sample.long")),
        ("hash", bytes(digest(&SHA256, &one[8..]).as_ref())),
    ]);
    let claim = map(&[("assertions", list(&vec![reference; times]))]);
    let signature = maker.sign(&claim.0);
    let manifest = superbox(
        b"c2ma",
        "urn:c2pa:1",
        &[
            superbox(b"c2as", "c2pa.assertions", &one),
            superbox(b"c2cl", "c2pa.claim", &boxed(b"cbor", &claim.0)),
            superbox(b"c2cs", "c2pa.signature", &boxed(b"cbor", &signature)),
        ]
        .concat(),
    );
    in_jpeg(jpeg, &store(&[manifest])).0
}

/// Where the manifest stands in a file of [`embed_jpeg`].
pub(crate) fn manifest_range(file: &[u8]) -> Range<usize> {
    let mut end = 2;
    while file[end..end + 2] == [0xFF, 0xEB] {
        end += 2 + usize::from(u16::from_be_bytes([file[end + 2], file[end + 3]]));
    }
    2..end
}

/// The file with the only place of `old` replaced.
pub(crate) fn replaced(file: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let found: Vec<usize> = (0..file.len() - old.len())
        .filter(|&at| &file[at..at + old.len()] == old)
        .collect();
    assert_eq!(found.len(), 1, "it stands once");
    let mut file = file.to_vec();
    file[found[0]..found[0] + new.len()].copy_from_slice(new);
    file
}
