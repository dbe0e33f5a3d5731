//! The chapter of the story about acts that opened something: those of one person and one case are found, and none else is read.

use crate::clock::START;
use crate::rows::shop;
use crate::story::commit;
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent, PersonField, UsePurpose};
use aftercare_domain::evidence::Envelope;
use aftercare_domain::ids::{CaseId, PersonId, TenantId};
use aftercare_store::{Store, Unit};
use uuid::Uuid;

pub(crate) async fn who_opened_what_is_found(store: &dyn Store, case: CaseId) {
    let tenant = shop(41).tenant.id;
    let (person, other) = (
        PersonId(Uuid::from_u128(41_100)),
        PersonId(Uuid::from_u128(41_101)),
    );
    let act = |body| AuditEvent {
        at: START,
        by: Actor::System,
        tenant,
        body,
    };
    let revealed = |person| {
        act(AuditBody::DataRevealed {
            person,
            case: Some(case),
            fields: vec![PersonField::Phone],
            reason: Envelope(vec![41; 16]),
        })
    };
    let used = |persons| {
        act(AuditBody::DataUsed {
            purpose: UsePurpose::Dispatch,
            case: None,
            persons,
            fields: vec![PersonField::Place],
        })
    };
    let read = |case| {
        act(AuditBody::CaseRead {
            case,
            purpose: None,
        })
    };
    let another = CaseId(Uuid::from_u128(41_102));
    // Named twice in one piece of work, somebody is found once.
    let of_both = vec![
        revealed(person),
        used(vec![other, person, person]),
        read(case),
    ];
    let of_neither = vec![
        revealed(other),
        used(vec![other]),
        read(another),
        act(AuditBody::BackupTaken { size: 1 }),
    ];
    commit(
        store,
        Unit {
            audit: [of_neither, of_both.clone()].concat(),
            ..Unit::default()
        },
    )
    .await;
    let found = async |tenant, person, case| {
        let found = store.openings(tenant, person, case).await;
        let found = found.expect("a read").into_iter();
        let acts = found.map(|stored| serde_json::from_slice(&stored.payload).expect("an act"));
        acts.collect::<Vec<AuditEvent>>()
    };
    assert_eq!(found(tenant, person, case).await, of_both);
    assert_eq!(found(tenant, person, another).await.len(), 3);
    assert_eq!(found(tenant, other, another).await.len(), 4);
    let nobody = PersonId(Uuid::nil());
    assert_eq!(found(tenant, nobody, CaseId(Uuid::nil())).await, []);
    let elsewhere = TenantId(Uuid::from_u128(41_103));
    assert_eq!(found(elsewhere, person, case).await, []);
    // It follows from the log alone.
    let rebuilt = store.rebuild(true).await.expect("made again");
    assert_eq!(rebuilt.differences, Vec::<String>::new());
    assert_eq!(found(tenant, person, case).await, of_both);
}
