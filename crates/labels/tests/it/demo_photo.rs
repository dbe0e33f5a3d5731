//! The demo's photo with an AI label and a manifest. It is kept as a file beside the demo, because nothing in the product can
//! write such a label.

use aftercare_labels::credentials::{Binding, Integrity, Signal, TrustList};
use aftercare_labels::{Rule, Verdict, read_and_verify};
use aftercare_scene::{Background, Camera, Damage, ItemKind, Light, Scene, View, encode_jpeg};

use crate::files as f;
use crate::manifest::{self as m, Authority, Maker, TODAY};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../cli/src/demo/labeled.jpg");

/// A mug with a chipped rim at home, as a program of a phone saves it that brightened it with AI.
fn made() -> Vec<u8> {
    let scene = Scene::new(ItemKind::Mug, 11)
        .damage(Damage::Chip, 22)
        .background(Background::Wood, 61)
        .light(Light::in_a_room(61))
        .view(View::by_hand(61));
    let picture = Camera::phone(61).develop(&scene, 800, 600);
    let labeled = f::with_xmp(
        &encode_jpeg(&picture, 85, None),
        &f::xmp_element(&f::label()),
    );
    let actions = m::actions(&[
        ("c2pa.created", Some("digitalCapture")),
        ("c2pa.edited", Some("compositeWithTrainedAlgorithmicMedia")),
    ]);
    let maker = Maker::new(&Authority::lasting("sample authority"));
    m::embed_jpeg(&labeled, &maker, &actions)
}

/// The file is made anew with `AFTERCARE_DEMO_PHOTO=1 cargo test -p aftercare-labels demo_photo`.
#[test]
fn the_photo_of_the_demo_carries_a_compliant_label_and_a_manifest_that_fits() {
    let made = made();
    if std::env::var_os("AFTERCARE_DEMO_PHOTO").is_some() {
        std::fs::write(KEPT, &made).expect("written");
    }
    for file in [std::fs::read(KEPT).expect("the demo's photo"), made] {
        let report = read_and_verify(&file, &TrustList::default(), Some(TODAY));
        assert_eq!(
            (report.verdict, report.level),
            (Verdict::Compliant, Some(1))
        );
        let rules: Vec<_> = report.marks.iter().map(|mark| mark.rule).collect();
        assert_eq!(rules, [Rule::Manifest, Rule::ImplicitLabel]);
        let credentials = report.marks[0].credentials.as_ref().expect("answers");
        assert_eq!(
            (credentials.binding, credentials.integrity),
            (Binding::Intact, Integrity::Intact)
        );
        let step = credentials.current.as_ref().expect("a step");
        assert_eq!(step.signals, [Signal::Captured, Signal::EditedByGenerator]);
    }
}
