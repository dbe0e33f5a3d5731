//! Timestamps that last: when the log says which ones it keeps, and how a bundle shows years later that one was real.

use crate::world::World;
use aftercare_app::restamping::restamps_of;
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent, PersonField};
use aftercare_domain::ids::TenantId;
use aftercare_domain::time::DAY_MS;
use aftercare_ledger::{
    BundleExtras, BundleReport, BundleRestamp, BundleSource, BundleStamp, Hash, LedgerError,
    ProofFile, Restamp, StampReport, TimestampRequest, TimestampRoots, VerifierKey, leaf_hash,
    verify_bundle, write_bundle,
};
use aftercare_store::{Stamped, StoreError, Unit};
use aftercare_testkit::authority::{Answer, Authority, Kind, Purpose};

/// The time of [`crate::world::START`], as an authority writes it, and exactly a year later.
const AT_THE_START: &str = "20261102010000Z";
const A_YEAR_LATER: &str = "20271102010000Z";

fn roots(of: &[&Authority]) -> TimestampRoots {
    let texts: Vec<&str> = of.iter().map(|authority| authority.root_pem()).collect();
    TimestampRoots::from_pem(&texts.concat()).unwrap()
}

/// Has the log as it stands stamped.
async fn stamp(world: &World, authority: &mut Authority, url: &str, time: &str) -> Stamped {
    let checkpoint = world.app.checkpoint().await.unwrap();
    let request = TimestampRequest::new(checkpoint.note.as_bytes(), None).unwrap();
    let how = Answer {
        time: time.to_owned(),
        ..Answer::default()
    };
    let stamped = Stamped {
        checkpoint,
        at: world.app.now(),
        authority: url.to_owned(),
        answer: authority.answer(&request.to_der(), &how),
    };
    world.store.put_stamped(&stamped).await.unwrap();
    stamped
}

/// Something that happens.
async fn look(world: &World, receipt: &IntakeReceipt) {
    let fields = [PersonField::Phone];
    let seen = world
        .app
        .reveal(&world.agent, receipt.case, &fields, "回电")
        .await;
    seen.unwrap();
}

async fn said(world: &World) -> Vec<AuditBody> {
    let tenant = TenantId(uuid::Uuid::nil());
    let acts = world.store.acts(tenant, "timestamps_renewed.v1").await;
    acts.unwrap()
        .iter()
        .map(|stored| {
            serde_json::from_slice::<AuditEvent>(&stored.payload)
                .unwrap()
                .body
        })
        .collect()
}

/// A bundle of a case that leads to a stamped checkpoint, and what its reader finds.
async fn bundle(
    world: &World,
    receipt: &IntakeReceipt,
    first: &Stamped,
    again: Vec<BundleRestamp>,
    believed: &TimestampRoots,
) -> Result<BundleReport, LedgerError> {
    let mut events = Vec::new();
    for event in world.store.load_case(receipt.case).await.unwrap() {
        let stored = world.store.range(event.seq, 1).await.unwrap().remove(0);
        let size = first.checkpoint.size;
        let proof = world.store.inclusion_proof(stored.seq, size).await.unwrap();
        events.push(BundleSource {
            seq: stored.seq,
            version: stored.version,
            committed: stored.committed(),
            salt: stored.salt,
            proof: ProofFile {
                extra: None,
                index: stored.seq - 1,
                proof: proof.into_iter().map(Hash).collect(),
                checkpoint: first.checkpoint.note.clone(),
            },
        });
    }
    let key: VerifierKey = world.app.verifier_key().parse().unwrap();
    let extras = BundleExtras {
        stamp: Some(BundleStamp {
            answer: first.answer.clone(),
            roots: None,
            again,
        }),
        ..BundleExtras::default()
    };
    let case = receipt.case.to_string();
    let keys = std::slice::from_ref(&key);
    let zip = write_bundle(&case, &events, keys, &extras)?;
    verify_bundle(&zip, Some(keys), Some(believed))
}

