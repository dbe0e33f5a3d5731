//! What fusing the measures of a claim promises to the people in it.

use aftercare_evidence::calibration::{Calibration, Suite};
use aftercare_evidence::inspect::{
    ClaimInspection, Difference, Drawn, HintMeasure, Kinship, PairMeasure, Party, PhotoInspection,
    PhotoMeasures, Picture, Role, Unread, Verdict, ViewMeasure, fuse,
};
use aftercare_evidence::{Finding, FindingCode, Grade, PixelBox};
use proptest::prelude::*;

const BOX: PixelBox = PixelBox {
    x: 10,
    y: 20,
    width: 30,
    height: 40,
};

fn picture(name: &str, role: Role, party: Party) -> Picture {
    Picture {
        name: name.to_owned(),
        role,
        party,
        session: None,
        sha256: format!("{name:0>64}"),
    }
}

fn claim_photo(name: &str) -> Picture {
    picture(name, Role::Claim, Party::Claimant)
}

fn listing(name: &str) -> Picture {
    picture(name, Role::Listing, Party::Merchant)
}

fn pair(reference: &str, kinship: Kinship, difference: Option<Difference>) -> PairMeasure {
    PairMeasure {
        reference: reference.to_owned(),
        kinship,
        difference,
        numbers: [("blocks".to_owned(), 100)].into(),
    }
}

fn changed() -> Option<Difference> {
    Some(Difference {
        edited: true,
        boxes: vec![BOX],
        area_millionths: 5_000,
        drawn: Some(Drawn {
            mask: vec![1],
            heat: vec![2],
            aligned: vec![3],
        }),
        ..Difference::default()
    })
}

fn unchanged() -> Option<Difference> {
    Some(Difference::default())
}

fn hint(code: FindingCode) -> HintMeasure {
    HintMeasure {
        code,
        above_threshold: true,
        boxes: vec![BOX],
        numbers: [("count".to_owned(), 7)].into(),
        drawn: None,
        zh: "照片里有一处异常。".to_owned(),
        en: "Something was found in the photo.".to_owned(),
    }
}

fn pairs(pairs: Vec<PairMeasure>) -> PhotoMeasures {
    PhotoMeasures {
        pairs,
        ..PhotoMeasures::default()
    }
}

fn fused(photos: Vec<(Picture, PhotoMeasures)>, references: Vec<Picture>) -> ClaimInspection {
    fuse(photos, references, Calibration::checked_in())
}

/// One photo of the claimant against the references.
fn one(measures: PhotoMeasures, references: Vec<Picture>) -> PhotoInspection {
    let mut inspection = fused(vec![(claim_photo("photo"), measures)], references);
    assert_eq!(inspection.verdict, inspection.photos[0].verdict);
    inspection.photos.remove(0)
}

fn codes(photo: &PhotoInspection) -> Vec<(FindingCode, Grade)> {
    photo
        .findings
        .iter()
        .map(|finding| (finding.code, finding.grade))
        .collect()
}

#[test]
fn a_listing_photo_with_something_painted_in_is_held() {
    let photo = one(
        pairs(vec![
            pair("a", Kinship::Unrelated, None),
            pair("b", Kinship::DerivedExact, changed()),
        ]),
        vec![listing("a"), listing("b")],
    );
    assert_eq!(photo.verdict, Verdict::Intercept);
    assert_eq!(
        codes(&photo),
        [
            (FindingCode::DerivedFromReference, Grade::Exact),
            (FindingCode::EditedRegion, Grade::Exact),
        ]
    );
    let edited = &photo.findings[1];
    assert_eq!(edited.reference.as_deref(), Some("b"));
    assert_eq!(edited.boxes, [BOX]);
    assert_eq!(edited.mask.as_deref(), Some("edited_region.mask.png"));
    assert_eq!(
        photo
            .overlays
            .iter()
            .map(|overlay| (overlay.name.as_str(), overlay.bytes[0]))
            .collect::<Vec<_>>(),
        [
            ("edited_region.mask.png", 1),
            ("edited_region.heat.png", 2),
            ("edited_region.aligned.jpg", 3),
        ]
    );
}

