//! What the page of an inspection promises to whoever opens, sends or prints it.

mod pdf;

use std::collections::BTreeMap;

use aftercare_evidence::PixelBox;
use aftercare_evidence::calibration::Calibration;
use aftercare_evidence::inspect::{
    ClaimInspection, Difference, Drawn, Kinship, PairMeasure, Party, PhotoMeasures, Picture, Role,
    Seen, Unread, fuse,
};
use aftercare_report::{Report, ReportPicture, Side, Words, html_report, slider, slider_start};

fn picture(name: &str, role: Role) -> Picture {
    Picture {
        name: name.to_owned(),
        role,
        party: if role.is_inspected() {
            Party::Claimant
        } else {
            Party::Merchant
        },
        session: None,
        sha256: format!("{name:a>64}"),
    }
}

/// A forged photo, an unreadable one, and a listing.
fn claim() -> ClaimInspection {
    let forged = PhotoMeasures {
        seen: Some(Seen {
            format: aftercare_media::Format::Jpeg,
            width: 1_600,
            height: 1_200,
            taken: None,
            notes: Vec::new(),
        }),
        pairs: vec![PairMeasure {
            reference: "listing".to_owned(),
            kinship: Kinship::DerivedExact,
            difference: Some(Difference {
                edited: true,
                boxes: vec![PixelBox {
                    x: 700,
                    y: 500,
                    width: 120,
                    height: 80,
                }],
                area_millionths: 5_000,
                drawn: Some(Drawn {
                    mask: b"\x89PNG mask".to_vec(),
                    heat: b"\x89PNG heat".to_vec(),
                    aligned: b"\xff\xd8 aligned".to_vec(),
                }),
                ..Difference::default()
            }),
            numbers: [("blocks_agreeing".to_owned(), 212)].into(),
        }],
        ..PhotoMeasures::default()
    };
    let unread = PhotoMeasures {
        unread: Some(Unread {
            name: "broken".to_owned(),
            zh: "文件是空的".to_owned(),
            en: "the file is empty".to_owned(),
        }),
        ..PhotoMeasures::default()
    };
    fuse(
        vec![
            (picture("forged", Role::Claim), forged),
            (picture("broken", Role::Claim), unread),
        ],
        vec![picture("listing", Role::Listing)],
        Calibration::checked_in(),
    )
}

fn pictures() -> BTreeMap<String, ReportPicture> {
    let shown = |label: &str| ReportPicture {
        label: label.to_owned(),
        preview: Some(b"\xff\xd8 preview".to_vec()),
        ..ReportPicture::default()
    };
    [
        (
            "forged".to_owned(),
            ReportPicture {
                marks: vec![Words {
                    zh: "文件有隐式标识".to_owned(),
                    en: "the file has a label".to_owned(),
                }],
                ..shown("<script>alert(1)</script>.jpg")
            },
        ),
        ("listing".to_owned(), shown("shop\u{202e}gpj.exe")),
    ]
    .into()
}

fn page() -> String {
    html_report(&Report {
        inspection: &claim(),
        pictures: &pictures(),
    })
}

#[test]
fn what_of_a_file_was_not_looked_at_stands_beside_it() {
    let mut claim = claim();
    let pictures = pictures();
    let seen = claim.photos[0].seen.as_mut();
    seen.expect("the forged one was read").notes =
        vec![aftercare_media::Note::FirstPage { pages: 3 }];
    let report = Report {
        inspection: &claim,
        pictures: &pictures,
    };
    let told = html_report(&report);
    assert!(told.contains("文件有 3 页，只检查了第一页。"));
    assert!(told.contains("the file has 3 pages; only the first one was looked at."));
    assert!(
        !page().contains("没有检查的部分"),
        "and nothing where nothing was"
    );
}

