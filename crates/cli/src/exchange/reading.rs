//! What only reads: the list synchronized and matched with, a question about an own photo, the published counts.

use super::acts::{seen, work};
use super::member::{Fared, Member, NetworkArgs, Remote};
use super::own::{Own, OwnArgs};
use super::photo::PhotoReader;
use super::{Standing, now_s};
use crate::failure::bad_input;
use crate::records::say;
use aftercare_exchange::{BlindVerdictGiven, Effect, GroupId, Replica, Tag, What};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Bring a member's copy of the list up to date, and deliver what waits.
///
/// Without the operator the copy of before is kept, and this says how old it is: it is matched with for 72 hours after its
/// newest entry. Exit 1 when the operator was not reached, or what it shows does not hold.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Folder of the member.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder with the photos of the own catalogue: new items of others that resemble one are disputed.
    #[arg(long, value_name = "DIR")]
    catalogue: Option<PathBuf>,
    /// Folder with a photo of each accepted claim, of people who have nothing to do with each other.
    #[arg(long, value_name = "DIR", requires = "catalogue")]
    accepted: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkArgs,
    /// One JSON object: `reached`, `new`, `entries`, `newest_s`, `age_s`, `fresh`, `entered`, `refused`, `waiting`, and `due`: the
    /// disputed items that this member's group has to answer, or may decide about, and until when.
    #[arg(long)]
    json: bool,
}

/// Look whether a photo resembles an item that counts. The photo and the question stay on this machine.
///
/// What follows is at most that a person looks, and has longer to do so; a list that is too old is not matched with.
#[derive(Debug, Args)]
pub struct MatchArgs {
    /// The photo.
    #[arg(value_name = "PHOTO", required_unless_present = "fingerprint")]
    photo: Option<PathBuf>,
    /// What `exchange fingerprint` wrote of the photo, instead.
    #[arg(long, value_name = "FILE", conflicts_with = "photo")]
    fingerprint: Option<PathBuf>,
    /// Folder of the member.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The reviewer has given the first verdict: show the sentence for the reviewer and both sides.
    #[arg(long)]
    blind_verdict_given: bool,
    /// One JSON object: `effect` (nothing or human_looks), `window_hours`, `items`, `fresh`, `age_s`.
    #[arg(long)]
    json: bool,
}

/// Ask an operator what stands in its list about a photo of your own. Its fingerprint is sent, the photo is not; nothing
/// follows from the question, which is counted and not kept.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// The photo.
    #[arg(value_name = "PHOTO", required_unless_present = "fingerprint")]
    photo: Option<PathBuf>,
    /// What `exchange fingerprint` wrote of the photo, instead.
    #[arg(long, value_name = "FILE", conflicts_with = "photo")]
    fingerprint: Option<PathBuf>,
    /// Where the operator is.
    #[arg(long, value_name = "URL")]
    url: String,
    #[command(flatten)]
    network: NetworkArgs,
    /// One JSON object with `items`: place, publisher, days, tag, and while it is disputed who has to act until when.
    #[arg(long)]
    json: bool,
}

/// Print what an exchange publishes about itself: counts, the yearly report of errors, questions a day. One JSON object.
#[derive(Debug, Args)]
pub struct CountsArgs {
    /// Where the operator is.
    #[arg(long, value_name = "URL")]
    url: String,
    #[command(flatten)]
    network: NetworkArgs,
}

/// Write what is compared of a photo, as JSON: its SHA-256, hashes and keypoints. Handle it like the photo.
#[derive(Debug, Args)]
pub struct FingerprintArgs {
    /// The photo.
    #[arg(value_name = "PHOTO")]
    photo: PathBuf,
}

/// How old a copy is: the time of its newest entry, its age in seconds, and whether it is matched with.
fn age(replica: &Replica, now_s: u64) -> (Option<u64>, Option<u64>, bool) {
    let register = replica.register();
    if register.is_empty() {
        return (None, None, false);
    }
    let newest_s = register.last_s();
    let age_s = now_s.saturating_sub(newest_s);
    (Some(newest_s), Some(age_s), replica.is_fresh(now_s))
}

