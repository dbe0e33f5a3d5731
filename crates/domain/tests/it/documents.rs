//! The document of rule packs says what every key of a file means, so that none is added without it.

use crate::law::shipped as law;
use aftercare_domain::event::ClaimReason;
use aftercare_domain::pack::{Ask, Effect, EvidenceAsked, RulePack};
use aftercare_domain::rules::Rules;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const DOCUMENT: &str = include_str!("../../../../docs/RULES.md");

/// A sound pack but for what is put into it.
const HEAD: &str = "id = \"told\"\nversion = \"1\"\ntitle_zh = \"题\"\ntitle_en = \"title\"\n[dates]\nnotice = \"first\"\n";

/// Names in code spans.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    let is_of_a_name = |one: char| one.is_ascii_alphanumeric() || one == '_';
    text.split('`')
        .skip(1)
        .step_by(2)
        .flat_map(move |span| span.split(move |one: char| !is_of_a_name(one)))
        .filter(|name| !name.is_empty())
}

/// The cells of each row of the document's tables.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    DOCUMENT
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
}

/// Keys to which a row, or a line of an example with its comment, gives a meaning.
fn described() -> BTreeSet<&'static str> {
    let keys = rows().flat_map(|cells| {
        // What belongs to a key is told in the same row.
        cells.into_iter().flat_map(spans).collect::<Vec<_>>()
    });
    let of_examples = DOCUMENT
        .lines()
        .filter(|line| line.contains(" # "))
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, _)| key);
    keys.chain(of_examples).collect()
}

/// Every key that is read where `nonsense` is none, by what the refusal of it says.
fn keys_beside(nonsense: &str) -> Vec<String> {
    let refused = RulePack::read(nonsense, &law()).unwrap_err();
    let told = &refused[0].en;
    let (_, expected) = told.split_once("expected one of ").expect(told);
    spans(expected.lines().next().unwrap())
        .map(str::to_owned)
        .collect()
}

fn variants<T: serde::de::DeserializeOwned>() -> Vec<String> {
    let refused = serde_json::from_str::<T>("\"nonsense\"").err().unwrap();
    let told = refused.to_string();
    let (_, expected) = told.split_once("expected one of ").unwrap();
    spans(expected).map(str::to_owned).collect()
}

/// Names that a refusal lists with commas.
fn listed(rule: &str) -> BTreeSet<String> {
    let text = format!("{HEAD}[[rule]]\nid = \"r\"\nzh = \"规\"\nen = \"rule\"\n{rule}\n");
    let refused = RulePack::read(&text, &law()).unwrap_err();
    let told = refused
        .iter()
        .find_map(|one| one.en.split_once("there are: "));
    let (_, names) = told.unwrap();
    let names = names.trim_end_matches('.').split(", ");
    names.map(|name| name.trim().to_owned()).collect()
}

#[test]
fn every_key_of_a_pack_is_described() {
    let described = described();
    let mut keys = keys_beside("nonsense = 1");
    keys.extend(keys_beside("[dates]\nnonsense = 1"));
    keys.extend(keys_beside("[[rule]]\nnonsense = 1"));
    keys.extend(keys_beside("[dates]\nnotice = \"nonsense\""));
    let clocks = keys_beside(&format!("{HEAD}[clocks]\nnonsense = \"1 h\"\n"));
    keys.extend(
        clocks
            .iter()
            .map(|key| key.trim_end_matches("_ms").to_owned()),
    );
    // The names of periods stand in the refusal as well, before an example of one.
    let periods = RulePack::read(&format!("{HEAD}[retention]\nnonsense = \"1 d\"\n"), &law());
    let periods = periods.unwrap_err().remove(0).en;
    let (_, periods) = periods.split_once("there are ").unwrap();
    keys.extend(spans(periods).map(str::to_owned));
    keys.extend(variants::<ClaimReason>());
    keys.extend(variants::<Ask>());
    keys.extend(variants::<EvidenceAsked>());
    keys.extend(["by", "cap", "merchant", "reviewer"].map(str::to_owned));
    // What the shipped packs have is every condition and every effect; the refusals list them, too.
    let packs = RulePack::shipped(&law()).unwrap();
    let rules = packs.iter().flat_map(|pack| &pack.rules);
    let (mut conditions, mut effects) = (BTreeSet::new(), BTreeSet::new());
    for rule in rules {
        conditions.extend(rule.when.iter().map(|one| one.name().to_owned()));
        effects.extend(rule.then.iter().map(|one| one.name().to_owned()));
    }
    assert_eq!(listed("when = { nonsense = 1 }"), conditions);
    assert_eq!(listed("then = { nonsense = 1 }"), effects);
    keys.extend(conditions);
    keys.extend(effects);
    assert!(keys.len() > 90, "{}", keys.len());
    let missing: Vec<&String> = keys
        .iter()
        .filter(|key| !described.contains(key.as_str()))
        .collect();
    assert!(missing.is_empty(), "docs/RULES.md is silent on {missing:?}");
}

/// A pack that says what the table says is as one that leaves it out.
#[test]
fn the_clocks_in_the_document_are_the_programs() {
    let mut text = format!("{HEAD}[clocks]\n");
    let mut known = 0;
    for cells in rows().filter(|cells| cells.len() == 3) {
        let names: Vec<&str> = spans(cells[0]).collect();
        let times: Vec<&str> = cells[1].split(", ").collect();
        assert_eq!(names.len(), times.len(), "{cells:?}");
        for (name, time) in names.into_iter().zip(times) {
            let quote = if time.contains(' ') { "\"" } else { "" };
            writeln!(text, "{name} = {quote}{time}{quote}").unwrap();
            known += 1;
        }
    }
    let all = keys_beside(&format!("{HEAD}[clocks]\nnonsense = \"1 h\"\n"));
    assert_eq!(known, all.len() - 2, "all but `id` and `version`");
    let read = RulePack::read(&text, &law()).unwrap();
    let expected = Rules {
        id: "told".to_owned(),
        ..Rules::default()
    };
    assert_eq!(read.clocks, expected);
}

#[test]
fn the_example_of_a_second_reviewer_can_be_read() {
    let (_, rest) = DOCUMENT.split_once("  ```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let pack = RulePack::read(&format!("{HEAD}{example}\n"), &law()).unwrap();
    assert_eq!(pack.rules[0].then, [Effect::SecondReviewer]);
}
