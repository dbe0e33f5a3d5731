//! What comes with messages: photos of a repair and voice notes, heard by whoever reads the case, and no evidence of a claim.

use crate::clips::small_clip;
use crate::voice_writer::voice;
use crate::world::{World, cracked_mug, damage};
use aftercare_app::Principal;
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::limits::VOICE_MS_MAX;
use aftercare_app::views::{CaseDetail, EvidenceDetail};
use aftercare_domain::ids::CaseId;

async fn says(
    world: &World,
    who: &Principal,
    case: CaseId,
    words: &str,
    files: &[Vec<u8>],
) -> Result<(), String> {
    let uploads = files.iter().cloned().map(damage).collect();
    let text = words.to_owned();
    let draft = String::new();
    let said = Action::Say { text, draft };
    let done = world.app.act(who, case, said, uploads, None).await;
    world.app.settle().await.unwrap();
    done.map(|_| ()).map_err(|error| error.rule)
}

fn refused(rule: &str) -> Result<(), String> {
    Err(rule.to_owned())
}

/// What came with the latest message.
fn with_latest(case: &CaseDetail) -> (Option<&str>, Vec<&EvidenceDetail>) {
    let mut said = case.timeline.iter().rev();
    let latest = said.find(|entry| entry.event == "statement_added.v1");
    let latest = latest.unwrap();
    (latest.text.as_deref(), latest.files.iter().collect())
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn a_message_brings_photos_and_what_somebody_says() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let case = receipt.case;
    let claimant = world.claimant(&receipt).await;
    assert_eq!(
        says(&world, &claimant, case, " ", &[]).await,
        refused("text_required"),
        "nothing is no message"
    );
    let sent = [voice(3), cracked_mug(2), small_clip(3).write()];
    assert_eq!(says(&world, &claimant, case, "", &sent).await, Ok(()));
    for who in [&claimant, &world.agent] {
        let detail = world.app.case_detail(who, case).await.unwrap();
        let (words, files) = with_latest(&detail);
        assert_eq!(words, None);
        let types: Vec<&str> = files.iter().map(|file| file.media_type.as_str()).collect();
        assert_eq!(types, ["audio/mp4", "image/jpeg", "video/mp4"]);
        assert_eq!(detail.work_orders[0].evidence.len(), 3);
        let spoken = files[0].clip.as_ref().unwrap();
        assert_eq!((spoken.duration_ms, spoken.codec.as_str()), (3_000, "AAC"));
        assert!(spoken.plays && !spoken.has_still && spoken.unread.is_none());
        let heard = world.app.clip(who, files[0].id, false).await.unwrap();
        assert_eq!(heard.media_type, "audio/mp4");
        assert!(!holds(&heard.bytes, b"+30.25"), "where it was said");
        world.app.picture(who, files[1].id, false).await.unwrap();
    }
    // What was said waits for a person like what was written.
    let waiting = world.app.conversation(&world.agent, case).await.unwrap();
    assert_eq!(waiting.messages, 1);
    // What a colleague attached would pass for a technician's.
    let by_desk = says(&world, &world.agent, case, "请看。", &[cracked_mug(4)]).await;
    assert_eq!(by_desk, refused("photos_not_expected"));
    let other = world.claimant(&world.repair().await).await;
    let detail = world.app.case_detail(&claimant, case).await.unwrap();
    let id = with_latest(&detail).1[0].id;
    let none = world.app.clip(&other, id, false).await.unwrap_err();
    assert_eq!(none.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn about_a_claim_a_voice_note_is_heard_and_a_photo_is_evidence() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "林晓示", "13800000001", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    let claimant = world.claimant(&receipt).await;
    let photo = says(&world, &claimant, case, "请看。", &[cracked_mug(2)]).await;
    assert_eq!(photo, refused("photos_are_evidence"));
    let before = world.app.case_detail(&claimant, case).await.unwrap();
    assert_eq!(
        says(&world, &claimant, case, "杯口裂了。", &[voice(2)]).await,
        Ok(())
    );
    let after = world.app.case_detail(&claimant, case).await.unwrap();
    assert_eq!(
        after.claims[0].evidence.len(),
        before.claims[0].evidence.len()
    );
    assert_eq!(after.claims[0].state, before.claims[0].state);
    let (words, files) = with_latest(&after);
    assert_eq!(words, Some("杯口裂了。"));
    assert_eq!((files.len(), files[0].number.as_str()), (1, "E-02"));
    // Nor does it come in as evidence.
    let added = Action::AddEvidence {
        claim: None,
        answers: None,
        text: String::new(),
    };
    let uploads = vec![damage(voice(2))];
    let added = world.app.act(&claimant, case, added, uploads, None).await;
    assert_eq!(added.unwrap_err().rule, "voice_not_here");
}

#[tokio::test]
async fn a_voice_note_is_short_and_one_that_can_be_played() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let claimant = world.claimant(&receipt).await;
    let seconds = u32::try_from(VOICE_MS_MAX / 1_000).unwrap();
    let mut unknown = voice(2);
    let at = unknown.windows(4).position(|kind| kind == b"mp4a").unwrap();
    unknown[at..at + 4].copy_from_slice(b"xxxx");
    for (file, rule) in [
        (voice(seconds + 1), "voice_too_long"),
        (unknown, "voice_unread"),
    ] {
        let said = says(&world, &claimant, receipt.case, "听一下。", &[file]).await;
        assert_eq!(said, refused(rule));
    }
}