#[test]
fn the_same_by_a_camera_that_may_not_have_moved_is_looked_at_and_not_held() {
    let photo = one(
        pairs(vec![pair("a", Kinship::DerivedUnmoved, changed())]),
        vec![listing("a")],
    );
    assert_eq!(photo.verdict, Verdict::Review);
    assert_eq!(
        codes(&photo),
        [
            (FindingCode::DerivedFromReference, Grade::Unmoved),
            (FindingCode::EditedRegion, Grade::Unmoved),
        ]
    );
    assert!(photo.findings[1].en.contains("real damage"));
    assert!(photo.findings[1].zh.contains("真实的损坏"));
}

#[test]
fn an_untouched_copy_of_a_listing_photo_asks_for_a_new_photo_and_accuses_nobody() {
    for kinship in [Kinship::DerivedExact, Kinship::DerivedUnmoved] {
        let mut difference = unchanged().unwrap();
        difference.annotations = vec![BOX];
        let mut measures = pairs(vec![pair("a", kinship, Some(difference))]);
        // The shop may have retouched its own picture: that is not told against whoever sends it.
        measures.hints = vec![hint(FindingCode::CopyMove), hint(FindingCode::Resampled)];
        let photo = one(measures, vec![listing("a")]);
        assert_eq!(
            codes(&photo),
            [
                (FindingCode::NotAPhotoOfTheDamage, Grade::Note),
                (FindingCode::Annotation, Grade::Note),
            ]
        );
        assert!(!photo.findings.iter().any(Finding::accuses));
        assert_eq!(photo.verdict, Verdict::Review);
        assert!(photo.findings[0].en.contains("new photo"));
    }
}

#[test]
fn a_shop_that_shows_one_picture_with_and_without_its_slogan_accuses_nobody() {
    let photo = one(
        pairs(vec![
            pair("slogan", Kinship::DerivedExact, changed()),
            pair("plain", Kinship::DerivedExact, unchanged()),
        ]),
        vec![listing("slogan"), listing("plain")],
    );
    assert_eq!(
        codes(&photo),
        [(FindingCode::NotAPhotoOfTheDamage, Grade::Note)]
    );
    assert_eq!(photo.findings[0].reference.as_deref(), Some("plain"));
}

#[test]
fn a_photo_sent_twice_asks_for_a_new_one() {
    let mut again = claim_photo("again");
    again.sha256 = claim_photo("photo").sha256;
    let inspection = fused(
        vec![
            (claim_photo("photo"), PhotoMeasures::default()),
            (again, PhotoMeasures::default()),
        ],
        Vec::new(),
    );
    assert_eq!(inspection.photos[0].verdict, Verdict::Clear);
    let second = &inspection.photos[1];
    assert_eq!(
        codes(second),
        [(FindingCode::NotAPhotoOfTheDamage, Grade::Note)]
    );
    assert_eq!(second.findings[0].reference.as_deref(), Some("photo"));
    assert_eq!(second.verdict, Verdict::Review);
}

#[test]
fn one_partys_own_pictures_are_never_called_copies_of_each_other() {
    // A merchant's own photo against the merchant's listing, whatever a check measured.
    let merchants = picture("photo", Role::Claim, Party::Merchant);
    let measures = pairs(vec![pair("a", Kinship::DerivedExact, changed())]);
    let inspection = fused(vec![(merchants, measures.clone())], vec![listing("a")]);
    assert_eq!(
        codes(&inspection.photos[0]),
        [(FindingCode::Clear, Grade::Note)]
    );
    // Two pictures of one capture session.
    let mut photo = claim_photo("photo");
    let mut reference = listing("a");
    photo.session = Some("visit".to_owned());
    reference.session = photo.session.clone();
    let inspection = fused(vec![(photo.clone(), measures.clone())], vec![reference]);
    assert_eq!(inspection.verdict, Verdict::Clear);
    // Another session is compared.
    let inspection = fused(vec![(photo, measures)], vec![listing("a")]);
    assert_eq!(inspection.verdict, Verdict::Intercept);
}

