//! The order's own facts first: what a claim, its photos and clips say is held against them.

use crate::world::{CLAIM, MERCHANT, REVIEWER, World, evidence_id, text};
use aftercare_domain::Timestamp;
use aftercare_domain::command::Command;
use aftercare_domain::consistency::{
    Claimed, Counted, Kind, Packed, PackedFacts, Piece, Reading, Recorded, Side, compare,
};
use aftercare_domain::event::ClaimReason;
use aftercare_domain::ids::EvidenceId;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use proptest::prelude::*;
use uuid::Uuid;

/// 2025-11-19 10:00 in China: the parcel is signed for.
const SIGNED: Timestamp = Timestamp(1_763_517_600_000);

fn counts(counts: &[(&str, u32)]) -> Reading {
    Reading {
        counts: counts
            .iter()
            .map(|(what, count)| Counted {
                what: (*what).to_owned(),
                count: *count,
            })
            .collect(),
        ..Reading::default()
    }
}

fn piece(number: u128, side: Side, reading: Option<Reading>) -> Piece {
    Piece {
        evidence: EvidenceId(Uuid::from_u128(number)),
        number: format!("E-0{number}"),
        side,
        taken_at: None,
        camera_size: None,
        size: None,
        is_whole: false,
        reading,
    }
}

fn order() -> Recorded {
    Recorded {
        paid_at: Some(SIGNED.plus_ms(-2 * DAY_MS)),
        delivered_at: Some(SIGNED),
        serial: Some("SN-77 01".to_owned()),
        variant: None,
        packed: Vec::new(),
    }
}

fn spoiled() -> Claimed {
    Claimed {
        reason: ClaimReason::Spoiled,
        filed_at: SIGNED.plus_ms(13 * MINUTE_MS),
        whole_item_to_come: false,
    }
}

fn kinds(pieces: &[Piece]) -> Vec<Kind> {
    compare(&order(), spoiled(), pieces)
        .into_iter()
        .map(|found| found.kind)
        .collect()
}

/// After a case of November 2025 that newspapers reported: four male and four female crabs were sent,
/// and two clips of “the dead ones” showed two and four, then three and three.
#[test]
fn the_dead_crabs_are_not_the_same_in_both_clips_nor_the_ones_that_were_packed() {
    let pieces = [
        piece(1, Side::Claimant, Some(counts(&[("公蟹", 2), ("母蟹", 4)]))),
        piece(2, Side::Claimant, Some(counts(&[("公蟹", 3), ("母蟹", 3)]))),
        piece(3, Side::Merchant, Some(counts(&[("公蟹", 4), ("母蟹", 4)]))),
    ];
    let found = compare(&order(), spoiled(), &pieces);
    let seen: Vec<(Kind, Vec<u128>)> = found
        .iter()
        .map(|one| {
            let pieces = one.pieces.iter().map(|id| id.0.as_u128()).collect();
            (one.kind, pieces)
        })
        .collect();
    assert_eq!(
        seen,
        [
            (Kind::CountsDiffer, vec![1, 2]),
            (Kind::CountsNotAsPacked, vec![1, 3]),
            (Kind::CountsNotAsPacked, vec![2, 3]),
        ]
    );
    let words = &found[0].words;
    assert!(
        words.zh.contains("公蟹 2") && words.zh.contains("公蟹 3"),
        "{}",
        words.zh
    );
    assert!(words.en.contains("points at each"), "{}", words.en);
    // Thirteen minutes after signing is no disagreement: who opens the parcel at once does just that.
    assert!(
        seen.iter()
            .all(|(kind, _)| *kind != Kind::FiledBeforeDelivery)
    );
}

#[test]
fn what_agrees_and_what_nobody_read_says_nothing() {
    let same = counts(&[("公蟹", 4), ("母蟹", 4)]);
    let pieces = [
        piece(1, Side::Claimant, Some(same.clone())),
        // The other clip shows other things: they cannot be compared.
        piece(2, Side::Claimant, Some(counts(&[("冰袋", 1)]))),
        piece(3, Side::Merchant, Some(same)),
        piece(4, Side::Claimant, None),
    ];
    assert_eq!(kinds(&pieces), []);
    assert_eq!(
        compare(&Recorded::default(), spoiled(), &pieces),
        [],
        "an order that records nothing disagrees with nothing"
    );
}

