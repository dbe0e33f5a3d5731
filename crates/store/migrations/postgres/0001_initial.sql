-- Numbers are BIGINT, also truth values (0 or 1), and texts sort by their bytes, so that every statement, every order and
-- every dump is the same as on the other databases.

-- The log. A row is never changed or removed: triggers refuse it, and the tree notices it.
CREATE TABLE events (
    seq BIGINT PRIMARY KEY CHECK (seq > 0),
    stream_kind TEXT COLLATE "C" NOT NULL CHECK (stream_kind IN ('case', 'audit')),
    stream_id BYTEA NOT NULL CHECK (length(stream_id) = 16),
    version BIGINT NOT NULL CHECK (version > 0),
    at BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    payload BYTEA NOT NULL,
    salt BYTEA NOT NULL CHECK (length(salt) = 32),
    leaf BYTEA NOT NULL CHECK (length(leaf) = 32),
    UNIQUE (stream_kind, stream_id, version)
);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END;
$$;
CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Only what comes next may come.
CREATE FUNCTION only_next_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM events)
        OR NEW.version IS DISTINCT FROM (
            SELECT coalesce(max(version), 0) + 1 FROM events
            WHERE stream_kind = NEW.stream_kind AND stream_id = NEW.stream_id
        )
    THEN
        RAISE EXCEPTION 'events is append-only';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER events_only_next BEFORE INSERT ON events
    FOR EACH ROW EXECUTE FUNCTION only_next_event();

-- Hashes of complete subtrees: level 0 is the leaves.
CREATE TABLE ledger_nodes (
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
);
CREATE TRIGGER ledger_nodes_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_nodes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE checkpoints (
    checksum BIGINT NOT NULL,
    size BIGINT PRIMARY KEY,
    root BYTEA NOT NULL CHECK (length(root) = 32),
    note TEXT COLLATE "C" NOT NULL
);
CREATE TRIGGER checkpoints_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Checkpoints that enough witnesses have cosigned: the same notes with the lines of the witnesses.
CREATE TABLE cosigned_checkpoints (
    checksum BIGINT NOT NULL,
    size BIGINT PRIMARY KEY,
    root BYTEA NOT NULL CHECK (length(root) = 32),
    note TEXT COLLATE "C" NOT NULL
);
CREATE TRIGGER cosigned_checkpoints_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON cosigned_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What authorities answered when they were asked to stamp a published checkpoint (RFC 3161); `note` is what they stamped.
CREATE TABLE timestamps (
    checksum BIGINT NOT NULL,
    size BIGINT PRIMARY KEY,
    root BYTEA NOT NULL CHECK (length(root) = 32),
    note TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    authority TEXT COLLATE "C" NOT NULL,
    answer BYTEA NOT NULL
);
CREATE TRIGGER timestamps_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON timestamps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Projections: made from events, in the same transaction; `projections rebuild` makes them again.
CREATE TABLE case_view (
    case_id BYTEA PRIMARY KEY,
    tenant BYTEA NOT NULL,
    claimant BYTEA NOT NULL,
    order_id BYTEA,
    closed BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    next_due BIGINT,
    next_clock TEXT COLLATE "C",
    snapshot TEXT COLLATE "C" NOT NULL
);
CREATE INDEX case_view_list ON case_view (tenant, updated_at DESC, case_id);
CREATE INDEX case_view_claimant ON case_view (claimant, case_id);

CREATE TABLE work_order_view (
    work_order_id BYTEA PRIMARY KEY,
    case_id BYTEA NOT NULL,
    tenant BYTEA NOT NULL,
    claimant BYTEA NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    technician BYTEA,
    asked BYTEA,
    asked_too TEXT COLLATE "C" NOT NULL,
    skill TEXT COLLATE "C" NOT NULL,
    county TEXT COLLATE "C" NOT NULL,
    urgent BIGINT NOT NULL,
    escalation TEXT COLLATE "C",
    requested_at BIGINT NOT NULL,
    response_ms BIGINT,
    next_due BIGINT,
    next_clock TEXT COLLATE "C",
    sort_due BIGINT NOT NULL
);
CREATE INDEX work_order_view_list ON work_order_view (tenant, sort_due, work_order_id);
CREATE INDEX work_order_view_case ON work_order_view (case_id);

