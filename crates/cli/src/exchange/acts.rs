//! What a member does on the list: join it, publish, appeal, answer, decide, vote. Each act is on the disk before it is sent,
//! is sent the same however often, and is done when its receipt is there.

use super::dossier::Dossier;
use super::limits::MEMBER_FILE_BYTES_MAX;
use super::member::{Fared, Member, NetworkArgs, OperatorSettings, Remote, Unreached};
use super::now_s;
use super::own::{Own, OwnArgs};
use super::photo::{PhotoReader, Seen, read_fingerprint};
use crate::failure::{bad_input, bytes_of};
use crate::records::say;
use aftercare_exchange::{GroupId, Item, MemberId, Nearness, Question, Replica, Seat, Tag, What};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make a member's folder and key, and name the exchange that it reads.
///
/// First without --url: it makes the key and prints the member's seat, which the founders give to `exchange serve --found`, or
/// which the members vote for (`exchange vote admit`). Then with --url and --log.
#[derive(Debug, Args)]
pub struct JoinArgs {
    /// Folder of the member; made, with a new key, if it is not there. Keep the key in it secret.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Number of the member, a legal entity.
    #[arg(long, value_name = "N")]
    member: u16,
    /// Number of its group: all members with one beneficial owner are one group.
    #[arg(long, value_name = "N")]
    group: u16,
    /// Where the operator is.
    #[arg(long, value_name = "URL", requires = "log")]
    url: Option<String>,
    /// The key of the list, from its operator, not from this address.
    #[arg(long, value_name = "KEY", requires = "url")]
    log: Option<String>,
    /// Key of a witness; may be given several times.
    #[arg(long = "witness", value_name = "KEY", requires = "url")]
    witnesses: Vec<String>,
    /// How many of the witnesses must have seen every state of the list.
    #[arg(long, value_name = "N", default_value_t = 0)]
    quorum: usize,
}

/// The folder, the network and the form of the answer of a command that acts.
#[derive(Debug, Args)]
pub struct ActArgs {
    /// Folder of the member.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    network: NetworkArgs,
    /// One JSON object: `state` (entered, waiting or refused), and with it `item` and `number`, or `rule` and `why`.
    #[arg(long)]
    json: bool,
}

/// Publish what is shared of a photo that was judged forged.
///
/// DOSSIER.json has the steps that went before, with times in seconds since 1970: the final decision of a human, the looks of
/// two people who confirm that the photo shows no face, document, address or home, the notice, and replies with what somebody
/// made of them. They are carried out by the rules, and nothing is published that these refuse; the names in it go nowhere.
/// See docs/EXCHANGE.md.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The steps before the publication.
    #[arg(value_name = "DOSSIER.json")]
    dossier: PathBuf,
    /// The photo. It is read here, and does not leave this machine.
    #[arg(long, value_name = "PHOTO", required_unless_present = "fingerprint")]
    photo: Option<PathBuf>,
    /// What `exchange fingerprint` wrote of the photo, instead.
    #[arg(long, value_name = "FILE", conflicts_with = "photo")]
    fingerprint: Option<PathBuf>,
    #[command(flatten)]
    own: OwnArgs,
    #[command(flatten)]
    act: ActArgs,
}

/// Dispute an item: for whoever sent the photo, or because it resembles photos of this member. It is frozen for all members at
/// once; its publisher has 72 hours to answer, and silence withdraws it.
#[derive(Debug, Args)]
pub struct AppealArgs {
    /// The item, by its place in the list, as `exchange match` and `exchange ask` say it.
    #[arg(value_name = "ITEM")]
    item: u64,
    #[command(flatten)]
    act: ActArgs,
}