#[test]
fn a_cameras_clock_is_held_against_the_order_with_room_for_clocks() {
    let taken = |at: Timestamp| {
        kinds(&[Piece {
            taken_at: Some(at),
            ..piece(1, Side::Claimant, None)
        }])
    };
    assert_eq!(taken(SIGNED.plus_ms(5 * MINUTE_MS)), []);
    assert_eq!(taken(SIGNED.plus_ms(-HOUR_MS + 1)), []);
    assert_eq!(taken(SIGNED.plus_ms(-HOUR_MS)), [Kind::TakenBeforeDelivery]);
    assert_eq!(taken(SIGNED.plus_ms(-3 * DAY_MS)), [Kind::TakenBeforeOrder]);
    // A camera that was never set says a day of years ago.
    assert_eq!(taken(SIGNED.plus_ms(-11 * 365 * DAY_MS)), []);
    let packed = Piece {
        taken_at: Some(SIGNED.plus_ms(-3 * DAY_MS)),
        ..piece(1, Side::Merchant, None)
    };
    assert_eq!(kinds(&[packed]), [], "a packing photo is older");
}

#[test]
fn times_serials_and_waybills_that_differ_are_questions() {
    let early = Claimed {
        filed_at: SIGNED.plus_ms(-2 * HOUR_MS),
        ..spoiled()
    };
    let of = |claim: Claimed| {
        let found = compare(&order(), claim, &[]);
        found.into_iter().map(|one| one.kind).collect::<Vec<_>>()
    };
    assert_eq!(of(early), [Kind::FiledBeforeDelivery]);
    let missing = Claimed {
        reason: ClaimReason::Missing,
        ..early
    };
    assert_eq!(of(missing), [], "what did not arrive can be missed before");
    let read = |number, side, serial: Option<&str>, waybill: Option<&str>| {
        let reading = Reading {
            serial: serial.map(str::to_owned),
            waybill: waybill.map(str::to_owned),
            ..Reading::default()
        };
        piece(number, side, Some(reading))
    };
    // People write the same number in many ways.
    assert_eq!(kinds(&[read(1, Side::Claimant, Some("sn7701"), None)]), []);
    assert_eq!(
        kinds(&[read(1, Side::Claimant, Some("SN-7702"), None)]),
        [Kind::SerialDiffers]
    );
    let parcels = [
        read(1, Side::Merchant, None, Some("SF 100")),
        read(2, Side::Merchant, None, Some("SF 200")),
        read(3, Side::Claimant, None, Some("sf-200")),
        read(4, Side::Claimant, None, Some("SF 300")),
    ];
    let found = compare(&order(), spoiled(), &parcels);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].kind, found[0].pieces[1]),
        (Kind::WaybillDiffers, parcels[3].evidence)
    );
}

fn packed(number: &str, begun_at: Option<Timestamp>, facts: PackedFacts) -> Packed {
    Packed {
        number: number.to_owned(),
        begun_at,
        facts,
    }
}

/// What a packing record and one piece of the claimant disagree about.
fn against(records: Vec<Packed>, piece: Piece) -> Vec<Kind> {
    let order = Recorded {
        serial: None,
        packed: records,
        ..order()
    };
    compare(&order, spoiled(), &[piece])
        .into_iter()
        .map(|found| found.kind)
        .collect()
}

#[test]
fn what_the_packer_wrote_down_is_held_against_what_arrived() {
    let reading = |reading: Reading| piece(1, Side::Claimant, Some(reading));
    let crabs = |count| PackedFacts {
        counts: vec![Counted {
            what: "公蟹".to_owned(),
            count,
        }],
        ..PackedFacts::default()
    };
    let two = vec![packed("P-1", None, crabs(4)), packed("P-2", None, crabs(2))];
    // One parcel of the two, or both; nothing else.
    for count in [2, 4, 6] {
        assert_eq!(
            against(two.clone(), reading(counts(&[("公蟹", count)]))),
            []
        );
    }
    for other in [3, 8] {
        assert_eq!(
            against(two.clone(), reading(counts(&[("公蟹", other)]))),
            [Kind::CountsNotAsPacked]
        );
    }
    assert_eq!(
        against(two, reading(counts(&[("冰袋", 1)]))),
        [],
        "what nobody counted at packing"
    );

    let facts = PackedFacts {
        waybill: Some("SF 100".to_owned()),
        serials: vec!["SN-1".to_owned(), "SN-2".to_owned()],
        weight_g: Some(1_000),
        ..PackedFacts::default()
    };
    let one = vec![packed("P-1", None, facts)];
    let text = |serial: Option<&str>, waybill: Option<&str>, weight_g| Reading {
        serial: serial.map(str::to_owned),
        waybill: waybill.map(str::to_owned),
        weight_g,
        ..Reading::default()
    };
    for (read, expected) in [
        (text(Some("sn2"), Some("sf-100"), Some(1_100)), vec![]),
        (text(Some("SN-3"), None, None), vec![Kind::SerialDiffers]),
        (text(None, Some("SF 101"), None), vec![Kind::WaybillDiffers]),
        // Scales differ; a tenth is no question, and neither is it of a light parcel.
        (text(None, None, Some(880)), vec![Kind::WeightDiffers]),
        (text(None, None, Some(900)), vec![]),
    ] {
        assert_eq!(against(one.clone(), reading(read)), expected);
    }
    let found = compare(
        &Recorded {
            packed: one,
            ..order()
        },
        spoiled(),
        &[],
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, Kind::PackedSerialDiffers);
    assert!(found[0].words.zh.contains("SN-77 01") && found[0].words.en.contains("P-1"));
}

