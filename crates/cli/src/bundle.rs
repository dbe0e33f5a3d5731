//! `aftercare bundle`: one case's events with their proofs, for somebody who checks them without us.

use crate::data::{DataArgs, log_key, open_store, open_vault, store_failure};
use crate::decisions::{decisions, in_words};
use crate::failure::{bad_input, bytes_of};
use crate::output::{in_line, say, tell};
use crate::published::{Published, PublishedArgs, is_of};
use crate::stamps::RootsArgs;
use aftercare_app::renewing::renewal_of;
use aftercare_app::restamping::restamps_of;
use aftercare_domain::Timestamp;
use aftercare_domain::evolve::replay;
use aftercare_domain::ids::CaseId;
use aftercare_ledger::limits::MAX_ZIP_BYTES;
use aftercare_ledger::{
    BundleExtras, BundleReport, BundleRestamp, BundleSource, BundleStamp, Hash, ProofFile, Restamp,
    StampReport, VerifierKey, verify_bundle, write_bundle,
};
use aftercare_store::{CasePart, OpenMode, Stamped, Store};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Evidence bundles.
#[derive(Debug, Args)]
pub struct BundleArgs {
    #[command(subcommand)]
    command: BundleCommand,
}

#[derive(Debug, Subcommand)]
enum BundleCommand {
    /// Write a case's events, the salts that open them and their proofs to a zip file, with a Python file that checks it.
    Export {
        /// Id of the case, as `case list` shows it.
        #[arg(value_name = "CASE")]
        case: String,
        #[command(flatten)]
        data: DataArgs,
        #[command(flatten)]
        published: PublishedArgs,
        #[command(flatten)]
        roots: RootsArgs,
        /// The file; one that is there is replaced.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check a bundle; exit 1 at the first thing that is wrong. Needs no data directory.
    Verify {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Verifier key that you trust, of the log or of a witness; may be given several times. Without it the keys of the
        /// bundle are used, which proves nothing against whoever made it.
        #[arg(long, value_name = "KEY")]
        key: Vec<String>,
        #[command(flatten)]
        roots: RootsArgs,
    },
}

/// `bundle`.
///
/// # Errors
/// A case, a directory or a file that cannot be used; a bundle that does not hold is an answer with exit 1.
pub async fn run(args: BundleArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        BundleCommand::Export {
            case,
            data,
            published,
            roots,
            out,
        } => export(&case, &data, published, &roots, &out).await,
        BundleCommand::Verify { file, key, roots } => verify(&file, &key, &roots),
    }
}

async fn export(
    case: &str,
    data: &DataArgs,
    published: PublishedArgs,
    roots: &RootsArgs,
    out: &Path,
) -> anyhow::Result<ExitCode> {
    let roots = roots.roots()?;
    let id: CaseId = case.parse().map_err(|_| {
        bad_input(format!(
            "{case} is not the id of a case: `aftercare case list` shows them"
        ))
    })?;
    let vault = open_vault(&data.data)?;
    let key = log_key(&vault)?.verifier();
    let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
    let gathered = gather(&*store, published, id, &key).await;
    let renewal = renewal_of(&vault, &*store).await;
    store.close().await;
    let renewal = renewal.map_err(anyhow::Error::msg)?;
    let renewal = renewal.map(|renewal| renewal.open()).transpose()?;
    let Gathered {
        events,
        stamp,
        shredded,
        ended,
    } = gathered?;
    let extras = BundleExtras {
        stamp: stamp.map(|(answer, again)| BundleStamp {
            answer,
            roots,
            again,
        }),
        shredded: shredded.map(|at| at.to_string()),
        ended,
        renewed: renewal.map(|(renewal, _)| {
            format!(
                "{} until entry {}, {}, reason {}",
                renewal.old,
                renewal.kept.size,
                renewal.witnessed.map_or_else(
                    || "last witnessed state not known".to_owned(),
                    |witnessed| format!("last witnessed with {} entries", witnessed.size)
                ),
                renewal.reason.name()
            )
        }),
    };
    let zip = write_bundle(
        &id.to_string(),
        &events,
        std::slice::from_ref(&key),
        &extras,
    )?;
    if let Some(at) = &extras.shredded {
        say(&format!(
            "shredded: the personal data of this case was destroyed at {at}; the proofs hold"
        ));
    }
    if let Some(ended) = &extras.ended {
        say(&format!("ended by rule: {ended}; the proofs hold"));
    }
    std::fs::write(out, &zip)
        .map_err(|error| bad_input(format!("--out {}: {error}", out.display())))?;
    say(&format!(
        "wrote {} events of case {id} to {}",
        events.len(),
        out.display()
    ));
    say(&format!(
        "the key of the log, to be given apart from the file: {key}"
    ));
    Ok(ExitCode::SUCCESS)
}