#[test]
fn what_cannot_be_told_is_said_and_is_no_accusation() {
    for (kinship, code, verdict) in [
        (
            Kinship::SameFlatSurface,
            FindingCode::SameFlatSurface,
            Verdict::Review,
        ),
        (
            Kinship::FlatGoods,
            FindingCode::SameFlatSurface,
            Verdict::Clear,
        ),
        (Kinship::SamePlace, FindingCode::SamePlace, Verdict::Review),
        (
            Kinship::CannotTellNear,
            FindingCode::CannotTell,
            Verdict::Review,
        ),
        (Kinship::CannotTell, FindingCode::CannotTell, Verdict::Clear),
        (
            Kinship::SameItemNewPhoto,
            FindingCode::SameItemNewPhoto,
            Verdict::Clear,
        ),
        (Kinship::Unrelated, FindingCode::Unrelated, Verdict::Clear),
    ] {
        let photo = one(
            pairs(vec![pair("a", kinship, changed())]),
            vec![listing("a")],
        );
        assert_eq!(photo.findings[0].code, code);
        assert_eq!(photo.verdict, verdict, "{kinship:?}");
        assert!(!photo.findings.iter().any(Finding::accuses), "{kinship:?}");
    }
    // Where a flat item differs is shown: it may be the damage.
    let photo = one(
        pairs(vec![pair("a", Kinship::SameFlatSurface, changed())]),
        vec![listing("a")],
    );
    assert_eq!(photo.findings[0].boxes, [BOX]);
    assert_eq!(
        photo.findings[0].mask.as_deref(),
        Some("same_flat_surface.mask.png")
    );
}

#[test]
fn nothing_found_says_so_and_proves_nothing() {
    let unasked = one(PhotoMeasures::default(), Vec::new());
    assert_eq!(codes(&unasked), [(FindingCode::Clear, Grade::Note)]);
    assert!(
        unasked.findings[0]
            .en
            .contains("no picture to compare with")
    );
    let compared = one(
        pairs(vec![pair("a", Kinship::Unrelated, None)]),
        vec![listing("a")],
    );
    assert_eq!(
        codes(&compared),
        [
            (FindingCode::Unrelated, Grade::Note),
            (FindingCode::Clear, Grade::Note),
        ]
    );
    for photo in [&unasked, &compared] {
        let clear = photo.findings.last().unwrap();
        assert_eq!(photo.verdict, Verdict::Clear);
        assert!(
            clear
                .en
                .contains("neither that there is damage nor that there is none")
        );
        assert!(clear.zh.contains("不证明"));
    }
}

#[test]
fn hints_are_looked_at_and_never_hold_a_payment() {
    for code in FindingCode::ALL {
        let measures = PhotoMeasures {
            hints: vec![hint(code)],
            ..PhotoMeasures::default()
        };
        let photo = one(measures, Vec::new());
        let expected = match code {
            FindingCode::CopyMove
            | FindingCode::JpegInconsistent
            | FindingCode::Resampled
            | FindingCode::ThumbnailMismatch => Verdict::Review,
            _ => Verdict::Clear,
        };
        assert_eq!(photo.verdict, expected, "{code:?}");
    }
    // Below its threshold the same hint is a remark.
    let measures = PhotoMeasures {
        hints: vec![HintMeasure {
            above_threshold: false,
            ..hint(FindingCode::CopyMove)
        }],
        ..PhotoMeasures::default()
    };
    let photo = one(measures, Vec::new());
    assert_eq!(photo.verdict, Verdict::Clear);
    assert_eq!(photo.findings[0].grade, Grade::Note);
}

