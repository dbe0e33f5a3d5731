//! The document names everything that can be found, so that no rule or kind is added without it.

use aftercare_labels::{Rule, trace};

const DOCUMENT: &str = include_str!("../../../../docs/LABELS.md");

#[test]
fn every_rule_and_every_kind_of_trace_is_documented() {
    let named = |name: &str| DOCUMENT.contains(&format!("`{name}`"));
    for rule in Rule::ALL {
        assert!(
            rule == Rule::ImplicitLabel || named(rule.id()),
            "{}",
            rule.id()
        );
        let row = DOCUMENT
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` |", rule.id())));
        let breaks = row.is_some_and(|row| row.contains("| yes |"));
        assert_eq!(breaks, rule.is_violation(), "{}", rule.id());
    }
    for kind in trace::kinds() {
        assert!(named(kind), "{kind}");
    }
}