/// What a bundle is made of.
struct Gathered {
    events: Vec<BundleSource>,
    /// What an authority answered, and the later answers that vouch for it.
    stamp: Option<(Vec<u8>, Vec<BundleRestamp>)>,
    /// When the claimant's data was destroyed.
    shredded: Option<Timestamp>,
    /// What ended by the rules, and when, in words.
    ended: Option<String>,
}

async fn gather(
    store: &dyn Store,
    published: PublishedArgs,
    case: CaseId,
    key: &VerifierKey,
) -> anyhow::Result<Gathered> {
    let history = store.load_case(case).await.map_err(store_failure)?;
    let last = history
        .last()
        .ok_or_else(|| {
            bad_input(format!(
                "there is no case {case}: `aftercare case list` shows them"
            ))
        })?
        .seq;
    let (checkpoint, cosigned) = match published.of(store, key).await? {
        Some(Published {
            checkpoint,
            cosigned,
        }) if checkpoint.size >= last => (checkpoint, cosigned),
        Some(Published { cosigned: true, .. }) => {
            return Err(bad_input(
                "the latest events of this case are not cosigned yet: wait for the witnesses, or export what the log alone has signed with --uncosigned",
            ));
        }
        _ => {
            return Err(bad_input(
                "the latest events of this case are not signed yet: start the server, it signs every second",
            ));
        }
    };
    // The first timestamp over these events bounds their time best. One of a state that witnesses had not cosigned yet is
    // passed over where there are witnesses.
    let mut stamped = store.stamped_over(last).await.map_err(store_failure)?;
    // Those from before a renewal are over what another key has signed.
    while let Some(of_another) = stamped
        .as_ref()
        .filter(|stamped| !is_of(&stamped.checkpoint.note, key))
    {
        let next = of_another.checkpoint.size + 1;
        stamped = store.stamped_over(next).await.map_err(store_failure)?;
    }
    let seen_by_witnesses =
        |stamped: &Stamped| !cosigned || stamped.checkpoint.note.matches("\n\u{2014} ").count() > 1;
    let (checkpoint, stamp) = match stamped.filter(seen_by_witnesses) {
        Some(stamped) => {
            let fits =
                |later: &Stamped| is_of(&later.checkpoint.note, key) && seen_by_witnesses(later);
            let again = restamps_of(store, &stamped, fits)
                .await
                .map_err(store_failure)?;
            (stamped.checkpoint, Some((stamped.answer, again)))
        }
        None => (checkpoint, None),
    };
    let state = replay(history.iter().map(|stored| &stored.event));
    let shredded = match &state.opened {
        Some(opened) => store.person(opened.claimant).await.map_err(store_failure)?,
        None => None,
    }
    .and_then(|person| person.shredded_at);
    let ends = store.case_ends(case).await.map_err(store_failure)?;
    // For whom it can be opened is no matter of whoever has the bundle.
    let is_gone = |part: &str| part == CasePart::Photos.name() || part == CasePart::Texts.name();
    let ends: Vec<String> = ends
        .iter()
        .filter(|end| is_gone(&end.part))
        .map(|end| format!("{} {}", end.part, end.ended_at))
        .collect();
    let mut events = Vec::new();
    for event in history {
        let stored = store
            .range(event.seq, 1)
            .await?
            .into_iter()
            .next()
            .filter(|stored| stored.seq == event.seq)
            .with_context(|| format!("event {} is gone: run `aftercare log verify`", event.seq))?;
        let proof = store.inclusion_proof(stored.seq, checkpoint.size).await?;
        events.push(BundleSource {
            seq: stored.seq,
            version: stored.version,
            committed: stored.committed(),
            salt: stored.salt,
            proof: ProofFile {
                extra: None,
                index: event.seq - 1,
                proof: proof.into_iter().map(Hash).collect(),
                checkpoint: checkpoint.note.clone(),
            },
        });
    }
    Ok(Gathered {
        events,
        stamp,
        shredded,
        ended: (!ends.is_empty()).then(|| ends.join(", ")),
    })
}

