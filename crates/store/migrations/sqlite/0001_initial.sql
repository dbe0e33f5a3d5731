-- The log. A row is never changed or removed: triggers refuse it, and the tree notices it.
CREATE TABLE events (
    seq         INTEGER PRIMARY KEY CHECK (seq > 0),
    stream_kind TEXT    NOT NULL CHECK (stream_kind IN ('case', 'audit')),
    stream_id   BLOB    NOT NULL CHECK (length(stream_id) = 16),
    version     INTEGER NOT NULL CHECK (version > 0),
    at          INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    payload     BLOB    NOT NULL,
    salt        BLOB    NOT NULL CHECK (length(salt) = 32),
    leaf        BLOB    NOT NULL CHECK (length(leaf) = 32),
    UNIQUE (stream_kind, stream_id, version)
) STRICT;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN
    SELECT RAISE(ABORT, 'events are append-only');
END;
-- INSERT OR REPLACE takes a row away without asking the trigger above: only what comes next may come.
CREATE TRIGGER events_only_next BEFORE INSERT ON events BEGIN
    SELECT RAISE(ABORT, 'events are append-only')
    WHERE NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
        OR NEW.version IS NOT (
            SELECT coalesce(max(version), 0) + 1 FROM events
            WHERE stream_kind = NEW.stream_kind AND stream_id = NEW.stream_id
        );
END;