fn age_words(age_s: Option<u64>, is_fresh: bool) -> String {
    match age_s {
        None => "there is no copy of the list yet, and nothing is matched".to_owned(),
        Some(age_s) => format!(
            "the newest entry is {} hours and {} minutes old, {}",
            age_s / 3_600,
            age_s % 3_600 / 60,
            if is_fresh {
                "and the list is matched with"
            } else {
                "too old: nothing is matched"
            }
        ),
    }
}

/// What a group has to do, or may do, about a disputed item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Due {
    /// The item.
    item: u64,
    /// `answer` one of the own, `decide` about one of others.
    act: &'static str,
    /// Seconds until it is withdrawn.
    left_s: u64,
}

/// What is due of a group, the most urgent first.
fn due(replica: &Replica, group: GroupId, now_s: u64) -> Vec<Due> {
    let mut due: Vec<Due> = replica
        .register()
        .items()
        .filter(|(_, held)| held.tag_at(now_s) == Some(Tag::Disputed))
        .filter(|(_, held)| {
            if held.is_answered {
                held.group != group && held.disputed_by != Some(group)
            } else {
                held.group == group
            }
        })
        .map(|(item, held)| Due {
            item,
            act: if held.is_answered { "decide" } else { "answer" },
            left_s: held.until_s.unwrap_or(now_s).saturating_sub(now_s),
        })
        .collect();
    due.sort_by_key(|due| (due.left_s, due.item));
    due
}

/// Places of the list that are compared with own photos now: what came since the last time, and what was disputed then and counts
/// again. An item that this member has disputed itself was decided about, and is not disputed again.
fn to_compare(member: &Member, replica: &Replica) -> anyhow::Result<Vec<u64>> {
    let looked_to = member.looked_to()?;
    let items = replica.register().items();
    let mut places: Vec<u64> = items
        .filter(|(place, held)| *place < looked_to && held.disputes > 0)
        .map(|(place, _)| place)
        .collect();
    if !places.is_empty() {
        let disputed = member.disputed()?;
        places.retain(|place| !disputed.contains(place));
    }
    places.extend(looked_to..replica.cursor());
    Ok(places)
}