#[test]
fn a_packing_record_says_when_only_where_the_server_was_there() {
    let none = PackedFacts::default;
    let begun = |at: Timestamp| vec![packed("P-1", Some(at), none())];
    let taken = |at: Timestamp| Piece {
        taken_at: Some(at),
        ..piece(1, Side::Claimant, None)
    };
    let day_before = SIGNED.plus_ms(-DAY_MS);
    let early = day_before.plus_ms(-2 * HOUR_MS);
    assert_eq!(
        against(begun(day_before), taken(early)),
        [Kind::TakenBeforePacking]
    );
    // Without the record it is only earlier than the delivery; so it is where everything came afterwards.
    for records in [vec![], vec![packed("P-1", None, none())]] {
        assert_eq!(against(records, taken(early)), [Kind::TakenBeforeDelivery]);
    }
    let after = taken(SIGNED.plus_ms(MINUTE_MS));
    for (at, expected) in [
        (SIGNED.plus_ms(2 * HOUR_MS), Kind::PackedAfterDelivery),
        (SIGNED.plus_ms(-3 * DAY_MS), Kind::PackedBeforeOrder),
    ] {
        let mut kinds = against(begun(at), after.clone());
        kinds.retain(|kind| *kind != Kind::TakenBeforePacking);
        assert_eq!(kinds, [expected]);
    }
    // A second parcel that left when the first had arrived is nothing to ask about.
    let mut two = begun(day_before);
    two.push(packed("P-2", Some(SIGNED.plus_ms(DAY_MS)), none()));
    assert_eq!(against(two, after), []);
}

#[test]
fn a_reading_says_something_once_and_within_limits() {
    let rule = |reading: Reading| reading.checked().unwrap_err().rule;
    assert_eq!(rule(counts(&[("  ", 3)])), "reading_empty");
    assert_eq!(rule(counts(&[("蟹", 3), (" 蟹 ", 4)])), "reading_twice");
    let many: Vec<String> = (0..21).map(|one| one.to_string()).collect();
    let many: Vec<(&str, u32)> = many.iter().map(|one| (one.as_str(), 1)).collect();
    assert_eq!(rule(counts(&many)), "reading_too_long");
    let long = "长".repeat(201);
    assert_eq!(rule(counts(&[(&long, 1)])), "reading_too_long");
    assert_eq!(
        counts(&[(" 蟹 ", 3)]).checked().unwrap(),
        counts(&[("蟹", 3)])
    );
}

/// A claim of whoever has the item in front of them.
fn damaged() -> Claimed {
    Claimed {
        reason: ClaimReason::Damaged,
        ..spoiled()
    }
}