-- Hashes of complete subtrees: level 0 is the leaves.
CREATE TABLE ledger_nodes (
    level INTEGER NOT NULL,
    idx   INTEGER NOT NULL,
    hash  BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ledger_nodes_no_update BEFORE UPDATE ON ledger_nodes BEGIN
    SELECT RAISE(ABORT, 'the tree is append-only');
END;
CREATE TRIGGER ledger_nodes_no_delete BEFORE DELETE ON ledger_nodes BEGIN
    SELECT RAISE(ABORT, 'the tree is append-only');
END;
CREATE TRIGGER ledger_nodes_only_new BEFORE INSERT ON ledger_nodes BEGIN
    SELECT RAISE(ABORT, 'the tree is append-only')
    WHERE EXISTS (SELECT 1 FROM ledger_nodes WHERE level = NEW.level AND idx = NEW.idx);
END;

CREATE TABLE checkpoints (
    checksum INTEGER NOT NULL,
    size INTEGER PRIMARY KEY,
    root BLOB NOT NULL CHECK (length(root) = 32),
    note TEXT NOT NULL
) STRICT;
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;

-- Checkpoints that enough witnesses have cosigned: the same notes with the lines of the witnesses.
CREATE TABLE cosigned_checkpoints (
    checksum INTEGER NOT NULL,
    size INTEGER PRIMARY KEY,
    root BLOB NOT NULL CHECK (length(root) = 32),
    note TEXT NOT NULL
) STRICT;
CREATE TRIGGER cosigned_checkpoints_no_update BEFORE UPDATE ON cosigned_checkpoints BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;
CREATE TRIGGER cosigned_checkpoints_no_delete BEFORE DELETE ON cosigned_checkpoints BEGIN
    SELECT RAISE(ABORT, 'checkpoints are append-only');
END;

-- What authorities answered when they were asked to stamp a published checkpoint (RFC 3161); `note` is what they stamped.
CREATE TABLE timestamps (
    checksum INTEGER NOT NULL,
    size INTEGER PRIMARY KEY,
    root BLOB NOT NULL CHECK (length(root) = 32),
    note TEXT NOT NULL,
    at INTEGER NOT NULL,
    authority TEXT NOT NULL,
    answer BLOB NOT NULL
) STRICT;
CREATE TRIGGER timestamps_no_update BEFORE UPDATE ON timestamps BEGIN
    SELECT RAISE(ABORT, 'timestamps are append-only');
END;
CREATE TRIGGER timestamps_no_delete BEFORE DELETE ON timestamps BEGIN
    SELECT RAISE(ABORT, 'timestamps are append-only');
END;

-- Projections: made from events, in the same transaction; `projections rebuild` makes them again.
CREATE TABLE case_view (
    case_id    BLOB PRIMARY KEY,
    tenant     BLOB    NOT NULL,
    claimant   BLOB    NOT NULL,
    order_id   BLOB,
    closed     INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    next_due   INTEGER,
    next_clock TEXT,
    snapshot   TEXT    NOT NULL
) STRICT;
CREATE INDEX case_view_list ON case_view (tenant, updated_at DESC, case_id);
CREATE INDEX case_view_claimant ON case_view (claimant, case_id);

CREATE TABLE work_order_view (
    work_order_id BLOB PRIMARY KEY,
    case_id       BLOB    NOT NULL,
    tenant        BLOB    NOT NULL,
    claimant      BLOB    NOT NULL,
    kind          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    technician    BLOB,
    asked         BLOB,
    asked_too     TEXT    NOT NULL,
    skill         TEXT    NOT NULL,
    county        TEXT    NOT NULL,
    urgent        INTEGER NOT NULL,
    escalation    TEXT,
    requested_at  INTEGER NOT NULL,
    response_ms   INTEGER,
    next_due      INTEGER,
    next_clock    TEXT,
    sort_due      INTEGER NOT NULL
) STRICT;
CREATE INDEX work_order_view_list ON work_order_view (tenant, sort_due, work_order_id);
CREATE INDEX work_order_view_case ON work_order_view (case_id);

CREATE TABLE claim_view (
    claim_id        BLOB PRIMARY KEY,
    case_id         BLOB    NOT NULL,
    tenant          BLOB    NOT NULL,
    claimant        BLOB    NOT NULL,
    state           TEXT    NOT NULL,
    order_id        BLOB    NOT NULL,
    line_id         BLOB    NOT NULL,
    ask             TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    reviewer        BLOB,
    second_reviewer BLOB,
    fraud_referral  INTEGER NOT NULL,
    to_look_at      INTEGER NOT NULL,
    filed_at        INTEGER NOT NULL,
    next_due        INTEGER,
    next_clock      TEXT,
    sort_due        INTEGER NOT NULL
) STRICT;
CREATE INDEX claim_view_list ON claim_view (tenant, sort_due, claim_id);
CREATE INDEX claim_view_case ON claim_view (case_id);
CREATE INDEX claim_view_line ON claim_view (line_id);

CREATE TABLE clock_view (
    case_id BLOB    NOT NULL,
    clock   TEXT    NOT NULL,
    due_at  INTEGER NOT NULL,
    PRIMARY KEY (case_id, clock)
) STRICT, WITHOUT ROWID;
CREATE INDEX clock_view_due ON clock_view (due_at);

-- Plain tables; every change has an audited event in the same transaction. Each row of a table that neither the log nor the
-- projections cover has a checksum under the key of the rows, and all of them together a tally, sealed under the same key.
CREATE TABLE row_tally (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    changes INTEGER NOT NULL,
    sealed  BLOB NOT NULL
) STRICT;
CREATE TABLE tenants (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, name TEXT NOT NULL, mode TEXT NOT NULL, settings TEXT NOT NULL
) STRICT;
CREATE TABLE users (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL REFERENCES tenants (id), login TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL, roles TEXT NOT NULL, password_phc TEXT, disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL, technician BLOB, failures INTEGER NOT NULL, locked_until INTEGER
) STRICT;
CREATE INDEX users_tenant ON users (tenant, login);
CREATE TABLE sessions (
    checksum INTEGER NOT NULL,
    token_hash BLOB PRIMARY KEY, user BLOB, "case" BLOB, tenant BLOB NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user);
CREATE TABLE api_tokens (
    checksum INTEGER NOT NULL,
    id TEXT PRIMARY KEY, token_hash BLOB NOT NULL UNIQUE, user BLOB NOT NULL, tenant BLOB NOT NULL,
    scopes TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, revoked INTEGER NOT NULL
) STRICT;
CREATE TABLE one_time_links (
    checksum INTEGER NOT NULL,
    token_hash BLOB PRIMARY KEY, user BLOB NOT NULL, purpose TEXT NOT NULL,
    expires_at INTEGER NOT NULL, used_at INTEGER
) STRICT;
CREATE TABLE persons (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, wrapped_key BLOB, name BLOB, phone BLOB, address BLOB,
    place BLOB, masked_name BLOB, masked_phone BLOB, masked_address BLOB, phone_index BLOB,
    last4_index BLOB, created_at INTEGER NOT NULL, shredded_at INTEGER
) STRICT;
CREATE INDEX persons_phone ON persons (tenant, phone_index);
CREATE TABLE case_keys (
    checksum INTEGER NOT NULL,
    "case" BLOB NOT NULL, party TEXT NOT NULL, wrapped_key BLOB NOT NULL, PRIMARY KEY ("case", party)
) STRICT;
CREATE TABLE case_access (
    checksum INTEGER NOT NULL,
    "case" BLOB PRIMARY KEY, link_token_hash BLOB NOT NULL UNIQUE, code_hash BLOB NOT NULL,
    failures INTEGER NOT NULL, locked_until INTEGER, created_at INTEGER NOT NULL, revoked INTEGER NOT NULL
) STRICT;
CREATE TABLE products (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,
    category TEXT NOT NULL, skill TEXT NOT NULL, warranty_days INTEGER NOT NULL,
    perishable INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (tenant, code)
) STRICT;
CREATE TABLE skus (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, product BLOB NOT NULL REFERENCES products (id), code TEXT NOT NULL,
    name TEXT NOT NULL, UNIQUE (product, code)
) STRICT;
CREATE TABLE listing_photos (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, product BLOB NOT NULL REFERENCES products (id), tenant BLOB NOT NULL,
    version INTEGER NOT NULL, blob TEXT NOT NULL, media_type TEXT NOT NULL, bytes INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, added_at INTEGER NOT NULL, retired_at INTEGER,
    declared_by BLOB, declared_at INTEGER, judged_by BLOB, judged_at INTEGER, judged_why TEXT,
    UNIQUE (product, version)
) STRICT;
CREATE TABLE orders (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, number TEXT NOT NULL, buyer BLOB, platform TEXT NOT NULL,
    paid_at INTEGER NOT NULL, delivered_at INTEGER, created_at INTEGER NOT NULL, UNIQUE (tenant, number)
) STRICT;
CREATE TABLE order_lines (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, "order" BLOB NOT NULL REFERENCES orders (id), sku BLOB,
    product BLOB NOT NULL REFERENCES products (id), name TEXT NOT NULL, quantity INTEGER NOT NULL,
    paid_fen INTEGER NOT NULL, refunded_fen INTEGER NOT NULL CHECK (refunded_fen <= paid_fen),
    serial TEXT, warranty_until INTEGER, perishable INTEGER NOT NULL
) STRICT;
CREATE INDEX order_lines_order ON order_lines ("order");
CREATE TABLE price_book (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, code TEXT NOT NULL, label TEXT NOT NULL, skill TEXT NOT NULL,
    amount_fen INTEGER NOT NULL, updated_at INTEGER NOT NULL, PRIMARY KEY (tenant, code)
) STRICT;
CREATE TABLE rule_packs (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, pack TEXT NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL,
    published TEXT, effective TEXT, saved_at INTEGER NOT NULL, PRIMARY KEY (tenant, pack, version)
) STRICT;
CREATE TABLE outlets (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,
    county TEXT NOT NULL, latitude_e6 INTEGER NOT NULL, longitude_e6 INTEGER NOT NULL, UNIQUE (tenant, code)
) STRICT;
CREATE TABLE technicians (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, user BLOB NOT NULL REFERENCES users (id),
    display_name TEXT NOT NULL, outlet BLOB, skills TEXT NOT NULL, counties TEXT NOT NULL,
    latitude_e6 INTEGER NOT NULL, longitude_e6 INTEGER NOT NULL, reach_m INTEGER NOT NULL, active INTEGER NOT NULL,
    hours TEXT NOT NULL,
    absences TEXT NOT NULL,
    equipment TEXT NOT NULL
) STRICT;
CREATE INDEX technicians_tenant ON technicians (tenant);
CREATE TABLE evidence_blobs (
    checksum INTEGER NOT NULL,
    evidence BLOB PRIMARY KEY, "case" BLOB NOT NULL, claim BLOB, work_order BLOB, tenant BLOB NOT NULL,
    blob TEXT NOT NULL, preview_blob TEXT, bytes INTEGER NOT NULL, media_type TEXT NOT NULL,
    plain_hash_sealed BLOB NOT NULL, exact_index BLOB NOT NULL, party TEXT NOT NULL,
    created_at INTEGER NOT NULL, marks_sealed BLOB, copy_blob TEXT, clip TEXT
) STRICT;
CREATE INDEX evidence_blobs_exact ON evidence_blobs (tenant, exact_index);
CREATE INDEX evidence_blobs_case ON evidence_blobs ("case");
CREATE TABLE fingerprints (
    checksum INTEGER NOT NULL,
    evidence BLOB PRIMARY KEY, tenant BLOB NOT NULL, "case" BLOB NOT NULL, person BLOB NOT NULL,
    "order" BLOB, sealed BLOB NOT NULL, expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX fingerprints_tenant ON fingerprints (tenant, evidence);
CREATE INDEX fingerprints_expire ON fingerprints (expires_at, evidence);
CREATE TABLE blobs (
    checksum INTEGER NOT NULL,
    name TEXT PRIMARY KEY, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL
) STRICT;

-- Work that waits, answers that are kept, messages for subscribers.
CREATE TABLE jobs (
    checksum INTEGER NOT NULL,
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    run_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    leased_until INTEGER,
    last_error   TEXT,
    done_at      INTEGER,
    unique_key   TEXT UNIQUE
) STRICT;
CREATE INDEX jobs_due ON jobs (run_at) WHERE done_at IS NULL;
CREATE TABLE idempotency (
    checksum INTEGER NOT NULL,
    scope TEXT NOT NULL, key TEXT NOT NULL, body_hash BLOB NOT NULL, status INTEGER NOT NULL,
    body BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (scope, key)
) STRICT;
CREATE TABLE outbox (
    checksum INTEGER NOT NULL,
    id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload TEXT NOT NULL,
    created_at INTEGER NOT NULL, delivered_at INTEGER
) STRICT;