/// `exchange sync`.
///
/// # Errors
/// Bad input; a copy or a list that does not hold.
pub async fn sync(args: SyncArgs) -> anyhow::Result<ExitCode> {
    let member = Member::open(&args.data)?;
    let mut done = work(&member, &args.network).await?;
    if let Some(catalogue) = args.catalogue {
        let folders = OwnArgs {
            catalogue,
            accepted: args.accepted,
        };
        let own = Own::read(&folders, &mut PhotoReader::new()?)?;
        let group = member.seat().group;
        let size = done.replica.cursor();
        let mut told = 0;
        for place in to_compare(&member, &done.replica)? {
            let Some(held) = done.replica.register().item(place) else {
                continue;
            };
            if held.group == group || !held.counts_at(now_s()) {
                continue;
            }
            let nearness = own.near_item(&held.item);
            if let Some(what @ What::Disputed { .. }) =
                done.replica.object(place, nearness, member.id())
            {
                member.add(what)?;
                told += 1;
            }
        }
        member.looked(size)?;
        if told > 0 {
            let again = work(&member, &args.network).await?;
            done.new += again.new;
            done.fared.extend(again.fared);
            done.unreached = done.unreached.or(again.unreached);
            done.replica = again.replica;
        }
    }
    let (mut entered, mut refused) = (Vec::new(), Vec::new());
    for (_, fared) in &done.fared {
        match fared {
            Fared::Entered { place, .. } => entered.push(*place),
            Fared::Refused { rule, why } => refused.push(json!({ "rule": rule, "why": why })),
        }
    }
    let waiting = member.waiting()?.len();
    let due = due(&done.replica, member.seat().group, now_s());
    let (newest_s, age_s, is_fresh) = age(&done.replica, now_s());
    let entries = done.replica.cursor();
    if args.json {
        let answer = json!({
            "reached": done.unreached.is_none(),
            "new": done.new,
            "entries": entries,
            "newest_s": newest_s,
            "age_s": age_s,
            "fresh": is_fresh,
            "entered": entered,
            "refused": refused,
            "waiting": waiting,
            "due": due,
        });
        say(&answer.to_string());
    } else {
        if let Some(why) = &done.unreached {
            say(&format!("the copy of before is kept: {why}"));
        }
        say(&format!(
            "{entries} entries hold ({} new); {}; {} acts entered, {} refused, {waiting} waiting",
            done.new,
            age_words(age_s, is_fresh),
            entered.len(),
            refused.len(),
        ));
        for problem in &refused {
            say(&format!("refused: {problem}"));
        }
        for due in &due {
            say(&format!(
                "item {}: {} within {} hours, or it is withdrawn",
                due.item,
                if due.act == "answer" {
                    "answer the dispute (`exchange answer`)"
                } else {
                    "this group may decide the appeal (`exchange decide`)"
                },
                due.left_s / 3_600,
            ));
        }
    }
    Ok(if done.unreached.is_some() {
        ExitCode::FAILURE
    } else if refused.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

/// `exchange match`.
///
/// # Errors
/// Bad input; a copy that does not hold.
pub fn find(args: &MatchArgs) -> anyhow::Result<ExitCode> {
    let member = Member::open(&args.data)?;
    let replica = member.replica()?;
    let seen = seen(
        &mut PhotoReader::new()?,
        args.photo.as_deref(),
        args.fingerprint.as_deref(),
    )?;
    let now_s = now_s();
    let found = replica.matches(&seen.query(), now_s, |print| seen.agrees(print));
    let items: Vec<Standing> = found
        .iter()
        .filter_map(|found| Standing::of(replica.register(), found, now_s))
        .collect();
    let (_, age_s, is_fresh) = age(&replica, now_s);
    let (effect, window_hours, sentence) = match Effect::of(&found) {
        Effect::Nothing => ("nothing", 0, None),
        Effect::HumanLooks(look) => (
            "human_looks",
            look.window_hours(),
            args.blind_verdict_given
                .then(|| look.sentence(BlindVerdictGiven)),
        ),
    };
    if args.json {
        let mut answer = json!({
            "effect": effect,
            "window_hours": window_hours,
            "items": items,
            "fresh": is_fresh,
            "age_s": age_s,
        });
        if let Some((zh, en)) = sentence {
            answer["zh"] = Value::from(zh);
            answer["en"] = Value::from(en);
        }
        say(&answer.to_string());
    } else {
        say(&match effect {
            "nothing" => format!("nothing was found; {}", age_words(age_s, is_fresh)),
            _ => format!(
                "a person looks, and has {window_hours} hours more: items {}",
                places(&items)
            ),
        });
        if let Some((zh, en)) = sentence {
            say(zh);
            say(en);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn places(items: &[Standing]) -> String {
    let places: Vec<String> = items.iter().map(|item| item.item.to_string()).collect();
    places.join(", ")
}

/// `exchange ask`.
///
/// # Errors
/// Bad input, or an operator that does not answer.
pub async fn ask(args: AskArgs) -> anyhow::Result<ExitCode> {
    let seen = seen(
        &mut PhotoReader::new()?,
        args.photo.as_deref(),
        args.fingerprint.as_deref(),
    )?;
    let remote = Remote::new(&args.url, &args.network)?;
    let body = remote
        .post("v1/query", &seen)
        .await?
        .map_err(|problem| bad_input(format!("{}: {}", problem.rule, problem.detail)))?;
    if args.json {
        say(body.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let answer: Value = serde_json::from_str(&body)?;
    let items = answer["items"].as_array().map_or(&[][..], Vec::as_slice);
    if items.is_empty() {
        say("nothing stands in the list about this photo");
    }
    for item in items {
        let tag = item["tag"].as_str().unwrap_or("counts");
        say(&format!(
            "item {} of member {}: {tag}. To object, turn to any member, who files it with `exchange appeal {}`",
            item["item"], item["publisher"], item["item"]
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// `exchange counts`.
///
/// # Errors
/// An operator that does not answer.
pub async fn counts(args: CountsArgs) -> anyhow::Result<ExitCode> {
    let remote = Remote::new(&args.url, &args.network)?;
    let body = remote
        .get("v1/counts")
        .await?
        .map_err(|problem| bad_input(format!("{}: {}", problem.rule, problem.detail)))?;
    say(body.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// `exchange fingerprint`.
///
/// # Errors
/// Bad input: no photo that can be read.
pub fn fingerprint(args: &FingerprintArgs) -> anyhow::Result<ExitCode> {
    let seen = PhotoReader::new()?.read(&args.photo)?;
    say(&serde_json::to_string(&seen)?);
    Ok(ExitCode::SUCCESS)
}