#[test]
fn a_serial_number_that_nobody_finds_is_asked_for() {
    let read = |number, side, serial: Option<&str>| {
        let reading = Reading {
            serial: serial.map(str::to_owned),
            ..counts(&[("杯", 1)])
        };
        piece(number, side, Some(reading))
    };
    let kinds = |order: &Recorded, claim: Claimed, pieces: &[Piece]| {
        let found = compare(order, claim, pieces).into_iter();
        found.map(|one| one.kind).collect::<Vec<_>>()
    };
    let without = [read(1, Side::Claimant, None), read(2, Side::Claimant, None)];
    let found = compare(&order(), damaged(), &without);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, Kind::SerialNotRead);
    assert_eq!(found[0].pieces, [without[0].evidence, without[1].evidence]);
    let words = &found[0].words;
    // The fact, where it stands, what else it can be, and what to do.
    for said in ["订单记录", "SN-77 01", "E-01、E-02", "没有拍到", "请补拍"] {
        assert!(words.zh.contains(said), "{said}: {}", words.zh);
    }
    for said in ["The order says", "E-01, E-02", "worn off", "ask for"] {
        assert!(words.en.contains(said), "{said}: {}", words.en);
    }
    // One that was read is compared instead, whichever it is; what the merchant shows is not the item that came.
    let shown = [
        read(1, Side::Claimant, None),
        read(2, Side::Claimant, Some("SN-7701")),
    ];
    assert_eq!(kinds(&order(), damaged(), &shown), []);
    let of_merchant = [read(1, Side::Merchant, None)];
    assert_eq!(kinds(&order(), damaged(), &of_merchant), []);
    // What nobody read says nothing, nor what cannot be looked at, nor an order without a number.
    let unread = [piece(1, Side::Claimant, None)];
    assert_eq!(kinds(&order(), damaged(), &unread), []);
    for reason in [
        ClaimReason::Spoiled,
        ClaimReason::Missing,
        ClaimReason::Other,
    ] {
        let claim = Claimed {
            reason,
            ..spoiled()
        };
        assert_eq!(kinds(&order(), claim, &without), [], "{reason:?}");
    }
    let facts = |serials: &[&str]| PackedFacts {
        serials: serials.iter().map(|&serial| serial.to_owned()).collect(),
        ..PackedFacts::default()
    };
    let by_record = |serials: &[&str]| Recorded {
        serial: None,
        packed: vec![packed("P-1", None, facts(serials))],
        ..order()
    };
    assert_eq!(kinds(&by_record(&[]), damaged(), &without), []);
    let found = compare(&by_record(&["SN-9"]), damaged(), &without);
    assert_eq!(found[0].kind, Kind::SerialNotRead);
    assert!(found[0].words.zh.contains("打包记录 P-1") && found[0].words.en.contains("SN-9"));
}

#[test]
fn a_variant_is_held_against_the_ordered_one_as_people_name_them() {
    let differs = |ordered: &str, read: &str| {
        let order = Recorded {
            variant: Some(ordered.to_owned()),
            serial: None,
            ..order()
        };
        let reading = Reading {
            variant: Some(read.to_owned()),
            ..Reading::default()
        };
        let found = compare(
            &order,
            spoiled(),
            &[piece(1, Side::Claimant, Some(reading))],
        );
        match found.as_slice() {
            [] => false,
            [one] => {
                assert_eq!(one.kind, Kind::VariantDiffers);
                let said = [ordered, read, "E-01"];
                assert!(said.iter().all(|text| one.words.zh.contains(text)));
                assert!(one.words.en.contains("may have several names"));
                true
            }
            more => panic!("{more:?}"),
        }
    };
    for (ordered, read) in [
        ("红色 XL", "红/xl"),
        ("红色 XL", "XL码 红色"),
        ("深红 XL", "红"),
        ("红色XL", "红色 XL"),
        ("500 ml", "500ML"),
        ("blue, 42", "42 Blue"),
        ("红色 XL", "——"),
        ("红色 XL", "红色 ＸＬ"),
        ("128GB 黑色", "黑 128G"),
        ("Blue, large", "blue L"),
    ] {
        assert!(!differs(ordered, read), "{ordered} as {read}");
    }
    for (ordered, read) in [
        ("红色 XL", "蓝色 XL"),
        ("红色 XL", "红色 L"),
        ("blue 42", "blue 43"),
        ("128GB 黑色", "黑 256G"),
        ("blue M", "blue L"),
        ("500 ml", "750 ml"),
    ] {
        assert!(differs(ordered, read), "{ordered} as {read}");
    }
    // Without a variant in the order there is nothing to hold it against.
    let reading = Reading {
        variant: Some("红".to_owned()),
        ..Reading::default()
    };
    assert_eq!(kinds(&[piece(1, Side::Claimant, Some(reading))]), []);
}

