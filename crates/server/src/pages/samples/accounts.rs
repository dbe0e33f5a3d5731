//! Invented accounts, programs that are told of events, and an invitation.

use super::{ago, id};
use crate::pages::webhooks::Subscriber;
use aftercare_app::accounts::{AccountView, Invitation};
use aftercare_app::webhooks::{DeliveryView, WebhookView};
use aftercare_domain::Role;
use aftercare_domain::ids::{UserId, WebhookId};

pub fn accounts() -> Vec<AccountView> {
    [(false, true), (true, true), (false, false)]
        .into_iter()
        .zip(80..)
        .map(|((disabled, active), number)| AccountView {
            id: UserId(id(number)),
            login: format!("user{number}"),
            display_name: "周师傅".into(),
            roles: vec![Role::Technician, Role::Reviewer],
            disabled,
            active,
            shops: if active {
                vec!["north".into()]
            } else {
                Vec::new()
            },
            created_at: ago(100),
        })
        .collect()
}

/// One that works, one that fails, and those that were stopped.
pub fn subscribers() -> Vec<Subscriber> {
    let latest = |state: &str| DeliveryView {
        id: 1,
        topic: "claim_filed.v1".into(),
        state: state.into(),
        attempts: 2,
        next_at: (state == "waiting").then(|| ago(-1)),
        answer: (state != "waiting").then(|| "200".into()),
        happened_at: ago(2),
        done_at: None,
    };
    [
        (false, None),
        (true, None),
        (true, Some("failing")),
        (false, Some("gone")),
        (false, Some("person")),
    ]
    .into_iter()
    .zip(1..)
    .map(|((failing, why), number)| Subscriber {
        webhook: WebhookView {
            id: WebhookId(id(number)),
            url: "https://erp.example/hook".into(),
            topics: if failing {
                vec!["claim_filed.v1".into()]
            } else {
                Vec::new()
            },
            created_at: ago(50),
            disabled_at: why.map(|_| ago(1)),
            disabled_why: why.map(str::to_owned),
            failing_since: failing.then(|| ago(20)),
            old_secret_until: failing.then(|| ago(-3)),
        },
        latest: ["waiting", "delivered", "given_up"].map(latest).to_vec(),
    })
    .collect()
}

pub fn invitation() -> Invitation {
    Invitation {
        user: UserId(id(80)),
        login: "user80".into(),
        link: "/invite/abc".into(),
    }
}