#[test]
fn the_page_is_one_file_that_asks_for_nothing() {
    let page = page();
    for reach in [
        "http:", "https:", "url(", "@import", "<link", "<iframe", "srcset",
    ] {
        assert!(!page.contains(reach), "{reach}");
    }
    for source in page.split("src=\"").skip(1) {
        assert!(source.starts_with("data:image/"), "{}", &source[..40]);
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("style=\""));
}

#[test]
fn names_of_files_stay_text() {
    let page = page();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;.jpg"));
    assert!(!page.contains('\u{202e}'));
}

#[test]
fn every_finding_stands_in_both_languages_with_its_numbers() {
    let page = page();
    for photo in &claim().photos {
        for finding in &photo.findings {
            let text = |words: &str| aftercare_report::escape(words);
            assert!(page.contains(&text(&finding.zh)), "{}", finding.zh);
            assert!(page.contains(&text(&finding.en)), "{}", finding.en);
            assert!(page.contains(finding.code.as_str()));
        }
        assert!(page.contains(&photo.photo.sha256));
    }
    for words in [
        "blocks_agreeing",
        "212",
        "x 700, y 500, 120 × 80",
        "What this does not prove",
        "这份报告不说明什么",
        "the file has a label",
        &claim().checks,
    ] {
        assert!(page.contains(words), "{words}");
    }
    // Never a bare percentage about a person or a photo: the only ones are the sheets'.
    let body = page.split("<body>").nth(1).unwrap();
    let text = body.split("<script>").next().unwrap();
    assert!(!text.replace("data-unit=\"%\"", "").contains('%'));
}

#[test]
fn several_photos_are_listed_with_their_verdicts_and_what_can_be_done() {
    let page = page();
    for words in [
        "<a href=\"#photo-2\">照片 2 Photo</a>",
        "id=\"photo-2\"",
        "hold, and look",
        "Have a person compare the two pictures",
        "有 1 个文件打不开，没有检查",
        "Not read, and so not checked: 1 file.",
        "class=\"card stack photo unread\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("Not read, and so not compared with"));
    // The references of a page whose pictures are not there were not read.
    let inspection = claim();
    let nothing = BTreeMap::new();
    let unread = html_report(&Report {
        inspection: &inspection,
        pictures: &nothing,
    });
    assert!(unread.contains("Not read, and so not compared with: 1 picture."));
}

#[test]
fn one_photo_without_anything_to_compare_with_says_so() {
    let mut inspection = claim();
    inspection.photos.truncate(1);
    inspection.references.clear();
    inspection.photos[0].photo.role = Role::Challenge;
    let pictures = pictures();
    let page = html_report(&Report {
        inspection: &inspection,
        pictures: &pictures,
    });
    assert!(page.contains("请加上商品图再检查一次"));
    assert!(page.contains("补拍照片 Photo on request · "));
    assert!(!page.contains("href=\"#photo-1\""), "a list of one");
}

#[test]
fn the_same_inspection_gives_the_same_page() {
    assert_eq!(page(), page());
}

#[test]
fn the_slider_works_by_keyboard_and_names_what_it_does() {
    let side = |tag| Side {
        source: "data:image/png;base64,",
        alt: "a cup",
        tag,
    };
    let html = slider(
        side("before"),
        side("after"),
        30,
        "Move to compare",
        "left and right",
    );
    assert!(html.contains("type=\"range\"") && html.contains("value=\"30\""));
    assert!(html.contains("aria-label=\"Move to compare\""));
    assert_eq!(html.matches("alt=\"a cup\"").count(), 2);
    assert!(!html.contains("style=") && !html.contains("onclick"));
}

#[test]
fn the_slider_starts_where_the_change_is_in_sight() {
    let at = |x| PixelBox {
        x,
        y: 0,
        width: 10,
        height: 10,
    };
    assert_eq!(slider_start((1_000, 800), &[at(700), at(400)]), 36);
    assert_eq!(slider_start((1_000, 800), &[at(0)]), 10);
    assert_eq!(slider_start((1_000, 800), &[]), 50);
    assert_eq!(slider_start((0, 0), &[at(5)]), 50);
}
