//! What is said about reuse, to whom it points, and that it never speaks about a person.

use aftercare_evidence::limits::{MAX_REFERENCE_BYTES, MAX_REUSE_FINDINGS};
use aftercare_evidence::{
    Finding, FindingCode, Fingerprint, Grade, Orientation, Relation, ReuseEvidence, ReuseMatch,
    reuse_findings,
};

use crate::photos::{fingerprint, products};

fn near(distance: u32, quality: u8) -> ReuseEvidence {
    ReuseEvidence::Near {
        distance,
        orientation: Orientation::Upright,
        quality,
    }
}

fn part(exact: bool) -> ReuseEvidence {
    ReuseEvidence::Part {
        agreeing: 20,
        mirrored: false,
        residual_milli: 300,
        exact,
    }
}

fn found(relation: Relation, evidence: ReuseEvidence) -> ReuseMatch {
    ReuseMatch {
        reference: "C-1".to_owned(),
        relation,
        evidence,
    }
}

fn photo() -> Fingerprint {
    fingerprint(&products()[0].2)
}

fn codes(matches: &[ReuseMatch]) -> Vec<(FindingCode, Grade)> {
    reuse_findings(&photo(), matches)
        .iter()
        .map(|finding| (finding.code, finding.grade))
        .collect()
}

const CLEAR: (FindingCode, Grade) = (FindingCode::Clear, Grade::Note);
const NOT_DAMAGE: (FindingCode, Grade) = (FindingCode::NotAPhotoOfTheDamage, Grade::Note);
const EXACT: (FindingCode, Grade) = (FindingCode::ReusedPhoto, Grade::Exact);
const NEAR: (FindingCode, Grade) = (FindingCode::ReusedPhoto, Grade::Near);

#[test]
fn each_relation_has_its_own_meaning() {
    use Relation::{ListingPhoto, OtherClaim, SameOrderSamePerson};
    use ReuseEvidence::SameBytes;
    assert_eq!(codes(&[]), [CLEAR]);
    assert_eq!(codes(&[found(OtherClaim, SameBytes)]), [EXACT]);
    assert_eq!(codes(&[found(OtherClaim, near(31, 50))]), [NEAR]);
    assert_eq!(codes(&[found(OtherClaim, part(true))]), [NEAR]);
    assert_eq!(codes(&[found(OtherClaim, part(false))]), [CLEAR]);
    assert_eq!(codes(&[found(SameOrderSamePerson, part(true))]), [CLEAR]);
    assert_eq!(codes(&[found(ListingPhoto, part(true))]), [NOT_DAMAGE]);
    assert_eq!(
        codes(&[found(SameOrderSamePerson, SameBytes)]),
        [NOT_DAMAGE]
    );
    assert_eq!(codes(&[found(SameOrderSamePerson, near(0, 100))]), [CLEAR]);
    assert_eq!(codes(&[found(ListingPhoto, SameBytes)]), [NOT_DAMAGE]);
    assert_eq!(codes(&[found(ListingPhoto, near(10, 90))]), [NOT_DAMAGE]);
    // Others who saved the same listing photo say nothing about this one.
    assert_eq!(
        codes(&[found(OtherClaim, SameBytes), found(ListingPhoto, SameBytes)]),
        [NOT_DAMAGE]
    );
    let listing = &reuse_findings(
        &photo(),
        &[
            found(OtherClaim, near(2, 80)),
            found(ListingPhoto, near(4, 80)),
        ],
    )[0];
    assert_eq!(listing.numbers["other_claims"], 1);
    assert!(listing.zh.contains("几乎相同"));
    // The firmer finding comes first.
    assert_eq!(
        codes(&[found(OtherClaim, near(3, 80)), found(OtherClaim, SameBytes)]),
        [EXACT, NEAR]
    );
}

#[test]
fn distance_and_quality_are_gates() {
    use Relation::OtherClaim;
    assert_eq!(codes(&[found(OtherClaim, near(32, 100))]), [CLEAR]);
    assert_eq!(codes(&[found(OtherClaim, near(0, 49))]), [CLEAR]);
    let mut plain = photo();
    plain.quality = 49;
    let findings = reuse_findings(&plain, &[found(OtherClaim, near(0, 100))]);
    assert_eq!(findings[0].code, FindingCode::LowQuality);
    // The same bytes are a fact, whatever they show.
    assert_eq!(
        reuse_findings(&plain, &[found(OtherClaim, ReuseEvidence::SameBytes)])[0].grade,
        Grade::Exact
    );
}

