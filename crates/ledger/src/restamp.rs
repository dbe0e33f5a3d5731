//! A token of an authority counts as long as nobody could have forged it: until the certificates behind it end, or what they
//! are made of is broken. Before that the log says which tokens it keeps (`timestamps_renewed.v1`: the RFC 6962 root over the
//! answers, byte for byte), so that every later token over the log vouches for them as well, as a chain of archive
//! timestamps does (RFC 4998, 5.2). A link of that chain leads from one token to a later one.

use crate::bundle::{text, wrong};
use crate::{
    Hash, LedgerError, ProofFile, Timestamp, TimestampRefused, TimestampRoots, VerifierKey,
    event_leaf, leaf_hash, stamped, stamps, verify_inclusion,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The event that says which tokens a log keeps.
const RENEWED: &str = "timestamps_renewed.v1";

/// A later token that vouches for an earlier one, as it goes into a bundle.
#[derive(Debug, Clone)]
pub struct BundleRestamp {
    /// Place in the log, from 1, of the event that says which tokens are kept.
    pub seq: u64,
    /// The bytes that its leaf commits to.
    pub committed: Vec<u8>,
    /// The salt of the commitment.
    pub salt: [u8; 32],
    /// The proof that the leaf is in the log that the later token stamps.
    pub proof: ProofFile,
    /// Place of the earlier token among those that are kept, from 0.
    pub index: u64,
    /// The way from it to their root.
    pub path: Vec<Hash>,
    /// The later token (RFC 3161 `TimeStampResp`).
    pub answer: Vec<u8>,
}

/// What a manifest says of such a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleLink {
    /// Place in the log, from 1.
    pub seq: u64,
    /// The file with the bytes that the leaf commits to.
    pub file: String,
    /// The file with the proof.
    pub proof: String,
    /// The salt, 32 bytes in hexadecimal.
    pub salt: Hash,
    /// Place of the earlier token among those that are kept, from 0.
    pub index: u64,
    /// The way from it to their root, each step 32 bytes in hexadecimal.
    pub path: Vec<Hash>,
    /// The file with the checkpoint that the later token stamps.
    pub checkpoint: String,
    /// The file with the later token.
    pub token: String,
}

/// What is known of a later token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restamp {
    /// It vouches for the one before it, whose certificates had not ended.
    InTime(Timestamp),
    /// The certificates behind the one before it had ended: it vouches for nothing.
    TooLate(Timestamp),
    /// None of the roots that the reader believes stands behind it.
    NotTrusted,
    /// Nobody said whom to believe, or the one before it does not count.
    NotChecked,
}

/// The name of a file of a link; whoever checks tokens with other tools finds them by it.
fn named(number: usize, kind: &str) -> String {
    format!("restamps/{number:04}.{kind}")
}

/// Puts the files of a link into a bundle and answers what the manifest says of it.
pub(crate) fn put(
    files: &mut BTreeMap<String, Vec<u8>>,
    number: usize,
    link: &BundleRestamp,
) -> BundleLink {
    let named = |kind: &str| named(number, kind);
    let said = BundleLink {
        seq: link.seq,
        file: named("event"),
        proof: named("tlog-proof"),
        salt: Hash(link.salt),
        index: link.index,
        path: link.path.clone(),
        checkpoint: named("checkpoint"),
        token: named("tsr"),
    };
    files.insert(said.file.clone(), link.committed.clone());
    files.insert(said.proof.clone(), link.proof.to_string().into_bytes());
    let note = link.proof.checkpoint.clone().into_bytes();
    files.insert(said.checkpoint.clone(), note);
    files.insert(said.token.clone(), link.answer.clone());
    said
}

/// How many later tokens there are, whether or not the manifest names them.
pub(crate) fn tokens(files: &BTreeMap<String, Vec<u8>>) -> usize {
    let is_token = |name: &&String| name.starts_with("restamps/") && name.ends_with(".tsr");
    files.keys().filter(is_token).count()
}

/// Which tokens an event says are kept: how many, and the root over them.
fn kept(stored: &[u8]) -> Option<(u64, Hash)> {
    #[derive(Deserialize)]
    struct Stored {
        body: Body,
    }
    #[derive(Deserialize)]
    struct Body {
        r#type: String,
        tokens: u64,
        root: Hash,
    }
    let line = stored.iter().position(|byte| *byte == b'\n')?;
    let event: Stored = serde_json::from_slice(&stored[line + 1..]).ok()?;
    (event.body.r#type == RENEWED).then_some((event.body.tokens, event.body.root))
}

/// Follows the links from the first token of a bundle, and says of each later one whether it vouches for the one before it.
/// `first` is what was found of the first one, where the reader believes somebody.
pub(crate) fn follow(
    files: &BTreeMap<String, Vec<u8>>,
    links: &[BundleLink],
    answer: &[u8],
    first: Option<&Timestamp>,
    keys: &[VerifierKey],
    roots: Option<&TimestampRoots>,
) -> Result<Vec<Restamp>, LedgerError> {
    let (mut answer, mut before) = (answer, first.cloned());
    let mut found = Vec::with_capacity(links.len());
    for (link, number) in links.iter().zip(1..) {
        let what = |why: &str| wrong(format!("the later timestamp {}: {why}", link.token));
        // Tools of others are given these names: no other file may be meant.
        if link.token != named(number, "tsr") || link.checkpoint != named(number, "checkpoint") {
            return Err(what("its files have other names than an export gives them"));
        }
        let file = |name: &str| {
            let bytes = files.get(name).map(Vec::as_slice);
            bytes.ok_or_else(|| what(&format!("{name} is missing")))
        };
        let stored = file(&link.file)?;
        let proof: ProofFile = text(files, &link.proof)?.parse()?;
        if Some(proof.index) != link.seq.checked_sub(1) {
            return Err(what("its event stands elsewhere in the log"));
        }
        proof.verify(&event_leaf(link.salt.as_bytes(), stored), keys)?;
        let (tokens, root) =
            kept(stored).ok_or_else(|| what("its event does not say which timestamps are kept"))?;
        verify_inclusion(&leaf_hash(answer), link.index, tokens, &link.path, &root)
            .map_err(|_| what("its event does not keep the timestamp before it"))?;
        if text(files, &link.checkpoint)? != proof.checkpoint {
            return Err(what("it stamps another checkpoint than its proof leads to"));
        }
        let note = proof.checkpoint.as_bytes();
        answer = file(&link.token)?;
        let refused = |why: TimestampRefused| what(&why.to_string());
        let (restamp, holds) = match (roots, before) {
            (Some(roots), Some(earlier)) => match stamped(answer, note, roots) {
                Ok(said) if (earlier.at_ms..=earlier.until_ms).contains(&said.at_ms) => {
                    (Restamp::InTime(said.clone()), Some(said))
                }
                Ok(said) => (Restamp::TooLate(said), None),
                Err(TimestampRefused::NotTrusted) => (Restamp::NotTrusted, None),
                Err(why) => return Err(refused(why)),
            },
            _ => {
                stamps(answer, note).map_err(refused)?;
                (Restamp::NotChecked, None)
            }
        };
        found.push(restamp);
        before = holds;
    }
    Ok(found)
}