#[test]
fn damage_that_another_view_does_not_show_is_looked_at() {
    let absent_at = |view: &str, above_threshold: bool| PhotoMeasures {
        views: vec![ViewMeasure {
            view: view.to_owned(),
            absent: true,
            above_threshold,
            boxes: vec![BOX],
            numbers: [("blocks".to_owned(), 40)].into(),
            drawn: None,
        }],
        ..PhotoMeasures::default()
    };
    let absent = |view: &str| absent_at(view, true);
    let challenge = picture("challenge", Role::Challenge, Party::Claimant);
    let inspection = fused(
        vec![
            (claim_photo("photo"), absent("challenge")),
            (challenge.clone(), PhotoMeasures::default()),
        ],
        vec![listing("a")],
    );
    assert_eq!(
        codes(&inspection.photos[0]),
        [(FindingCode::DamageNotConfirmed, Grade::Near)]
    );
    assert_eq!(inspection.verdict, Verdict::Review);
    let finding = &inspection.photos[0].findings[0];
    assert_eq!(finding.reference.as_deref(), Some("challenge"));
    assert!(
        finding
            .en
            .starts_with("A photo that was taken later, on request, shows the same place without")
    );
    assert!(
        finding
            .zh
            .starts_with("后来应要求补拍的照片拍到了同一处，那里看不到这样的损坏")
    );
    // What the same person sent together may show the goods before and after they broke: a later photo is asked for,
    // and nobody is accused.
    let before = fused(
        vec![
            (claim_photo("photo"), absent("other")),
            (claim_photo("other"), PhotoMeasures::default()),
        ],
        vec![],
    );
    let finding = &before.photos[0].findings[0];
    assert_eq!(before.verdict, Verdict::Review);
    assert!(!finding.accuses());
    assert_eq!(finding.code, FindingCode::DamageNotConfirmed);
    assert!(finding.en.contains("take one more photo"));
    // With both, the later one counts.
    let mut measures = absent("other");
    measures.views.extend(absent("challenge").views);
    let both = fused(
        vec![
            (claim_photo("photo"), measures),
            (claim_photo("other"), PhotoMeasures::default()),
            (challenge.clone(), PhotoMeasures::default()),
        ],
        vec![],
    );
    assert!(both.photos[0].findings[0].accuses());
    // A later photo with new damage does not contradict an earlier one without it.
    let grown = fused(
        vec![
            (claim_photo("photo"), PhotoMeasures::default()),
            (challenge.clone(), absent("photo")),
        ],
        vec![],
    );
    assert!(!grown.photos[1].findings.iter().any(Finding::accuses));
    // Below the threshold it is a remark, and the claim goes its way.
    let remarked = fused(
        vec![
            (claim_photo("photo"), absent_at("challenge", false)),
            (challenge, PhotoMeasures::default()),
        ],
        vec![],
    );
    assert_eq!(remarked.verdict, Verdict::Clear);
    assert!(codes(&remarked.photos[0]).contains(&(FindingCode::DamageNotConfirmed, Grade::Note)));
    // The item was whole when it was packed: that contradicts nothing.
    let packed = fused(
        vec![(claim_photo("photo"), absent("packing"))],
        vec![picture("packing", Role::Packing, Party::Merchant)],
    );
    assert_eq!(packed.verdict, Verdict::Clear);
}

#[test]
fn an_unreadable_file_is_looked_at_and_everything_else_goes_on() {
    let unread = |name: &str| Unread {
        name: name.to_owned(),
        zh: "文件是空的".to_owned(),
        en: "the file is empty".to_owned(),
    };
    let broken = PhotoMeasures {
        unread: Some(unread("photo")),
        pairs: vec![pair("a", Kinship::DerivedExact, changed())],
        ..PhotoMeasures::default()
    };
    let inspection = fused(
        vec![
            (claim_photo("photo"), broken),
            (claim_photo("other"), PhotoMeasures::default()),
        ],
        vec![listing("a")],
    );
    assert_eq!(
        codes(&inspection.photos[0]),
        [(FindingCode::NotDecoded, Grade::Note)]
    );
    assert_eq!(inspection.photos[0].verdict, Verdict::Review);
    assert_eq!(inspection.photos[1].verdict, Verdict::Clear);
    // A reference that cannot be read leaves a gap, which a human sees.
    let photo = one(
        PhotoMeasures {
            unread_references: vec![unread("a")],
            ..PhotoMeasures::default()
        },
        vec![listing("a")],
    );
    assert_eq!(codes(&photo), [(FindingCode::NotDecoded, Grade::Note)]);
    assert_eq!(photo.findings[0].reference.as_deref(), Some("a"));
    assert_eq!(photo.verdict, Verdict::Review);
}

#[test]
fn a_covered_lens_asks_for_a_new_photo_and_a_plain_item_does_not() {
    let blank = one(
        PhotoMeasures {
            blank: true,
            plain: true,
            ..PhotoMeasures::default()
        },
        Vec::new(),
    );
    assert_eq!(codes(&blank), [(FindingCode::LowQuality, Grade::Hint)]);
    assert_eq!(blank.verdict, Verdict::Review);
    assert!(!blank.findings[0].accuses());
    let plain = one(
        PhotoMeasures {
            plain: true,
            ..PhotoMeasures::default()
        },
        Vec::new(),
    );
    assert_eq!(plain.verdict, Verdict::Clear);
    assert_eq!(plain.findings[0].code, FindingCode::LowQuality);
}

#[test]
fn two_shops_with_one_picture_are_a_link_between_listings() {
    let other = picture("other", Role::OtherListing, Party::OtherMerchant);
    let photo = one(
        pairs(vec![
            pair("own", Kinship::DerivedExact, unchanged()),
            pair("other", Kinship::DerivedExact, unchanged()),
        ]),
        vec![listing("own"), other],
    );
    assert_eq!(
        codes(&photo),
        [
            (FindingCode::NotAPhotoOfTheDamage, Grade::Note),
            (FindingCode::SharedListingPhoto, Grade::Note),
        ]
    );
    assert!(!photo.findings.iter().any(Finding::accuses));
}