/// Answer a dispute of an own item: keep to it, so that another group decides within 30 days, or let it go.
#[derive(Debug, Args)]
pub struct AnswerArgs {
    /// The item.
    #[arg(value_name = "ITEM")]
    item: u64,
    #[command(flatten)]
    verdict: AnswerVerdict,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct AnswerVerdict {
    /// It stands.
    #[arg(long)]
    stands: bool,
    /// It was wrong.
    #[arg(long)]
    wrong: bool,
    /// It is taken back, and nothing is said about whether it was wrong.
    #[arg(long)]
    withdraw: bool,
}

/// Decide about a disputed item of another group.
#[derive(Debug, Args)]
pub struct DecideArgs {
    /// The item.
    #[arg(value_name = "ITEM")]
    item: u64,
    #[command(flatten)]
    verdict: DecideVerdict,
    #[command(flatten)]
    act: ActArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct DecideVerdict {
    /// It was right, and counts again.
    #[arg(long)]
    stands: bool,
    /// It was wrong.
    #[arg(long)]
    wrong: bool,
}

/// Vote for this member's group about who is a member. Two thirds of the groups decide.
#[derive(Debug, Args)]
pub struct VoteArgs {
    #[command(subcommand)]
    about: VoteAbout,
}

#[derive(Debug, Subcommand)]
enum VoteAbout {
    /// Whether somebody becomes a member.
    Admit {
        /// The seat, as `exchange join` printed it.
        #[arg(value_name = "SEAT.json")]
        seat: PathBuf,
        /// Against it.
        #[arg(long)]
        no: bool,
        #[command(flatten)]
        act: ActArgs,
    },
    /// Whether a member is one no longer. A group has no vote about its own members.
    Suspend {
        /// Number of the member.
        #[arg(value_name = "N")]
        member: u16,
        /// Against it.
        #[arg(long)]
        no: bool,
        #[command(flatten)]
        act: ActArgs,
    },
}

/// `exchange join`.
///
/// # Errors
/// Bad input: a folder, a number or a key that cannot be used.
pub fn join(args: JoinArgs) -> anyhow::Result<ExitCode> {
    let mut member = Member::make(&args.data, MemberId(args.member), GroupId(args.group))?;
    if let (Some(url), Some(log)) = (args.url, args.log) {
        member.settle(OperatorSettings {
            url,
            log,
            witnesses: args.witnesses,
            quorum: args.quorum,
        })?;
    }
    say(&serde_json::to_string(&member.seat())?);
    Ok(ExitCode::SUCCESS)
}

/// `exchange publish`.
///
/// # Errors
/// Bad input: a file that cannot be read, or a rule that says no.
pub async fn publish(args: PublishArgs) -> anyhow::Result<ExitCode> {
    let dossier = Dossier::read(&args.dossier)?;
    let mut reader = PhotoReader::new()?;
    let seen = seen(
        &mut reader,
        args.photo.as_deref(),
        args.fingerprint.as_deref(),
    )?;
    let own = Own::read(&args.own, &mut reader)?;
    let member = Member::open(&args.act.data)?;
    let nearness = own.near_photo(&seen);
    let item = item(&member, &dossier, &seen, nearness)
        .map_err(|error| bad_input(format!("{}: {error}", args.dossier.display())))?;
    act(&member, What::Published { item }, &args.act).await
}

fn item(
    member: &Member,
    dossier: &Dossier,
    seen: &Seen,
    nearness: Nearness,
) -> Result<Item, String> {
    let days = dossier
        .carry_out(member.seat().group, nearness, now_s())
        .map_err(|refused| format!("{} ({})", refused, refused.rule()))?;
    let item = Item {
        sha256: seen.sha256,
        print: seen.print(),
        publisher: member.id(),
        judged_on: days.judged_on,
        noticed_on: days.noticed_on,
    };
    item.print.check().map_err(|bad| bad.to_string())?;
    Ok(item)
}

/// A photo, or what was written of it.
///
/// # Errors
/// Bad input.
pub(super) fn seen(
    reader: &mut PhotoReader,
    photo: Option<&Path>,
    fingerprint: Option<&Path>,
) -> anyhow::Result<Seen> {
    match (photo, fingerprint) {
        (_, Some(path)) => read_fingerprint(path),
        (Some(path), None) => reader.read(path),
        (None, None) => Err(bad_input("name a photo, or a file with its --fingerprint")),
    }
}

/// `exchange appeal`.
///
/// # Errors
/// Bad input, or a folder that cannot be written.
pub async fn appeal(args: AppealArgs) -> anyhow::Result<ExitCode> {
    let member = Member::open(&args.act.data)?;
    let what = What::Disputed {
        by: member.id(),
        item: args.item,
    };
    act(&member, what, &args.act).await
}

/// `exchange answer`.
///
/// # Errors
/// As [`appeal`].
pub async fn answer(args: AnswerArgs) -> anyhow::Result<ExitCode> {
    let member = Member::open(&args.act.data)?;
    let (by, item) = (member.id(), args.item);
    let verdict = args.verdict;
    let what = match (verdict.stands, verdict.wrong, verdict.withdraw) {
        (true, _, _) => What::Answered { by, item },
        (_, true, _) => What::Ended {
            by,
            item,
            tag: Tag::FalsePositive,
        },
        (_, _, _) => What::Ended {
            by,
            item,
            tag: Tag::Withdrawn,
        },
    };
    act(&member, what, &args.act).await
}

/// `exchange decide`.
///
/// # Errors
/// As [`appeal`].
pub async fn decide(args: DecideArgs) -> anyhow::Result<ExitCode> {
    let member = Member::open(&args.act.data)?;
    let (by, item) = (member.id(), args.item);
    let what = match (args.verdict.stands, args.verdict.wrong) {
        (true, _) => What::Upheld { by, item },
        (_, _) => What::Ended {
            by,
            item,
            tag: Tag::FalsePositive,
        },
    };
    act(&member, what, &args.act).await
}

/// `exchange vote`.
///
/// # Errors
/// As [`appeal`].
pub async fn vote(args: VoteArgs) -> anyhow::Result<ExitCode> {
    let (question, no, args) = match args.about {
        VoteAbout::Admit { seat, no, act } => {
            let bytes = bytes_of(&seat, MEMBER_FILE_BYTES_MAX)?;
            let read: Seat = serde_json::from_slice(&bytes)
                .map_err(|error| bad_input(format!("{}: {error}", seat.display())))?;
            (Question::Admit(read), no, act)
        }
        VoteAbout::Suspend { member, no, act } => (Question::Suspend(MemberId(member)), no, act),
    };
    let member = Member::open(&args.data)?;
    let what = What::Voted {
        by: member.id(),
        question,
        yes: !no,
    };
    act(&member, what, &args).await
}

/// Keeps an act, delivers what waits, and says what became of this one.
async fn act(member: &Member, what: What, args: &ActArgs) -> anyhow::Result<ExitCode> {
    member.operator()?;
    let path = member.add(what)?;
    let done = work(member, &args.network).await?;
    let own = done.fared.iter().find(|(file, _)| *file == path);
    Ok(match (own, &done.unreached) {
        (Some((_, Fared::Entered { place, number })), _) => {
            let text = format!("entered at place {place}, as this member's act {number}");
            told(
                args.json,
                &json!({ "state": "entered", "item": place, "number": number }),
                &text,
            );
            ExitCode::SUCCESS
        }
        (Some((_, Fared::Refused { rule, why })), _) => {
            let text = format!("refused: {why} ({rule})");
            told(
                args.json,
                &json!({ "state": "refused", "rule": rule, "why": why }),
                &text,
            );
            ExitCode::from(2)
        }
        (None, unreached) => {
            let why = unreached.clone().unwrap_or_default();
            let text = format!("kept, and delivered with the next `exchange sync`: {why}");
            told(args.json, &json!({ "state": "waiting", "why": why }), &text);
            ExitCode::FAILURE
        }
    })
}

fn told(json: bool, value: &Value, text: &str) {
    if json {
        say(&value.to_string());
    } else {
        say(text);
    }
}

/// What a visit at the operator came to.
pub(super) struct Done {
    /// The copy, as new as could be had.
    pub(super) replica: Replica,
    /// Entries that were new.
    pub(super) new: u64,
    /// How the acts that waited fared.
    pub(super) fared: Vec<(PathBuf, Fared)>,
    /// Why the operator was not reached, where it was not.
    pub(super) unreached: Option<String>,
}

/// Reads what is new, delivers what waits, and reads that. An operator that is not there stops nothing: the copy of before is
/// kept, and what waits waits.
///
/// # Errors
/// A copy or an answer that does not hold; an operator that says no to a member's reading.
pub(super) async fn work(member: &Member, network: &NetworkArgs) -> anyhow::Result<Done> {
    let mut done = Done {
        replica: member.replica()?,
        new: 0,
        fared: Vec::new(),
        unreached: None,
    };
    let remote = Remote::new(&member.operator()?.url, network)?;
    match visit(member, &remote, &mut done).await {
        Ok(()) => Ok(done),
        Err(error) if error.is::<Unreached>() => {
            done.unreached = Some(error.to_string());
            Ok(done)
        }
        Err(error) => Err(error),
    }
}

async fn visit(member: &Member, remote: &Remote, done: &mut Done) -> anyhow::Result<()> {
    done.new += member.read(remote, &mut done.replica).await?;
    let before = done.fared.len();
    while let Some(fared) = member.deliver(remote, &done.replica).await? {
        done.fared.push(fared);
    }
    if done.fared.len() > before {
        done.new += member.read(remote, &mut done.replica).await?;
    }
    Ok(())
}
