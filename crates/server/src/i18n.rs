//! The words of the pages in Chinese and English, from Fluent files that are compiled in.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

const ZH_CN: &str = include_str!("../locales/zh-CN/main.ftl");
const EN: &str = include_str!("../locales/en/main.ftl");

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Simplified Chinese: what is used when nothing else was asked for.
    #[default]
    ZhCn,
    /// English.
    En,
}

impl Lang {
    /// The language tag, as in `html[lang]`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::En => "en",
        }
    }

    /// The other language, for the switch.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::ZhCn => Self::En,
            Self::En => Self::ZhCn,
        }
    }

    /// Reads a tag such as `zh`, `zh-CN` or `en-GB`; nothing for another language.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") {
            Some(Self::ZhCn)
        } else if language.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// The first language of an `Accept-Language` header that there are pages in, by its weights.
    #[must_use]
    pub fn from_accept_language(header: &str) -> Self {
        let mut best: Option<(f32, Self)> = None;
        for part in header.split(',') {
            let mut pieces = part.split(';');
            let Some(lang) = pieces.next().map(str::trim).and_then(Self::from_tag) else {
                continue;
            };
            let weight = pieces
                .find_map(|piece| piece.trim().strip_prefix("q="))
                .and_then(|text| text.parse::<f32>().ok())
                .unwrap_or(1.0);
            if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, lang));
            }
        }
        best.map_or_else(Self::default, |(_, lang)| lang)
    }

    /// `zh` on a Chinese page, `en` on an English one.
    #[must_use]
    pub const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::ZhCn => zh,
            Self::En => en,
        }
    }
}

static ZH_BUNDLE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("zh-CN", ZH_CN));
static EN_BUNDLE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle("en", EN));

fn bundle(tag: &str, text: &str) -> FluentBundle<FluentResource> {
    let language: LanguageIdentifier = tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Pages are in one direction; the marks would only end up in copied text.
    bundle.set_use_isolating(false);
    // Lines that do not parse are left out here; a test refuses them.
    let resource = match FluentResource::try_new(text.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    bundle.add_resource_overriding(resource);
    bundle
}

fn bundle_of(lang: Lang) -> &'static FluentBundle<FluentResource> {
    match lang {
        Lang::ZhCn => &ZH_BUNDLE,
        Lang::En => &EN_BUNDLE,
    }
}

/// The words of `key`, or nothing when the files do not have it.
#[must_use]
pub fn find(lang: Lang, key: &str, args: &[(&str, String)]) -> Option<String> {
    let bundle = bundle_of(lang);
    let pattern = bundle.get_message(key)?.value()?;
    let mut fluent_args = FluentArgs::new();
    for (name, value) in args {
        fluent_args.set(name.to_owned(), FluentValue::from(value.as_str()));
    }
    let mut errors = Vec::new();
    Some(
        bundle
            .format_pattern(pattern, Some(&fluent_args), &mut errors)
            .into_owned(),
    )
}

/// The words of `key`; the key itself when it is missing, which a test rules out.
#[must_use]
pub fn t(lang: Lang, key: &str) -> String {
    t1(lang, key, &[])
}

/// The words of `key` with values put in.
#[must_use]
pub fn t1(lang: Lang, key: &str, args: &[(&str, String)]) -> String {
    find(lang, key, args).unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    fn keys(text: &str) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for line in text.lines() {
            if let Some((key, _)) = line.split_once(" =")
                && key.starts_with(|first: char| first.is_ascii_lowercase())
            {
                assert!(keys.insert(key.to_owned()), "{key} stands twice");
            }
        }
        keys
    }

    fn files(folder: &Path, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                files(&path, into);
            } else {
                into.push(std::fs::read_to_string(&path).expect("text"));
            }
        }
    }

    /// Keys in calls such as `t("key")` and `t1("key", …)`.
    fn used(text: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for call in [".t(\"", ".t1(\"", ".t2(\""] {
            for (at, _) in text.match_indices(call) {
                let rest = &text[at + call.len()..];
                if let Some((key, _)) = rest.split_once('"') {
                    found.insert(key.to_owned());
                }
            }
        }
        found
    }

    #[test]
    fn both_files_parse_and_have_the_same_keys() {
        for text in [ZH_CN, EN] {
            let errors = FluentResource::try_new(text.to_owned())
                .err()
                .map(|(_, errors)| errors);
            assert_eq!(errors, None);
        }
        let (zh, en) = (keys(ZH_CN), keys(EN));
        let only_zh: Vec<_> = zh.difference(&en).collect();
        let only_en: Vec<_> = en.difference(&zh).collect();
        assert!(
            only_zh.is_empty() && only_en.is_empty(),
            "zh only {only_zh:?}, en only {only_en:?}"
        );
    }

    #[test]
    fn every_key_that_is_used_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = Vec::new();
        files(&root.join("templates"), &mut texts);
        files(&root.join("src/pages"), &mut texts);
        let known = keys(ZH_CN);
        let used: BTreeSet<String> = texts.iter().flat_map(|text| used(text)).collect();
        let missing: Vec<_> = used.difference(&known).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(used.len() > 100, "the search for keys no longer finds them");
    }

    #[test]
    fn every_key_is_used_or_belongs_to_a_list() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = Vec::new();
        files(&root.join("templates"), &mut texts);
        files(&root.join("src/pages"), &mut texts);
        files(&root.join("src/handlers"), &mut texts);
        let all = texts.concat();
        let unused: Vec<String> = keys(ZH_CN)
            .into_iter()
            .filter(|key| {
                !crate::pages::words::LISTS
                    .iter()
                    .any(|list| key.starts_with(&format!("{list}-")))
            })
            .filter(|key| !all.contains(&format!("\"{key}\"")))
            .collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    #[test]
    fn the_language_is_read_from_the_header() {
        assert_eq!(Lang::from_accept_language("en-GB,en;q=0.9"), Lang::En);
        assert_eq!(
            Lang::from_accept_language("fr,en;q=0.3,zh;q=0.8"),
            Lang::ZhCn
        );
        assert_eq!(Lang::from_accept_language("fr"), Lang::ZhCn);
        assert_eq!(Lang::from_accept_language("en;q=0,zh;q=0.1"), Lang::ZhCn);
    }
}
