-- Subscribers of a tenant, and what was sent to them. Addresses and secrets are sealed.
CREATE TABLE webhooks (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, target_sealed BLOB NOT NULL, topics TEXT NOT NULL,
    secret_sealed BLOB NOT NULL, old_secret_sealed BLOB, old_secret_until INTEGER,
    created_at INTEGER NOT NULL, disabled_at INTEGER, disabled_why TEXT, failing_since INTEGER
) STRICT;
CREATE INDEX webhooks_tenant ON webhooks (tenant);
CREATE TABLE webhook_deliveries (
    checksum INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT, webhook BLOB NOT NULL, message INTEGER NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, leased_until INTEGER,
    answer TEXT, created_at INTEGER NOT NULL, done_at INTEGER, UNIQUE (webhook, message)
) STRICT;
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook, next_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_message ON webhook_deliveries (message);

-- A message says whose it is; those that were not handed to subscribers yet, and those that are old, are found.
ALTER TABLE outbox ADD COLUMN tenant BLOB;
CREATE INDEX outbox_waiting ON outbox (id) WHERE delivered_at IS NULL;
CREATE INDEX outbox_tenant ON outbox (tenant, created_at);
CREATE INDEX outbox_created ON outbox (created_at);
CREATE INDEX idempotency_at ON idempotency (at);