CREATE TABLE claim_view (
    claim_id BYTEA PRIMARY KEY,
    case_id BYTEA NOT NULL,
    tenant BYTEA NOT NULL,
    claimant BYTEA NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    order_id BYTEA NOT NULL,
    line_id BYTEA NOT NULL,
    ask TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    reviewer BYTEA,
    second_reviewer BYTEA,
    fraud_referral BIGINT NOT NULL,
    to_look_at BIGINT NOT NULL,
    filed_at BIGINT NOT NULL,
    next_due BIGINT,
    next_clock TEXT COLLATE "C",
    sort_due BIGINT NOT NULL
);
CREATE INDEX claim_view_list ON claim_view (tenant, sort_due, claim_id);
CREATE INDEX claim_view_case ON claim_view (case_id);
CREATE INDEX claim_view_line ON claim_view (line_id);

CREATE TABLE clock_view (
    case_id BYTEA NOT NULL,
    clock TEXT COLLATE "C" NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (case_id, clock)
);
CREATE INDEX clock_view_due ON clock_view (due_at);

-- Plain tables; every change has an audited event in the same transaction. Each row of a table that neither the log nor the
-- projections cover has a checksum under the key of the rows, and all of them together a tally, sealed under the same key.
CREATE TABLE row_tally (
    id      BIGINT PRIMARY KEY CHECK (id = 1),
    changes BIGINT NOT NULL,
    sealed  BYTEA NOT NULL
);
CREATE TABLE tenants (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, name TEXT COLLATE "C" NOT NULL, mode TEXT COLLATE "C" NOT NULL, settings TEXT COLLATE "C" NOT NULL
);
CREATE TABLE users (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL REFERENCES tenants (id), login TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name TEXT COLLATE "C" NOT NULL, roles TEXT COLLATE "C" NOT NULL, password_phc TEXT COLLATE "C", disabled BIGINT NOT NULL,
    created_at BIGINT NOT NULL, technician BYTEA, failures BIGINT NOT NULL, locked_until BIGINT
);
CREATE INDEX users_tenant ON users (tenant, login);
CREATE TABLE sessions (
    checksum BIGINT NOT NULL,
    token_hash BYTEA PRIMARY KEY, "user" BYTEA, "case" BYTEA, tenant BYTEA NOT NULL,
    created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions ("user");
CREATE TABLE api_tokens (
    checksum BIGINT NOT NULL,
    id TEXT COLLATE "C" PRIMARY KEY, token_hash BYTEA NOT NULL UNIQUE, "user" BYTEA NOT NULL, tenant BYTEA NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT, revoked BIGINT NOT NULL
);
CREATE TABLE one_time_links (
    checksum BIGINT NOT NULL,
    token_hash BYTEA PRIMARY KEY, "user" BYTEA NOT NULL, purpose TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL, used_at BIGINT
);
CREATE TABLE persons (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, wrapped_key BYTEA, name BYTEA, phone BYTEA, address BYTEA,
    place BYTEA, masked_name BYTEA, masked_phone BYTEA, masked_address BYTEA, phone_index BYTEA,
    last4_index BYTEA, created_at BIGINT NOT NULL, shredded_at BIGINT
);
CREATE INDEX persons_phone ON persons (tenant, phone_index);
CREATE TABLE case_keys (
    checksum BIGINT NOT NULL,
    "case" BYTEA NOT NULL, party TEXT COLLATE "C" NOT NULL, wrapped_key BYTEA NOT NULL, PRIMARY KEY ("case", party)
);
CREATE TABLE case_access (
    checksum BIGINT NOT NULL,
    "case" BYTEA PRIMARY KEY, link_token_hash BYTEA NOT NULL UNIQUE, code_hash BYTEA NOT NULL,
    failures BIGINT NOT NULL, locked_until BIGINT, created_at BIGINT NOT NULL, revoked BIGINT NOT NULL
);
CREATE TABLE products (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, code TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL, skill TEXT COLLATE "C" NOT NULL, warranty_days BIGINT NOT NULL,
    perishable BIGINT NOT NULL, updated_at BIGINT NOT NULL, UNIQUE (tenant, code)
);
CREATE TABLE skus (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, product BYTEA NOT NULL REFERENCES products (id), code TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL, UNIQUE (product, code)
);
CREATE TABLE listing_photos (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, product BYTEA NOT NULL REFERENCES products (id), tenant BYTEA NOT NULL,
    version BIGINT NOT NULL, blob TEXT COLLATE "C" NOT NULL, media_type TEXT COLLATE "C" NOT NULL, bytes BIGINT NOT NULL,
    fingerprint BYTEA NOT NULL, added_at BIGINT NOT NULL, retired_at BIGINT,
    declared_by BYTEA, declared_at BIGINT, judged_by BYTEA, judged_at BIGINT, judged_why TEXT COLLATE "C",
    UNIQUE (product, version)
);
CREATE TABLE orders (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, number TEXT COLLATE "C" NOT NULL, buyer BYTEA, platform TEXT COLLATE "C" NOT NULL,
    paid_at BIGINT NOT NULL, delivered_at BIGINT, created_at BIGINT NOT NULL, UNIQUE (tenant, number)
);
CREATE TABLE order_lines (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, "order" BYTEA NOT NULL REFERENCES orders (id), sku BYTEA,
    product BYTEA NOT NULL REFERENCES products (id), name TEXT COLLATE "C" NOT NULL, quantity BIGINT NOT NULL,
    paid_fen BIGINT NOT NULL, refunded_fen BIGINT NOT NULL CHECK (refunded_fen <= paid_fen),
    serial TEXT COLLATE "C", warranty_until BIGINT, perishable BIGINT NOT NULL
);
CREATE INDEX order_lines_order ON order_lines ("order");
CREATE TABLE price_book (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, code TEXT COLLATE "C" NOT NULL, label TEXT COLLATE "C" NOT NULL, skill TEXT COLLATE "C" NOT NULL,
    amount_fen BIGINT NOT NULL, updated_at BIGINT NOT NULL, PRIMARY KEY (tenant, code)
);
CREATE TABLE rule_packs (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, pack TEXT COLLATE "C" NOT NULL, version TEXT COLLATE "C" NOT NULL, text TEXT COLLATE "C" NOT NULL,
    published TEXT COLLATE "C", effective TEXT COLLATE "C", saved_at BIGINT NOT NULL, PRIMARY KEY (tenant, pack, version)
);
CREATE TABLE outlets (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, code TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL,
    county TEXT COLLATE "C" NOT NULL, latitude_e6 BIGINT NOT NULL, longitude_e6 BIGINT NOT NULL, UNIQUE (tenant, code)
);
CREATE TABLE technicians (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, "user" BYTEA NOT NULL REFERENCES users (id),
    display_name TEXT COLLATE "C" NOT NULL, outlet BYTEA, skills TEXT COLLATE "C" NOT NULL, counties TEXT COLLATE "C" NOT NULL,
    latitude_e6 BIGINT NOT NULL, longitude_e6 BIGINT NOT NULL, reach_m BIGINT NOT NULL, active BIGINT NOT NULL,
    hours TEXT COLLATE "C" NOT NULL,
    absences TEXT COLLATE "C" NOT NULL,
    equipment TEXT COLLATE "C" NOT NULL
);
CREATE INDEX technicians_tenant ON technicians (tenant);
CREATE TABLE evidence_blobs (
    checksum BIGINT NOT NULL,
    evidence BYTEA PRIMARY KEY, "case" BYTEA NOT NULL, claim BYTEA, work_order BYTEA, tenant BYTEA NOT NULL,
    blob TEXT COLLATE "C" NOT NULL, preview_blob TEXT COLLATE "C", bytes BIGINT NOT NULL, media_type TEXT COLLATE "C" NOT NULL,
    plain_hash_sealed BYTEA NOT NULL, exact_index BYTEA NOT NULL, party TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL, marks_sealed BYTEA,
    copy_blob TEXT COLLATE "C", clip TEXT COLLATE "C"
);
CREATE INDEX evidence_blobs_exact ON evidence_blobs (tenant, exact_index);
CREATE INDEX evidence_blobs_case ON evidence_blobs ("case");
CREATE TABLE fingerprints (
    checksum BIGINT NOT NULL,
    evidence BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, "case" BYTEA NOT NULL, person BYTEA NOT NULL,
    "order" BYTEA, sealed BYTEA NOT NULL, expires_at BIGINT NOT NULL
);
CREATE INDEX fingerprints_tenant ON fingerprints (tenant, evidence);
CREATE INDEX fingerprints_expire ON fingerprints (expires_at, evidence);
CREATE TABLE blobs (
    checksum BIGINT NOT NULL,
    name TEXT COLLATE "C" PRIMARY KEY, bytes BIGINT NOT NULL, created_at BIGINT NOT NULL
);

-- Work that waits, answers that are kept, messages for subscribers.
CREATE TABLE jobs (
    checksum BIGINT NOT NULL,
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    payload TEXT COLLATE "C" NOT NULL,
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    leased_until BIGINT,
    last_error TEXT COLLATE "C",
    done_at BIGINT,
    unique_key TEXT COLLATE "C" UNIQUE
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE done_at IS NULL;
CREATE TABLE idempotency (
    checksum BIGINT NOT NULL,
    scope TEXT COLLATE "C" NOT NULL, key TEXT COLLATE "C" NOT NULL, body_hash BYTEA NOT NULL, status BIGINT NOT NULL,
    body BYTEA NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (scope, key)
);
CREATE TABLE outbox (
    checksum BIGINT NOT NULL,
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, topic TEXT COLLATE "C" NOT NULL, payload TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL, delivered_at BIGINT
);
