//! Signatures in the reserved fields: what fits, what does not, and what the key proves.

use aftercare_labels::signature::{Signature, State, Trust};
use aftercare_labels::{Report, Rule, Verdict, read};
use serde_json::{Value, json};

use crate::files as f;

const SM2: &str = "1.2.156.10197.1.501";
const RSA: &str = "1.2.840.113549.1.1.11";
/// The label that the keys below signed: made for this test, with a key that is nobody's.
const PRODUCER: &str = "001191110102MACQD9K64010000";
const PRODUCE_ID: &str = "aftercare-0001";
/// Uncompressed point; the second coordinate is odd.
const SM2_KEY: &str = "04C43506AB96FB7B0E4AB5AD256902DA23C55D75BF6D44ED4289D855822C8E50A06B391774DCEBD85AC7451B843C70111ACD\
    016DE76D80374AD45E534E68A58FB1";
/// DER.
const SM2_SIGNATURE: &str = "304402206642B9A3ECB28A6CC4BB087C7E762B15BA3DD2164C7B118BA2BB72337021ED2902201F6136E979C9D6447F818CD7\
    067A7C3D65EB850A8EB7DA4F628403B35E09AF59";
/// SubjectPublicKeyInfo, Base64.
const RSA_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAw/TTEitwmxIM/F2XiJ5dkyzpNf6CUOcY+xK5WqEp6UzKWxo3+yYNn4tv\
    EKy2WxUea2p0Y1wYznxMhTYOXrT22phBtmPxgMBSZ3FHg+o/NqRhK4I54QMTqI3m+SGkjW4vV1CP76RvlEaFIQ2aUlMG6bns+Vw/\
    blmUZyRlqZSwSccVnQPBEvf9VDjh/4sojTUKlyDE1DGF8CHc6MzxdhxtC389FO8OXx66xQz8psti/foGIbpAJ/aU4A46KadlLDAx\
    mfsivjpweUatemiWxvljnLPt5eCYwkPBOCT9w/fb/i0hYYnRX+qoIDjnYsQo4j9iV9e0TckUsdJsOMe2WNjO/QIDAQAB";
/// The same key as PKCS #1.
const RSA_PLAIN_KEY: &str = "MIIBCgKCAQEAw/TTEitwmxIM/F2XiJ5dkyzpNf6CUOcY+xK5WqEp6UzKWxo3+yYNn4tvEKy2WxUea2p0Y1wYznxMhTYOXrT22phB\
    tmPxgMBSZ3FHg+o/NqRhK4I54QMTqI3m+SGkjW4vV1CP76RvlEaFIQ2aUlMG6bns+Vw/blmUZyRlqZSwSccVnQPBEvf9VDjh/4so\
    jTUKlyDE1DGF8CHc6MzxdhxtC389FO8OXx66xQz8psti/foGIbpAJ/aU4A46KadlLDAxmfsivjpweUatemiWxvljnLPt5eCYwkPB\
    OCT9w/fb/i0hYYnRX+qoIDjnYsQo4j9iV9e0TckUsdJsOMe2WNjO/QIDAQAB";
/// PKCS #1 with SHA-256.
const RSA_SIGNATURE: &str = "g28i7S6IR4ONEOQg/wkDPKEEhNEWR686Tqj1MD3//QbhiNE4IAHlW3HhBSU2VRjbhbbaxjCkkuRPEzV/o5wQDkNiWXuQDwJwIGU8\
    sZ1Y+GzvoADWGnE0ZL+3CKY7C8lEflOYrV0yuEz0KKpbgQVyjs46fGGSErfl+3EwDMvti46fyF2byq9IxoGTaRAsqkeTvuO+eyVA\
    q0MHdE25CN6YguTIb4XqdpQHREWsp1jSs571RcTF3rgVVGdfgPb9EMrx3AddanCt4PtNObx3Vdm4ieunYBhLvQftgGSQlrHbVFlz\
    qZmsFdUBrECm9aqaC+MwiI2k2mx3IXRyUUVjMHsIXw==";
/// The same without the name of the hash.
const RSA_BARE_SIGNATURE: &str = "DUziTbP0hbm3TyTI5yAdPvitl/I5TydapiDibsTgwR/G/9mZ05zaG8bNjw1jq3sPNx8yafme4uUbt+KyhlSQHKy7N4VS98qfBj4C\
    ZuMeXDWRiotcp9j4stV2es7E7vizekrMzWCPSTo9vvPLS6a5HDF31UL5dUYGHascNB8skNhdkaPDqH4qyJxsaIoaJFsuQBtS9cOZ\
    u+kIy/Jc1S0HDQE52QWOPxrfka+quV4IoCRRnvivG4hQLnFwh+InrcE0vDeocTVe4huxzeZxAlfr1vA9xaKSIeUkfInjD9WHflO+\
    V/Eq2UVpo6LogtkyMTVeVhSMxIjMVhGgFE9hgMfgyA==";