#[tokio::test]
async fn once_a_year_the_log_says_which_timestamps_it_keeps_and_a_later_one_vouches_for_them() {
    let world = World::new().await;
    let mut one = Authority::new(Kind::P256, Purpose::Stamping);
    let mut other = Authority::new(Kind::Rsa, Purpose::Stamping);
    let (theirs, both) = (roots(&[&one]), roots(&[&one, &other]));
    assert!(!world.app.renew_timestamps(&theirs).await.unwrap(), "none");
    let receipt = world.repair().await;
    let url = "https://tsa.example/";
    let first = stamp(&world, &mut one, url, AT_THE_START).await;
    look(&world, &receipt).await;
    let second = stamp(&world, &mut one, url, AT_THE_START).await;
    assert!(second.checkpoint.size > first.checkpoint.size);
    world.clock.advance_ms(365 * DAY_MS - 1);
    assert!(!world.app.renew_timestamps(&theirs).await.unwrap());
    world.clock.advance_ms(1);
    assert!(world.app.renew_timestamps(&theirs).await.unwrap());
    let mut tree = aftercare_ledger::Tree::new();
    tree.append(leaf_hash(&first.answer));
    tree.append(leaf_hash(&second.answer));
    let expected = AuditBody::TimestampsRenewed {
        after: 0,
        through: second.checkpoint.size,
        tokens: 2,
        root: tree.root().to_string(),
    };
    assert_eq!(said(&world).await, [expected]);
    assert!(!world.app.renew_timestamps(&theirs).await.unwrap(), "once");
    let links = restamps_of(&*world.store, &first, |_| true).await.unwrap();
    assert!(links.is_empty(), "nobody vouches for it yet");

    // The next timestamp is over that event as well.
    let third = stamp(&world, &mut other, "https://other.example/", A_YEAR_LATER).await;
    for (earlier, index) in [(&first, 0), (&second, 1)] {
        let links = restamps_of(&*world.store, earlier, |_| true).await.unwrap();
        assert_eq!((links.len(), links[0].index), (1, index));
        assert_eq!(links[0].answer, third.answer);
    }
    let of_none = restamps_of(&*world.store, &first, |_| false).await.unwrap();
    assert!(of_none.is_empty());
    let links = restamps_of(&*world.store, &first, |_| true).await.unwrap();
    let read = async |links: Vec<BundleRestamp>, believed: &TimestampRoots| {
        bundle(&world, &receipt, &first, links, believed).await
    };
    let report = read(links.clone(), &both).await.unwrap();
    assert!(matches!(&report.stamp, StampReport::Holds(said) if said.at_ms == first.at.0));
    let [Restamp::InTime(later)] = report.restamps.as_slice() else {
        panic!("{:?}", report.restamps);
    };
    assert_eq!(later.at_ms, third.at.0);
    // Whoever does not believe the second authority still believes the first.
    let report = read(links.clone(), &theirs).await.unwrap();
    assert!(matches!(report.stamp, StampReport::Holds(_)));
    assert_eq!(report.restamps, [Restamp::NotTrusted]);
    // A link of another timestamp, of another place or of another event is none.
    let second_links = restamps_of(&*world.store, &second, |_| true).await.unwrap();
    assert!(read(second_links, &both).await.is_err());
    let wrong = |change: fn(&mut BundleRestamp)| {
        let mut links = links.clone();
        change(&mut links[0]);
        links
    };
    for links in [
        wrong(|link| link.index = 1),
        wrong(|link| link.path.clear()),
        wrong(|link| link.salt[0] ^= 1),
        wrong(|link| link.seq -= 1),
        wrong(|link| link.committed.push(b' ')),
        wrong(|link| link.answer.truncate(100)),
    ] {
        assert!(read(links, &both).await.is_err());
    }
    // A year after that the chain goes on.
    world.clock.advance_ms(366 * DAY_MS);
    assert!(world.app.renew_timestamps(&both).await.unwrap());
    stamp(&world, &mut one, url, "20281103010000Z").await;
    let links = restamps_of(&*world.store, &first, |_| true).await.unwrap();
    let report = read(links, &both).await.unwrap();
    let in_time = |restamp: &Restamp| matches!(restamp, Restamp::InTime(_));
    assert_eq!(report.restamps.len(), 2);
    assert!(report.restamps.iter().all(in_time), "{:?}", report.restamps);
    let key: VerifierKey = world.app.verifier_key().parse().unwrap();
    world.store.verify_log(&[key]).await.unwrap();
}

