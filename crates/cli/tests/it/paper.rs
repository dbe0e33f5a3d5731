//! Reports as PDF: in builds with the feature `full`, and in words where they are left out.

use super::{aftercare, text};
use aftercare_report::HAS_PDF;
use aftercare_scene::{Camera, Damage, ItemKind, Scene, encode_jpeg, paint_on};

#[test]
fn a_report_is_a_pdf_file_or_the_build_says_why_not() {
    let shop = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| text(&shop.path().join(name)).to_owned();
    let mut photo = Camera::phone(1).develop(&Scene::new(ItemKind::Mug, 7), 800, 600);
    std::fs::write(path("listing.jpg"), encode_jpeg(&photo, 92, None)).expect("a file");
    paint_on(&mut photo, Damage::Crack, 3);
    std::fs::write(path("claim \u{20bb7}.jpg"), encode_jpeg(&photo, 85, None)).expect("a file");
    let (claim, listing, report) = (
        path("claim \u{20bb7}.jpg"),
        path("listing.jpg"),
        path("report.PDF"),
    );
    let said = aftercare(&[
        "inspect",
        &claim,
        "--listing",
        &listing,
        "--report",
        &report,
    ]);
    if HAS_PDF {
        assert_eq!(said.code, 0, "{}", said.err);
        let file = std::fs::read(&report).expect("a report");
        assert!(file.starts_with(b"%PDF-1.7"));
        assert!(
            file.len() > 20_000,
            "the pictures are in it: {}",
            file.len()
        );
    } else {
        // Told before the photos are looked at.
        assert_eq!((said.code, said.out.as_str()), (2, ""));
        assert!(said.err.contains("--features full"), "{}", said.err);
        assert!(!shop.path().join("report.PDF").exists());
    }
}