fn security(algorithm: &str, content: &str, signature: &str, key: Option<&str>) -> String {
    let mut entries = vec![json!({"Type": "DS", "AlgID": algorithm, "KeyID": 0,
        "TBSData": {"Type": content}, "Signature": signature})];
    if let Some(key) = key {
        entries.push(json!({"Type": "PubKey", "AlgID": algorithm, "KeyID": 0, "KeyValue": key}));
    }
    json!({"SecurityData": {"Type": "TC260PG", "PubSD": entries}}).to_string()
}

fn label(produce_id: &str, code1: &Value, code2: &Value) -> Vec<u8> {
    let label = json!({"Label": "1", "ContentProducer": PRODUCER, "ProduceID": produce_id,
        "ReservedCode1": code1, "ContentPropagator": "", "PropagateID": "", "ReservedCode2": code2});
    f::jpeg_with_xmp(&f::xmp_element(&label.to_string()))
}

/// The report on a label with this text in its first reserved field.
fn report(produce_id: &str, reserved: &str) -> Report {
    read(&label(produce_id, &json!(reserved), &json!("")))
}

fn only(report: &Report) -> &Signature {
    let [signature] = &report.marks[0].signatures[..] else {
        panic!("one signature: {report:#?}")
    };
    signature
}

#[test]
fn an_embedded_key_proves_integrity_and_no_more() {
    let x = &SM2_KEY[2..66];
    for key in [
        SM2_KEY.to_owned(),
        SM2_KEY[2..].to_owned(),
        format!("03{x}"),
        format!("00{x}"),
        x.to_owned(),
        format!("3059301306072A8648CE3D020106082A811CCF5501822D034200{SM2_KEY}"),
    ] {
        let report = report(PRODUCE_ID, &security(SM2, "Md", SM2_SIGNATURE, Some(&key)));
        let signature = only(&report);
        assert_eq!(
            (signature.key, signature.algorithm),
            ("ReservedCode1", "SM3withSM2")
        );
        assert_eq!(signature.state, State::Intact, "{key}");
        assert_eq!(
            (signature.trust, signature.signer),
            (Some(Trust::Embedded), None)
        );
        assert!(signature.en.contains("does not say who signed"));
    }
    let file = label(
        PRODUCE_ID,
        &json!(security(SM2, "Md", SM2_SIGNATURE, Some(SM2_KEY))),
        &json!(""),
    );
    let answer = aftercare_labels::command::read_file(
        "a.jpg",
        file.len() as u64,
        &aftercare_labels::read(&file),
    );
    assert!(
        answer.text.contains("signature ReservedCode1 (SM3withSM2)"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("does not say who signed"));
    for (key, value) in [
        (RSA_KEY, RSA_SIGNATURE),
        (RSA_PLAIN_KEY, RSA_SIGNATURE),
        (RSA_KEY, RSA_BARE_SIGNATURE),
        (RSA_PLAIN_KEY, RSA_BARE_SIGNATURE),
    ] {
        let report = report(PRODUCE_ID, &security(RSA, "Md", value, Some(key)));
        assert_eq!(only(&report).algorithm, "SHA256withRSA");
        assert_eq!(only(&report).trust, Some(Trust::Embedded));
    }
}

#[test]
fn a_changed_field_is_told_as_a_mismatch_and_changes_no_verdict() {
    for (algorithm, key, value) in [
        (SM2, SM2_KEY, SM2_SIGNATURE),
        (RSA, RSA_KEY, RSA_SIGNATURE),
        (RSA, RSA_KEY, RSA_BARE_SIGNATURE),
    ] {
        let intact = report(PRODUCE_ID, &security(algorithm, "Md", value, Some(key)));
        let changed = report(
            "aftercare-0002",
            &security(algorithm, "Md", value, Some(key)),
        );
        assert_eq!(only(&intact).state, State::Intact);
        assert_eq!(only(&changed).state, State::Mismatch);
        assert_eq!(only(&changed).trust, None);
        assert!(changed.notes.contains(&Rule::SignatureMismatch));
        assert_eq!(
            (intact.verdict, changed.verdict),
            (Verdict::Compliant, Verdict::Compliant)
        );
    }
}

#[test]
fn what_cannot_be_checked_is_said_so() {
    for text in [
        security(SM2, "Md", SM2_SIGNATURE, None),
        security("1.2.840.10045.4.3.2", "Md", SM2_SIGNATURE, Some(SM2_KEY)),
        security(SM2, "Content", SM2_SIGNATURE, Some(SM2_KEY)),
        security(SM2, "Md", SM2_SIGNATURE, Some("0401")),
    ] {
        let report = report(PRODUCE_ID, &text);
        assert_eq!(only(&report).state, State::NotCheckable, "{text}");
        assert!(!report.notes.contains(&Rule::SignatureMismatch));
    }
    for text in ["", "5f1c", "{\"SecurityData\":", "{\"SecurityData\":{}}"] {
        assert!(report(PRODUCE_ID, text).marks[0].signatures.is_empty());
    }
    // The form that a propagator signs is not known, so one that does not fit says nothing.
    let second = security(SM2, "Md", SM2_SIGNATURE, Some(SM2_KEY));
    let report = read(&label(PRODUCE_ID, &json!(""), &json!(second)));
    assert_eq!(only(&report).key, "ReservedCode2");
    assert_eq!(only(&report).state, State::NotCheckable);
}

/// One vendor nests the security data as JSON instead of as a text.
#[test]
fn nested_security_data_are_read() {
    let text = security(RSA, "Md", RSA_SIGNATURE, Some(RSA_KEY)).replace("PubSD", "PubSd");
    let nested: Value = serde_json::from_str(&text).unwrap();
    let report = read(&label(PRODUCE_ID, &nested, &json!("")));
    assert_eq!(only(&report).state, State::Intact);
    assert!(report.rules.contains(&Rule::ValueNotString));
}

/// Labels of two published documents. Their exporter signs the SM3 digest of the text, not the text; the key in them is
/// the same, and is pinned.
/// Published documents: their id, and the signature over it.
const PUBLISHED: [(&str, &str); 2] = [
    (
        "142569260085903360",
        "3046022100AE6B84B3342128AE301A597596FCD9EECF3EA0FC2DB6C250BAF234E167298E90022100\
         97223ABB647B786A90D0A1B93CB9382EA879563B2C7F025FA006BE16AE926C14",
    ),
    (
        "147392816552226816",
        "3045022100E816A5872275AE5414E7E0FD3D9B2C30F7B7FD68609D6486A38DF7CFAA1417B902201A51\
         0FBBE50819BAFF1FCC7B8527FF23CD40447D41A6776E6BCF1F773AE0DBBC",
    ),
];

/// A document with this id, and a signature of the service that published those.
fn document(id: &str, signature: &str) -> Vec<u8> {
    let key = "3059301306072A8648CE3D020106082A811CCF5501822D034200045728F08C58D9C72150A705693EF7\
        337859F8FF216E802630041AFAE5C036F0A67CB1FDF8C57F5F8B623284AE09E4E545464B7140B26BBDA51BAE965F854C57AA";
    let reserved = json!({"SecurityData": {"Type": "TC260PG", "Version": 1, "PubSD": [
        {"Type": "DS", "AlgID": SM2, "TBSData": {"Type": "LabelMataData"}, "Signature": signature},
        {"Type": "PubKey", "AlgID": SM2, "KeyValue": key}]}});
    format!(
        "---\nAIGC:\n  Label: '1'\n  ContentProducer: '001191310104MACE0YX63918020'\n  ProduceID: '{id}'\n  ReservedCode1: '{reserved}'\n---\n"
    )
    .into_bytes()
}

/// A published document whose signer is known.
pub(crate) fn signed_by_a_known_key() -> Vec<u8> {
    document(PUBLISHED[0].0, PUBLISHED[0].1)
}

#[test]
fn signatures_of_published_documents_are_verified_with_a_pinned_key() {
    for (id, value) in PUBLISHED {
        let report = read(&document(id, value));
        assert_eq!(only(&report).state, State::Intact);
        assert_eq!(only(&report).trust, Some(Trust::Pinned));
        assert_eq!(only(&report).signer, Some("StepFun (阶跃星辰)"));
        let changed = read(&document("142569260085903361", value));
        assert_eq!(only(&changed).state, State::Mismatch);
        assert_eq!(only(&changed).signer, None);
    }
}

/// Each check costs far more than reading, so a file cannot ask for many.
#[test]
fn no_file_asks_for_more_checks_than_the_limit() {
    let mut entries = vec![json!({"Type": "PubKey", "AlgID": SM2, "KeyValue": SM2_KEY})];
    entries.extend((0..100).map(|_| {
        json!({"Type": "DS", "AlgID": SM2, "TBSData": {"Type": "Md"}, "Signature": SM2_SIGNATURE})
    }));
    let text = json!({"SecurityData": {"Type": "TC260PG", "PubSD": entries}}).to_string();
    let report = report(PRODUCE_ID, &text);
    let checked = &report.marks[0].signatures;
    assert!(
        checked.len() <= aftercare_labels::limits::MAX_SECURITY_ENTRIES,
        "{}",
        checked.len()
    );
    assert!(checked.iter().all(|one| one.state == State::Intact));
}