#[test]
fn of_a_photo_that_was_cut_the_whole_item_is_asked_for() {
    let photo = |number, camera_size, size| Piece {
        camera_size,
        size,
        ..piece(number, Side::Claimant, None)
    };
    let camera = Some((4_000, 3_000));
    for (came, is_cut) in [
        // A square of it, a strip of it, and a strip that stands upright.
        (Some((1_200, 1_200)), true),
        (Some((4_000, 2_000)), true),
        (Some((700, 3_000)), true),
        // Made smaller, also by a program that rounds, and turned.
        (Some((1_600, 1_200)), false),
        (Some((1_279, 960)), false),
        (Some((1_200, 1_600)), false),
        // Something was put around it: no part of it.
        (Some((4_000, 4_000)), false),
        (None, false),
    ] {
        let found = kinds(&[photo(1, camera, came)]);
        assert_eq!(found == [Kind::CutToDetail], is_cut, "{came:?}: {found:?}");
    }
    assert_eq!(kinds(&[photo(1, None, Some((1_200, 1_200)))]), []);
    let detail = photo(1, camera, Some((1_200, 1_200)));
    let found = compare(&order(), spoiled(), std::slice::from_ref(&detail));
    assert!(found[0].words.zh.contains("4000×3000") && found[0].words.zh.contains("整件商品"));
    assert!(found[0].words.en.contains("People often cut") && found[0].words.en.contains("E-01"));
    // The whole item is there: nothing is left to ask. A part of a photo is not the whole item, whatever its sender says.
    let whole = |camera_size, size| Piece {
        is_whole: true,
        ..photo(2, camera_size, size)
    };
    assert_eq!(kinds(&[detail.clone(), whole(None, None)]), []);
    let to_come = Claimed {
        whole_item_to_come: true,
        ..spoiled()
    };
    let found = compare(&order(), to_come, std::slice::from_ref(&detail));
    assert_eq!(found, [], "nobody is asked for it twice");
    let also_cut = whole(camera, Some((900, 900)));
    assert_eq!(kinds(&[detail.clone(), also_cut]).len(), 2);
    let of_merchant = Piece {
        side: Side::Merchant,
        ..detail
    };
    assert_eq!(kinds(&[of_merchant]), []);
}

/// All of it is worked out from what was read and sent, when somebody looks: no state, no clock and no outcome knows of it.
#[test]
fn what_is_read_off_a_piece_moves_nothing_by_itself() {
    for mut world in [
        World::merchant_window(),
        World::human_review(),
        World::accused(),
    ] {
        for reader in [MERCHANT, REVIEWER] {
            let (claims, clocks) = (world.case.claims.clone(), world.case.clocks.clone());
            let read = Command::ReadEvidence {
                by: reader,
                claim: CLAIM,
                evidence: evidence_id(1),
                reading: text(),
            };
            assert_eq!(world.run(read), ["evidence_read.v1"]);
            assert_eq!((&world.case.claims, &world.case.clocks), (&claims, &clocks));
        }
    }
}

/// Words about a person, in any sentence.
const ABOUT_A_PERSON: [&str; 12] = [
    "骗",
    "诈",
    "恶意",
    "造假",
    "撒谎",
    "嫌疑",
    "fraud",
    "liar",
    "cheat",
    "fake",
    "suspect",
    "dishonest",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sentence_speaks_about_a_person_and_each_names_what_it_compares(
        numbers in prop::collection::vec((0_u32..4, 0_u32..4, 0_u8..3, -400_i64..400), 0..5),
    ) {
        let pieces: Vec<Piece> = (1..).zip(&numbers).map(|(number, (one, other, what, hours))| Piece {
            taken_at: Some(SIGNED.plus_ms(hours * HOUR_MS)),
            camera_size: (*other > 1).then_some((4_000, 3_000)),
            size: Some((1_000 * (one + 1), 1_000)),
            is_whole: *other == 3,
            ..piece(
                number,
                if one % 2 == 0 { Side::Claimant } else { Side::Merchant },
                Some(Reading {
                    serial: (*what == 1).then(|| one.to_string()),
                    waybill: (*what == 2).then(|| other.to_string()),
                    weight_g: (*what == 0).then_some(one * 400 + 1),
                    variant: (*what == 0).then(|| other.to_string()),
                    ..counts(&[("a", *one), ("b", *other)])
                }),
            )
        }).collect();
        let facts = PackedFacts {
            waybill: Some("1".to_owned()),
            serials: vec!["1".to_owned()],
            weight_g: Some(900),
            counts: counts(&[("a", 1)]).counts,
        };
        let with_record = Recorded {
            variant: Some("2".to_owned()),
            packed: vec![packed("P-1", Some(SIGNED), facts)],
            ..order()
        };
        let found = compare(&order(), spoiled(), &pieces);
        for found in found.into_iter().chain(compare(&with_record, damaged(), &pieces)) {
            let text = format!("{} {}", found.words.zh, found.words.en.to_lowercase());
            for word in ABOUT_A_PERSON {
                prop_assert!(!text.contains(word), "{word}: {text}");
            }
            for id in &found.pieces {
                let number = format!("E-0{}", id.0.as_u128());
                prop_assert!(found.words.zh.contains(&number) && found.words.en.contains(&number));
            }
        }
        let same: Vec<Piece> = pieces.iter().map(|one| Piece {
            reading: Some(counts(&[("a", 1)])),
            taken_at: None,
            camera_size: None,
            ..one.clone()
        }).collect();
        prop_assert_eq!(compare(&order(), spoiled(), &same), vec![]);
    }
}