#[test]
fn near_is_weaker_than_exact() {
    let exact = &reuse_findings(
        &photo(),
        &[found(Relation::OtherClaim, ReuseEvidence::SameBytes)],
    )[0];
    let near = &reuse_findings(&photo(), &[found(Relation::OtherClaim, near(5, 90))])[0];
    assert!(exact.grade < near.grade);
    assert!(exact.false_alarm_log10_milli.unwrap() < near.false_alarm_log10_milli.unwrap());
    assert_eq!(near.numbers["distance"], 5);
    assert_eq!(near.numbers["other_quality"], 90);
    assert_eq!(near.reference.as_deref(), Some("C-1"));
}

#[test]
fn findings_and_references_are_bounded() {
    let matches: Vec<ReuseMatch> = (0..100)
        .map(|number| ReuseMatch {
            reference: format!("{}{number}", "单".repeat(100)),
            relation: Relation::OtherClaim,
            evidence: near(number % 32, 100),
        })
        .collect();
    let findings = reuse_findings(&photo(), &matches);
    assert!(findings.len() <= MAX_REUSE_FINDINGS);
    assert!(
        findings
            .iter()
            .all(|finding| finding.reference.as_ref().unwrap().len() <= MAX_REFERENCE_BYTES)
    );
}

#[test]
fn sentences_speak_about_the_photo_never_about_a_person() {
    let evidence = [ReuseEvidence::SameBytes, near(4, 90), part(true)];
    let relations = [
        Relation::SameOrderSamePerson,
        Relation::ListingPhoto,
        Relation::OtherClaim,
    ];
    let mut findings: Vec<Finding> = reuse_findings(&photo(), &[]);
    for relation in relations {
        for evidence in evidence {
            findings.extend(reuse_findings(&photo(), &[found(relation, evidence)]));
        }
    }
    let mut plain = photo();
    plain.quality = 0;
    findings.extend(reuse_findings(&plain, &[]));
    findings.push(Finding::not_decoded("文件是空的", "the file is empty"));
    for finding in &findings {
        // What cannot be read may be a clip, too.
        let names = [["照片", "文件"], ["photo", "file"]];
        let named = |text: &str, of: [&str; 2]| of.iter().any(|name| text.contains(name));
        assert!(named(&finding.zh, names[0]), "{}", finding.zh);
        for word in ["骗", "假", "欺诈", "作弊", "客户", "消费者", "买家", "用户"] {
            assert!(!finding.zh.contains(word), "{}", finding.zh);
        }
        let english = finding.en.to_lowercase();
        assert!(named(&english, names[1]), "{english}");
        for word in [
            "fraud", "fake", "cheat", "customer", "claimant", "buyer", "person", " user ",
        ] {
            assert!(!english.contains(word), "{english}");
        }
    }
}

#[test]
fn findings_keep_their_written_form() {
    let finding = &reuse_findings(&photo(), &[found(Relation::OtherClaim, near(5, 90))])[0];
    let json = serde_json::to_value(finding).unwrap();
    assert_eq!(json["code"], "reused_photo");
    assert_eq!(json["grade"], "near");
    assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), *finding);
    for code in FindingCode::ALL {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
    }
}

#[test]
fn only_the_published_codes_accuse_and_a_remark_never_does() {
    let accusing: Vec<&str> = FindingCode::ALL
        .into_iter()
        .filter(|code| code.is_accusing())
        .map(FindingCode::as_str)
        .collect();
    assert_eq!(
        accusing,
        [
            "derived_from_reference",
            "edited_region",
            "reused_photo",
            "copy_move",
            "jpeg_inconsistent",
            "resampled",
            "damage_not_confirmed",
        ]
    );
    for code in FindingCode::ALL {
        assert!(!Finding::new(code, Grade::Note, "", "").accuses());
        assert_eq!(
            Finding::new(code, Grade::Hint, "", "").accuses(),
            code.is_accusing()
        );
    }
}
