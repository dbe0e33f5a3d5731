//! Masked forms.

use crate::{OTHER_TENANT, TENANT, vault};
use aftercare_vault::{Field, mask_address, mask_name, mask_phone, normalize_phone};
use proptest::prelude::*;

#[test]
fn phones_are_masked() {
    for (input, expected) in [
        ("13800000000", "138****0000"),
        ("010-23456789", "010****6789"),
        ("0571-2345678", "0571****5678"),
        ("+852 2345 6789", "+852****6789"),
    ] {
        assert_eq!(
            mask_phone(&normalize_phone(input).unwrap()).as_str(),
            expected
        );
    }
}

#[test]
fn names_are_masked() {
    for (input, expected) in [
        ("张三", "张**"),
        ("欧阳示例", "欧**"),
        ("张", "**"),
        ("", "**"),
        (" 张 三 ", "张**"),
        ("阿卜杜拉·示例", "阿**"),
        ("John Example", "J***"),
        ("J", "**"),
        ("Émile", "É**"),
        ("13800000000", "**"),
    ] {
        assert_eq!(mask_name(input).as_str(), expected, "{input}");
    }
}

#[test]
fn addresses_are_masked_below_the_district() {
    for (input, expected) in [
        ("示例省示例市示例区示例路1号", "示例省示例市示例区****"),
        (
            "示例省 示例市 示例县 示例镇示例村3组",
            "示例省示例市示例县****",
        ),
        ("北京市朝阳区示例路8号", "北京市朝阳区****"),
        (
            "广西壮族自治区南宁市示例区示例路",
            "广西壮族自治区南宁市示例区****",
        ),
        (
            "内蒙古自治区锡林郭勒盟示例旗",
            "内蒙古自治区锡林郭勒盟示例旗****",
        ),
        ("示例市阳光小区3栋", "示例市****"),
        ("示例省示例市示例路1号示例区", "示例省示例市****"),
        ("张三示例省示例市示例区", "****"),
        ("阳光小区3栋502", "****"),
        ("1号楼", "****"),
        ("Example Road 1", "****"),
        ("13800000000示例省", "****"),
        ("朝阳区示例路", "****"),
        ("", "****"),
    ] {
        assert_eq!(mask_address(input).as_str(), expected, "{input}");
    }
}

proptest! {
    #[test]
    fn a_masked_form_never_shows_a_digit_of_the_address(input in "[\\PC省市区县0-9a-z]{0,40}") {
        let masked = mask_address(&input);
        prop_assert!(masked.as_str().ends_with("****"));
        prop_assert!(!masked.as_str().chars().any(|c| c.is_ascii_alphanumeric()));
        prop_assert!(mask_name(&input).as_str().chars().filter(|c| *c != '*').count() <= 1);
    }
}

#[test]
fn a_masked_form_is_wiped_as_the_number_is() {
    fn is_wiped<T: zeroize::ZeroizeOnDrop>(_: &T) {}
    let phone = normalize_phone("13800000000").unwrap();
    is_wiped(&phone);
    is_wiped(&mask_phone(&phone));
}

#[test]
fn masked_forms_are_sealed_for_their_place() {
    let vault = vault();
    let key = vault.display_key(TENANT).unwrap();
    let field = Field::new("people", "person-1", "name_masked");
    let masked = mask_name("张三");
    let sealed = key.seal(&field, &masked).unwrap();
    assert_eq!(key.open(&field, &sealed).unwrap(), masked);
    assert_eq!(serde_json::to_string(&masked).unwrap(), "\"张**\"");
    assert_eq!(format!("{masked} {masked:?}"), "张** Masked(..)");
    let moved = Field::new("people", "person-2", "name_masked");
    assert!(key.open(&moved, &sealed).is_err());
    let other = vault.display_key(OTHER_TENANT).unwrap();
    assert!(other.open(&field, &sealed).is_err());
}
