//! What a second, independent reader of manifests says about two of the four questions, held against our own answer.
//!
//! The reader is c2pa-rs, and only builds with the feature `full` have it; what is said about it is in every build, because
//! a record that one of them made is read by all. Where the two contradict each other, the answer is "not certain", and it
//! is told who said what. It runs in the child process that reads marks and nowhere else, on formats whose manifests our own
//! reader reads: never on TIFF. It is built without a network, and told besides to fetch nothing.

use serde::{Deserialize, Serialize};

#[cfg(any(feature = "full", test))]
use super::{Binding, Credentials, Integrity};

/// How the two readers' answers to one question stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    Same,
    /// Ours finds it intact, c2pa-rs does not.
    OnlyOwnIntact,
    /// c2pa-rs finds it intact, ours does not.
    OnlySecondIntact,
    /// One of the two gave no answer.
    NotCompared,
}

#[cfg(any(feature = "full", test))]
impl Compared {
    const fn of(own: Option<bool>, second: Option<bool>) -> Self {
        match (own, second) {
            (Some(true), Some(false)) => Self::OnlyOwnIntact,
            (Some(false), Some(true)) => Self::OnlySecondIntact,
            (Some(_), Some(_)) => Self::Same,
            _ => Self::NotCompared,
        }
    }

    const fn is_contradiction(self) -> bool {
        matches!(self, Self::OnlyOwnIntact | Self::OnlySecondIntact)
    }
}

/// The second reader beside our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    pub binding: Compared,
    pub integrity: Compared,
}

impl Second {
    /// What is told about both questions, in English and in Chinese.
    pub(super) const fn sentences(self) -> [(&'static str, &'static str); 2] {
        let content = match self.binding {
            Compared::Same => (
                "a second reader (c2pa-rs) finds the same of the content",
                "第二个读取程序（c2pa-rs）对文件内容的结论相同",
            ),
            Compared::OnlyOwnIntact => (
                "our own reader finds the content as it was signed; the second one (c2pa-rs) finds that it differs",
                "本系统的读取程序认为内容与签名时一致；第二个读取程序（c2pa-rs）认为不一致",
            ),
            Compared::OnlySecondIntact => (
                "our own reader finds that the content differs from what was signed; the second one (c2pa-rs) finds it as it was",
                "本系统的读取程序认为内容与签名时不一致；第二个读取程序（c2pa-rs）认为一致",
            ),
            Compared::NotCompared => (
                "of the content, there is no answer of two readers that could be compared",
                "文件内容未能由两个读取程序相互核对",
            ),
        };
        let manifest = match self.integrity {
            Compared::Same => (
                "a second reader (c2pa-rs) finds the same of the manifest and its signature",
                "第二个读取程序（c2pa-rs）对清单及其签名的结论相同",
            ),
            Compared::OnlyOwnIntact => (
                "our own reader finds the manifest as its signer signed it; the second one (c2pa-rs) does not",
                "本系统的读取程序认为清单与签名时一致；第二个读取程序（c2pa-rs）认为不一致",
            ),
            Compared::OnlySecondIntact => (
                "our own reader does not find the manifest as its signer signed it; the second one (c2pa-rs) does",
                "本系统的读取程序认为清单与签名时不一致；第二个读取程序（c2pa-rs）认为一致",
            ),
            Compared::NotCompared => (
                "of the manifest and its signature, there is no answer of two readers that could be compared",
                "清单及其签名未能由两个读取程序相互核对",
            ),
        };
        [content, manifest]
    }
}

/// What the second reader says; `None` where it gives no answer.
#[cfg(any(feature = "full", test))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Heard {
    /// Whether the content is what was signed.
    content: Option<bool>,
    /// Whether the manifest is what its signer signed.
    manifest: Option<bool>,
}

#[cfg(any(feature = "full", test))]
impl Credentials {
    /// Holds the answers against those of the second reader.
    fn compare(&mut self, heard: Heard) {
        let content = match self.binding {
            Binding::Intact | Binding::IntactInPart => Some(true),
            Binding::Changed => Some(false),
            _ => None,
        };
        let manifest = match self.integrity {
            Integrity::Intact => Some(true),
            Integrity::StatementsChanged | Integrity::Mismatch => Some(false),
            _ => None,
        };
        let second = Second {
            binding: Compared::of(content, heard.content),
            integrity: Compared::of(manifest, heard.manifest),
        };
        if second.binding.is_contradiction() {
            self.binding = Binding::NotCertain;
        }
        if second.integrity.is_contradiction() {
            self.integrity = Integrity::NotCertain;
        }
        self.second = Some(second);
    }
}

/// Asks c2pa-rs about the manifest of `file`, and compares. It is not asked about a format that is not on its list here.
#[cfg(feature = "full")]
pub(crate) fn ask(
    credentials: &mut Credentials,
    container: crate::container::Container,
    file: &[u8],
) {
    if let Some(name) = reader::name(container) {
        credentials.compare(reader::hear(name, file).unwrap_or_default());
    }
}

/// c2pa-rs, kept to what is asked of it.
#[cfg(feature = "full")]
mod reader {
    use std::io::Cursor;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use c2pa::validation_results::validation_codes as code;
    use c2pa::{Context, Reader};

    use super::Heard;
    use crate::container::Container;