#[tokio::test]
async fn a_timestamp_is_kept_in_good_time_before_its_certificate_ends() {
    let world = World::new().await;
    // Its certificate ends with 2026, sixty days from now; that of the other one in a lifetime.
    let mut short = Authority::valid(Kind::P256, Purpose::Stamping, 2027);
    let mut long = Authority::new(Kind::P256, Purpose::Stamping);
    let both = roots(&[&short, &long]);
    let receipt = world.repair().await;
    stamp(&world, &mut long, "https://long.example/", AT_THE_START).await;
    assert!(!world.app.renew_timestamps(&both).await.unwrap());
    look(&world, &receipt).await;
    let first = stamp(&world, &mut short, "https://short.example/", AT_THE_START).await;
    // Another server may still be keeping one of this minute.
    assert!(!world.app.renew_timestamps(&both).await.unwrap());
    world.clock.advance_ms(600_000);
    assert!(world.app.renew_timestamps(&both).await.unwrap());
    assert!(matches!(
        said(&world).await[..],
        [AuditBody::TimestampsRenewed { tokens: 2, .. }]
    ));
    // The server was off until the certificate had ended: what vouches for it then came too late, and is told so.
    stamp(
        &world,
        &mut long,
        "https://long.example/",
        "20270201000000Z",
    )
    .await;
    let links = restamps_of(&*world.store, &first, |_| true).await.unwrap();
    let report = bundle(&world, &receipt, &first, links, &both)
        .await
        .unwrap();
    let StampReport::Holds(said) = &report.stamp else {
        panic!("{:?}", report.stamp);
    };
    assert_eq!(
        said.until_ms, 1_798_761_600_999,
        "the end of its first second in 2027"
    );
    assert!(matches!(
        report.restamps.as_slice(),
        [Restamp::TooLate(said)] if said.at_ms == 1_801_440_000_000
    ));
}

#[tokio::test]
async fn a_log_that_says_that_other_timestamps_are_kept_does_not_verify() {
    let world = World::new().await;
    let mut authority = Authority::new(Kind::P256, Purpose::Stamping);
    world.repair().await;
    let first = stamp(&world, &mut authority, "https://tsa.example/", AT_THE_START).await;
    let key: VerifierKey = world.app.verifier_key().parse().unwrap();
    let root = leaf_hash(&first.answer).to_string();
    for (tokens, root, holds) in [(1, root.clone(), true), (2, root, false)] {
        let act = AuditEvent {
            at: world.app.now(),
            by: Actor::System,
            tenant: TenantId(uuid::Uuid::nil()),
            body: AuditBody::TimestampsRenewed {
                after: 0,
                through: first.checkpoint.size,
                tokens,
                root,
            },
        };
        let unit = Unit {
            audit: vec![act],
            ..Unit::default()
        };
        world.store.commit(unit).await.unwrap();
        let verified = world.store.verify_log(std::slice::from_ref(&key)).await;
        assert_eq!(verified.is_ok(), holds, "{verified:?}");
        if let Err(error) = verified {
            assert!(
                matches!(&error, StoreError::Corrupt { what, .. } if what.contains("timestamps"))
            );
        }
    }
}