fn verify(file: &Path, keys: &[String], roots: &RootsArgs) -> anyhow::Result<ExitCode> {
    let roots = roots.roots()?;
    let keys: Vec<VerifierKey> = keys
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|error| bad_input(format!("--key {text}: {error}")))
        })
        .collect::<anyhow::Result<_>>()?;
    let zip = bytes_of(file, u64::try_from(MAX_ZIP_BYTES)?.saturating_mul(2))?;
    let given = (!keys.is_empty()).then_some(keys.as_slice());
    match verify_bundle(&zip, given, roots.as_ref()) {
        Ok(report) => {
            let found = match decisions(&report) {
                Ok(found) => found,
                Err(unfounded) => {
                    tell(&format!("aftercare: NOT verified: {unfounded}"));
                    return Ok(ExitCode::FAILURE);
                }
            };
            if given.is_none() {
                tell(
                    "aftercare: no --key was given, so the keys of the bundle itself were used: compare its keys.txt with the key that you got elsewhere",
                );
            }
            let witnesses = if report.witnesses.is_empty() {
                "no witness".to_owned()
            } else {
                report.witnesses.join(", ")
            };
            say(&format!(
                "verified {} events of case {} in a log of {} entries; cosigned by {witnesses}",
                report.events, report.case, report.size
            ));
            say(&in_words(found));
            if let Some(at) = &report.shredded {
                say(&format!(
                    "shredded: whoever made it says that the personal data was destroyed at {}; what is sealed in it can never be opened",
                    in_line(at)
                ));
            }
            if let Some(ended) = &report.ended {
                say(&format!(
                    "ended by rule: whoever made it says that {} ended; texts that are sealed in it can never be opened, photos are no longer kept",
                    in_line(ended)
                ));
            }
            if let Some(from) = &report.renewed {
                say(&format!(
                    "renewed: whoever made it says that this log goes on from {}",
                    in_line(from)
                ));
            }
            match &report.stamp {
                StampReport::Missing if roots.is_some() => {
                    tell("aftercare: there is no timestamp in it");
                }
                StampReport::Missing => {}
                StampReport::NotChecked => tell(
                    "aftercare: its timestamp was not checked: give --timestamp-roots with the root of the authority",
                ),
                StampReport::Holds(said) => say_stamped(said, &report),
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            tell(&format!("aftercare: NOT verified: {error}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Says when an authority saw the log, which later timestamps vouch for that, and until when it counts.
fn say_stamped(first: &aftercare_ledger::Timestamp, report: &BundleReport) {
    say(&format!(
        "the log stood so before {} by {}, policy {}",
        Timestamp(first.at_ms),
        first.authority,
        first.policy
    ));
    let mut until = first.until_ms;
    for restamp in &report.restamps {
        match restamp {
            Restamp::InTime(said) => {
                say(&format!(
                    "that timestamp was kept before {} by {}, policy {}",
                    Timestamp(said.at_ms),
                    said.authority,
                    said.policy
                ));
                until = said.until_ms;
            }
            Restamp::TooLate(said) => tell(&format!(
                "aftercare: the timestamp of {} by {} vouches for nothing before it: the certificates there had ended at {}",
                Timestamp(said.at_ms),
                said.authority,
                Timestamp(until)
            )),
            Restamp::NotTrusted => {
                tell("aftercare: none of the roots that you gave stands behind a later timestamp")
            }
            Restamp::NotChecked => {}
        }
    }
    say(&format!(
        "its certificates end at {}: later only a timestamp from before then vouches for it",
        Timestamp(until)
    ));
}