#[test]
fn sentences_quote_counts_and_say_when_there_are_none() {
    let held = |calibration: &Calibration| {
        let measures = pairs(vec![pair("a", Kinship::DerivedExact, changed())]);
        let mut inspection = fuse(
            vec![(claim_photo("photo"), measures)],
            vec![listing("a")],
            calibration,
        );
        inspection.photos.remove(0).findings.remove(0)
    };
    let unmeasured = held(&Calibration::parse("version = \"1\"").unwrap());
    assert!(
        unmeasured
            .en
            .ends_with("There are no test figures for this yet.")
    );
    assert!(unmeasured.zh.ends_with("这一项还没有测试数字。"));
    assert_eq!(unmeasured.likelihood_log10_milli, None);
    assert_eq!(unmeasured.false_alarm_log10_milli, None);
    let text = r#"
        version = "2"
        [[count]]
        code = "derived_from_reference"
        grade = "exact"
        suite = "rendered"
        unit = "photos"
        honest = 3000
        honest_items = 300
        false_alarms = 0
        false_alarm_bound = 0.001
        forged = 1000
        forged_items = 300
        found = 990
        found_bound = 0.98
        [[count]]
        code = "derived_from_reference"
        grade = "exact"
        suite = "real"
        unit = "pairs"
        honest = 200
        honest_items = 20
        false_alarms = 1
        false_alarm_bound = 0.02
        forged = 0
        forged_items = 0
        found = 0
        found_bound = 0.0
    "#;
    let calibration = Calibration::parse(text).unwrap();
    let measured = held(&calibration);
    assert!(
        measured.en.ends_with(
            "In our tests, 0 of 3000 untouched photos (rendered) and 1 of 200 pairs of untouched photos (real) got the same finding."
        ),
        "{}",
        measured.en
    );
    assert!(
        measured.zh.ends_with(
            "在我们的测试里，3000 张没有改动的照片（渲染）中有 0 张，200 对没有改动的照片（真实）中有 1 对得到同样的结论。"
        ),
        "{}",
        measured.zh
    );
    assert!(!measured.en.contains('%') && !measured.zh.contains('%'));
    assert_eq!(measured.false_alarm_log10_milli, Some(-3_000));
    assert_eq!(measured.likelihood_log10_milli, Some(2_991));
    assert!(
        calibration
            .count(
                FindingCode::DerivedFromReference,
                Grade::Unmoved,
                Suite::Rendered
            )
            .is_none()
    );
}

#[test]
fn counts_that_contradict_themselves_are_refused() {
    let text = |false_alarms: u32, bound: f64| {
        format!(
            r#"
            version = "2"
            [[count]]
            code = "copy_move"
            grade = "hint"
            suite = "real"
            unit = "photos"
            honest = 100
            honest_items = 100
            false_alarms = {false_alarms}
            false_alarm_bound = {bound}
            forged = 0
            forged_items = 0
            found = 0
            found_bound = 0.0
            "#
        )
    };
    assert!(Calibration::parse(&text(1, 0.05)).is_ok());
    assert!(Calibration::parse(&text(101, 1.0)).is_err());
    assert!(Calibration::parse(&text(10, 0.05)).is_err());
    let twice = format!(
        "{}{}",
        text(1, 0.05),
        text(1, 0.05).replace("version = \"2\"", "")
    );
    assert!(Calibration::parse(&twice).is_err());
    assert!(!Calibration::checked_in().version.is_empty());
}

fn kinships() -> impl Strategy<Value = Kinship> {
    prop::sample::select(vec![
        Kinship::DerivedExact,
        Kinship::DerivedUnmoved,
        Kinship::SameFlatSurface,
        Kinship::SamePlace,
        Kinship::CannotTellNear,
        Kinship::SameItemNewPhoto,
        Kinship::CannotTell,
        Kinship::Unrelated,
    ])
}

fn differences() -> impl Strategy<Value = Option<Difference>> {
    prop::option::of((any::<bool>(), any::<bool>(), 0_u32..4).prop_map(
        |(edited, annotated, area)| Difference {
            edited,
            boxes: if edited { vec![BOX] } else { Vec::new() },
            annotations: if annotated { vec![BOX] } else { Vec::new() },
            area_millionths: area,
            ..Difference::default()
        },
    ))
}

