//! Changes load at run time, and a patch that contradicts what stands is refused.

use aftercare_region::{Atlas, AtlasError, Date, PatchError, Status};

fn refusal(patch: &str) -> PatchError {
    match Atlas::with_patches(&[("test", patch)]) {
        Err(AtlasError::Patch { error, .. }) => error,
        other => panic!("accepted: {:?}", other.map(|_| ())),
    }
}

#[test]
fn a_change_of_tomorrow_needs_no_new_binary() {
    let patch = r#"
        source = "an order that is made up for this test"
        [[unit]]
        code = 330115
        name = "钱江区"
        from = "2030-01-01"
        [[end]]
        code = 330114
        until = "2030-01-01"
        successors = [330115]
    "#;
    let atlas = Atlas::with_patches(&[("2030", patch)]).unwrap();
    let today = atlas.resolve(
        "浙江省杭州市钱塘区下沙街道1号",
        "2026-01-01".parse().unwrap(),
    );
    assert_eq!(today.code, Some(330_114));
    let later = atlas.resolve(
        "浙江省杭州市钱塘区下沙街道1号",
        "2030-06-30".parse().unwrap(),
    );
    assert_eq!((later.code, later.county), (Some(330_115), Some("钱江区")));
    assert_eq!(
        atlas.resolve("杭州钱江区", Date::LATEST).code,
        Some(330_115)
    );
}

#[test]
fn a_town_that_goes_to_a_neighbor_is_found_under_both_names() {
    let patch = r#"
        source = "an order that is made up for this test"
        [[towns]]
        from = 330105
        to = 330111
        on = "2030-01-01"
        names = ["半山街道"]
    "#;
    let atlas = Atlas::with_patches(&[("2030", patch)]).unwrap();
    let code = |text: &str, day: &str| {
        let got = atlas.resolve(text, day.parse().unwrap());
        (got.status, got.code)
    };
    assert_eq!(
        code("浙江省杭州市拱墅区半山街道", "2029-12-31"),
        (Status::Exact, Some(330_105))
    );
    assert_eq!(
        code("浙江省杭州市拱墅区半山街道", "2030-01-01"),
        (Status::Superseded, Some(330_111))
    );
    assert_eq!(
        code("浙江省杭州市富阳区半山街道", "2030-01-01"),
        (Status::Exact, Some(330_111))
    );
    assert_eq!(
        code("浙江省杭州市富阳区半山街道", "2029-12-31"),
        (Status::Conflict, Some(330_111))
    );
}

#[test]
fn a_duplicate_a_cycle_and_an_unknown_code_are_refused() {
    let end = |code: u32, successors: &str| {
        format!(
            "source = \"test\"\n[[end]]\ncode = {code}\nuntil = \"2030-01-01\"\nsuccessors = [{successors}]\n"
        )
    };
    assert!(matches!(
        refusal(&end(330_114, "330102, 330102")),
        PatchError::Contradicts { code: 330_114, .. }
    ));
    assert_eq!(refusal(&end(330_114, "330114")), PatchError::Cycle(330_114));
    assert!(matches!(
        refusal(&end(330_199, "330102")),
        PatchError::Contradicts { code: 330_199, .. }
    ));
    assert!(matches!(
        refusal(&end(330_114, "330199")),
        PatchError::Contradicts { code: 330_199, .. }
    ));
    let both = format!(
        "{}[[end]]\ncode = 330102\nuntil = \"2030-01-01\"\nsuccessors = [330114]\n",
        end(330_114, "330102")
    );
    assert!(matches!(
        refusal(&both),
        PatchError::Contradicts { code: 330_114, .. }
    ));
}

#[test]
fn a_successor_that_ends_before_it_takes_over_is_refused() {
    // Each on its day has the other in force, and together they lead nowhere.
    let patch = "source = \"test\"\n\
        [[end]]\ncode = 330114\nuntil = \"2031-01-01\"\nsuccessors = [330102]\n\
        [[end]]\ncode = 330102\nuntil = \"2030-01-01\"\nsuccessors = [330114]\n";
    assert_eq!(refusal(patch), PatchError::Cycle(330_102));
    let chain = "source = \"test\"\n\
        [[end]]\ncode = 330114\nuntil = \"2031-01-01\"\nsuccessors = [330102]\n\
        [[end]]\ncode = 330102\nuntil = \"2030-01-01\"\nsuccessors = [330105]\n";
    assert!(matches!(
        refusal(chain),
        PatchError::Contradicts { code: 330_102, .. }
    ));
}

#[test]
fn a_new_name_is_checked_as_that_of_a_new_division() {
    for name in [String::new(), "  ".to_owned(), "区".repeat(31)] {
        let patch = format!(
            "source = \"test\"\n[[rename]]\ncode = 330114\nname = \"{name}\"\nfrom = \"2030-01-01\"\n"
        );
        assert!(matches!(
            refusal(&patch),
            PatchError::Contradicts { code: 330_114, .. }
        ));
    }
}

#[test]
fn a_code_that_is_in_force_and_a_foreign_town_are_refused() {
    let taken =
        "source = \"test\"\n[[unit]]\ncode = 330102\nname = \"某区\"\nfrom = \"2030-01-01\"\n";
    assert!(matches!(
        refusal(taken),
        PatchError::Contradicts { code: 330_102, .. }
    ));
    let town = "source = \"test\"\n[[towns]]\nfrom = 330102\nto = 330114\non = \"2030-01-01\"\nnames = [\"没有镇\"]\n";
    assert!(matches!(
        refusal(town),
        PatchError::Contradicts { code: 330_102, .. }
    ));
    assert!(matches!(refusal("nonsense = 1"), PatchError::Form(_)));
    assert!(matches!(
        refusal(&"#".repeat(2 << 20)),
        PatchError::TooLarge(_)
    ));
}