    /// Nothing is fetched, nobody is trusted here (that is our own list's part), statements about persons are left alone,
    /// and nothing goes to the disk: the process may not write there.
    const SETTINGS: &str = r#"{
        "core": {
            "allowed_network_hosts": [],
            "decode_identity_assertions": false,
            "backing_store_memory_threshold_in_mb": 512,
            "max_decompressed_manifest_size_in_mb": 8
        },
        "verify": {
            "verify_trust": false,
            "verify_timestamp_trust": false,
            "ocsp_fetch": false,
            "remote_manifest_fetch": false
        }
    }"#;

    /// Found only where the content differs from what was signed.
    const CONTENT_CHANGED: [&str; 3] = [
        code::ASSERTION_DATAHASH_MISMATCH,
        code::ASSERTION_BMFFHASH_MISMATCH,
        code::ASSERTION_BOXHASH_MISMATCH,
    ];
    const CONTENT_INTACT: [&str; 3] = [
        code::ASSERTION_DATAHASH_MATCH,
        code::ASSERTION_BMFFHASH_MATCH,
        code::ASSERTION_BOXHASH_MATCH,
    ];
    /// Found only where the manifest differs from what was signed.
    const MANIFEST_CHANGED: [&str; 3] = [
        code::CLAIM_SIGNATURE_MISMATCH,
        code::ASSERTION_HASHEDURI_MISMATCH,
        code::ASSERTION_MISSING,
    ];

    /// What c2pa-rs calls a format; only those whose manifests our own reader reads too, and TIFF is none of them.
    pub(super) const fn name(container: Container) -> Option<&'static str> {
        Some(match container {
            Container::Jpeg => "image/jpeg",
            Container::Png => "image/png",
            Container::WebP => "image/webp",
            Container::Heic => "image/heic",
            Container::Avif => "image/avif",
            Container::JpegXl => "image/jxl",
            Container::Mp4 => "video/mp4",
            Container::Wav => "audio/wav",
            Container::Avi => "video/avi",
            _ => return None,
        })
    }

    /// `None` where it gives up.
    pub(super) fn hear(name: &str, file: &[u8]) -> Option<Heard> {
        // What it stumbles over is its affair: our own answers stand.
        let read = catch_unwind(AssertUnwindSafe(|| {
            let context = Context::new().with_settings(SETTINGS).ok()?;
            let reader = Reader::from_context(context);
            reader.with_stream(name, Cursor::new(file)).ok()
        }));
        let reader = read.ok()??;
        let found = reader.validation_results()?.active_manifest()?;
        let fails = |codes: &[&str]| {
            let mut failures = found.failure().iter();
            failures.any(|status| codes.contains(&status.code()))
        };
        let holds = |codes: &[&str]| {
            let mut successes = found.success().iter();
            successes.any(|status| codes.contains(&status.code()))
        };
        let answer = |changed: &[&str], intact: &[&str]| match (fails(changed), holds(intact)) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        };
        Some(Heard {
            content: answer(&CONTENT_CHANGED, &CONTENT_INTACT),
            manifest: answer(&MANIFEST_CHANGED, &[code::CLAIM_SIGNATURE_VALIDATED]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(binding: Binding, integrity: Integrity) -> Credentials {
        Credentials {
            binding,
            integrity,
            ..Credentials::unread(0)
        }
    }

    #[test]
    fn a_contradiction_is_not_certain_and_both_readers_are_named() {
        let intact = Heard {
            content: Some(true),
            manifest: Some(true),
        };
        let changed = Heard {
            content: Some(false),
            manifest: Some(false),
        };
        for (mut one, heard, compared) in [
            (
                own(Binding::Intact, Integrity::Intact),
                changed,
                Compared::OnlyOwnIntact,
            ),
            (
                own(Binding::Changed, Integrity::Mismatch),
                intact,
                Compared::OnlySecondIntact,
            ),
        ] {
            one.compare(heard);
            assert_eq!(
                (one.binding, one.integrity),
                (Binding::NotCertain, Integrity::NotCertain)
            );
            let second = one.second.unwrap();
            assert_eq!((second.binding, second.integrity), (compared, compared));
            let told: Vec<_> = one.sentences().into_iter().collect();
            let told: Vec<_> = told.iter().filter(|(name, ..)| *name == "second").collect();
            assert_eq!(told.len(), 2);
            for (_, en, zh) in told {
                assert!(
                    en.contains("our own reader") && en.contains("c2pa-rs"),
                    "{en}"
                );
                assert!(
                    zh.contains("本系统的读取程序") && zh.contains("c2pa-rs"),
                    "{zh}"
                );
                assert!(!en.contains("forged") && !zh.contains("伪造"));
            }
        }
    }

    #[test]
    fn agreement_and_silence_change_no_answer() {
        let before = own(Binding::IntactInPart, Integrity::StatementsChanged);
        for (heard, compared) in [
            (
                Heard {
                    content: Some(true),
                    manifest: Some(false),
                },
                Compared::Same,
            ),
            (Heard::default(), Compared::NotCompared),
        ] {
            let mut one = before.clone();
            one.compare(heard);
            assert_eq!(
                (one.binding, one.integrity),
                (before.binding, before.integrity)
            );
            let second = one.second.unwrap();
            assert_eq!((second.binding, second.integrity), (compared, compared));
        }
    }
}