/// Measures of one photo, and its references in an order of their own.
fn worlds() -> impl Strategy<Value = (PhotoMeasures, Vec<Picture>)> {
    let one = (
        kinships(),
        differences(),
        prop::sample::select(vec![
            (Role::Listing, Party::Merchant),
            (Role::OtherListing, Party::OtherMerchant),
            (Role::Packing, Party::Merchant),
            (Role::Packing, Party::Claimant),
        ]),
    );
    let hints = prop::collection::vec(
        (
            prop::sample::select(FindingCode::ALL.to_vec()),
            any::<bool>(),
        ),
        0..4,
    );
    (prop::collection::vec(one, 0..6), hints, any::<[bool; 3]>()).prop_map(
        |(several, hints, [absent, blank, plain])| {
            let mut measures = PhotoMeasures {
                blank,
                plain,
                ..PhotoMeasures::default()
            };
            let mut references = Vec::new();
            for (index, (kinship, difference, (role, party))) in several.into_iter().enumerate() {
                let name = format!("r{index}");
                references.push(picture(&name, role, party));
                measures.pairs.push(pair(&name, kinship, difference));
            }
            measures.hints = hints
                .into_iter()
                .map(|(code, above_threshold)| HintMeasure {
                    above_threshold,
                    ..hint(code)
                })
                .collect();
            measures.views = vec![ViewMeasure {
                view: "challenge".to_owned(),
                absent,
                above_threshold: absent,
                boxes: vec![BOX],
                numbers: std::collections::BTreeMap::new(),
                drawn: None,
            }];
            (measures, references)
        },
    )
}

fn inspect(measures: PhotoMeasures, references: Vec<Picture>) -> ClaimInspection {
    fused(
        vec![
            (claim_photo("photo"), measures),
            (
                picture("challenge", Role::Challenge, Party::Claimant),
                PhotoMeasures::default(),
            ),
        ],
        references,
    )
}

proptest! {
    #[test]
    fn only_an_exact_copy_with_a_change_in_it_is_ever_held((measures, references) in worlds()) {
        let reason = measures.pairs.iter().any(|pair| {
            pair.kinship == Kinship::DerivedExact
                && pair.difference.as_ref().is_some_and(|difference| difference.edited)
                && references.iter().any(|reference| {
                    reference.name == pair.reference && reference.party != Party::Claimant
                })
        });
        let inspection = inspect(measures, references);
        for photo in &inspection.photos {
            if photo.verdict == Verdict::Intercept {
                prop_assert!(reason);
                let exact: Vec<_> = codes(photo);
                prop_assert!(exact.contains(&(FindingCode::DerivedFromReference, Grade::Exact)));
                prop_assert!(exact.contains(&(FindingCode::EditedRegion, Grade::Exact)));
            }
            // Every photo gets an answer in both languages, and a clear one holds nothing that accuses.
            prop_assert!(!photo.findings.is_empty());
            prop_assert!(photo.findings.iter().all(|finding| !finding.zh.is_empty() && !finding.en.is_empty()));
            if photo.verdict == Verdict::Clear {
                prop_assert!(!photo.findings.iter().any(Finding::accuses));
            }
        }
        prop_assert_eq!(inspection.verdict, inspection.photos.iter().map(|photo| photo.verdict).max().unwrap());
    }

    #[test]
    fn the_order_of_the_references_changes_nothing(
        (measures, references) in worlds(),
        seed in any::<prop::sample::Index>(),
        reversed in any::<bool>(),
    ) {
        let straight = inspect(measures.clone(), references.clone());
        let (mut other_measures, mut other_references) = (measures, references);
        if !other_references.is_empty() {
            let by = seed.index(other_references.len());
            other_references.rotate_left(by);
            other_measures.pairs.rotate_left(by);
        }
        if reversed {
            other_measures.pairs.reverse();
        }
        let turned = inspect(other_measures, other_references);
        prop_assert_eq!(straight.photos, turned.photos);
    }

    #[test]
    fn drawing_circles_never_accuses(kinship in kinships(), references in 1_usize..4) {
        let mut measures = PhotoMeasures::default();
        let mut pictures = Vec::new();
        for index in 0..references {
            let name = format!("r{index}");
            measures.pairs.push(pair(&name, kinship, Some(Difference {
                annotations: vec![BOX],
                ..Difference::default()
            })));
            pictures.push(listing(&name));
        }
        let photo = one(measures, pictures);
        prop_assert!(!photo.findings.iter().any(Finding::accuses));
    }
}
