//! What processes on one database tell each other: a message in the transaction of what it is about (`NOTIFY`), which
//! PostgreSQL delivers when it commits. What is told is only what changed; who hears it reads the rows.

use super::{PgLink, Postgres};
use crate::error::StoreError;
use crate::limits::{HEARD_AHEAD, LISTEN_AGAIN, LISTEN_CHECK_EVERY, TOLD_AT_ONCE};
use crate::sql::Link as _;
use crate::types::Elsewhere;
use crate::value::Value;
use aftercare_domain::ids::{CaseId, TenantId};
use sqlx::Executor as _;
use sqlx::postgres::{PgListener, PgNotification, PgPoolOptions};
use tokio::sync::mpsc;
use tokio::time::timeout;
use uuid::Uuid;

/// The channel, and the statement that speaks on it.
const CHANNEL: &str = "aftercare_changes";
const TELL: &str = "SELECT pg_notify('aftercare_changes', $1)::text";
/// Stands for technicians and outlets.
const STAFF: &str = "@";
/// Stands for everything that is neither those nor a case.
const ANYTHING: &str = "*";

impl Postgres {
    pub(super) async fn tell_changes(
        &self,
        link: &mut PgLink,
        changes: &[Elsewhere],
    ) -> Result<(), StoreError> {
        for some in changes.chunks(TOLD_AT_ONCE) {
            let mut text = self.name.to_string();
            for change in some {
                text.push(' ');
                match change {
                    Elsewhere::Case { tenant, case } => {
                        text.push_str(&format!("{}:{}", tenant.0.simple(), case.0.simple()));
                    }
                    Elsewhere::Staff => text.push_str(STAFF),
                    Elsewhere::Anything => text.push_str(ANYTHING),
                }
            }
            link.read(TELL, vec![Value::Text(text)]).await?;
        }
        Ok(())
    }

    async fn listener(&self) -> Result<PgListener, sqlx::Error> {
        // A pool of its own: the readers must not lend one of theirs for ever.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(self.options.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.ignore_pool_close_event(true);
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }

    pub(super) async fn listen(&self) -> Result<mpsc::Receiver<Elsewhere>, StoreError> {
        let (sender, receiver) = mpsc::channel(HEARD_AHEAD);
        let listener = self.listener().await?;
        let backend = self.clone();
        tokio::spawn(async move {
            let ended = sender.clone();
            tokio::select! {
                () = backend.hear(listener, sender) => {}
                () = ended.closed() => {}
            }
        });
        Ok(receiver)
    }

    /// Passes on what others tell, until nobody wants it.
    async fn hear(&self, mut listener: PgListener, sender: mpsc::Sender<Elsewhere>) {
        loop {
            let heard = match self.next(&mut listener).await {
                Ok(Some(message)) => self.understood(message.payload()),
                // The connection was lost and made again: what was said meanwhile, nobody heard.
                Ok(None) => vec![Elsewhere::Anything],
                Err(error) => {
                    tracing::warn!(%error, "the database server does not tell what other processes do; it is asked again");
                    listener = loop {
                        tokio::time::sleep(LISTEN_AGAIN).await;
                        if let Ok(again) = self.listener().await {
                            break again;
                        }
                    };
                    vec![Elsewhere::Anything]
                }
            };
            for change in heard {
                if sender.send(change).await.is_err() {
                    return;
                }
            }
        }
    }

    /// The next message. A server that says nothing is asked now and then whether it is there.
    async fn next(&self, listener: &mut PgListener) -> Result<Option<PgNotification>, sqlx::Error> {
        loop {
            if let Ok(message) = timeout(LISTEN_CHECK_EVERY, listener.try_recv()).await {
                return message;
            }
            timeout(self.patience, listener.execute("SELECT 1"))
                .await
                .map_err(|_| sqlx::Error::PoolTimedOut)??;
        }
    }

    /// What a message says; nothing for one of our own.
    fn understood(&self, text: &str) -> Vec<Elsewhere> {
        let mut words = text.split(' ');
        if words.next() == Some(&*self.name) {
            return Vec::new();
        }
        words.map(change).collect()
    }
}

/// A word of a message. One that is not understood may mean anything.
fn change(word: &str) -> Elsewhere {
    if word == STAFF {
        return Elsewhere::Staff;
    }
    let case = word.split_once(':').and_then(|(tenant, case)| {
        Some(Elsewhere::Case {
            tenant: TenantId(Uuid::parse_str(tenant).ok()?),
            case: CaseId(Uuid::parse_str(case).ok()?),
        })
    });
    case.unwrap_or(Elsewhere::Anything)
}
