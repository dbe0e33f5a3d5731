-- What an outlet is owed as a whole, beside what its technicians are owed. Rows of before have no outlet, and so the checksums that
-- they had.
ALTER TABLE statements ADD COLUMN outlet BYTEA;
ALTER TABLE statements ALTER COLUMN technician DROP NOT NULL;
ALTER TABLE statements ADD CONSTRAINT statements_payee CHECK ((technician IS NULL) <> (outlet IS NULL));
ALTER TABLE statement_lines ADD COLUMN outlet BYTEA;
ALTER TABLE statement_lines ALTER COLUMN technician DROP NOT NULL;
ALTER TABLE statement_lines ADD CONSTRAINT statement_lines_payee CHECK (technician IS NOT NULL OR outlet IS NOT NULL);
CREATE INDEX statement_lines_waiting_outlet ON statement_lines (tenant, outlet) WHERE statement IS NULL;
CREATE INDEX statement_lines_work_order ON statement_lines (tenant, work_order);
-- Old parts that come back for new ones, each once: owed, at an outlet, sent on, or let go for a reason.
CREATE TABLE cores (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, work_order BYTEA NOT NULL, place BIGINT NOT NULL, "case" BYTEA NOT NULL,
    technician BYTEA NOT NULL, part TEXT COLLATE "C" NOT NULL, faulty TEXT COLLATE "C" NOT NULL,
    replacement TEXT COLLATE "C" NOT NULL, serial TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL, outlet BYTEA, reason TEXT COLLATE "C", owed_at BIGINT NOT NULL, due_at BIGINT NOT NULL,
    changed_by BYTEA, changed_at BIGINT, UNIQUE (tenant, work_order, part, place)
);
CREATE INDEX cores_state ON cores (tenant, state, due_at, id);
CREATE INDEX cores_serial ON cores (tenant, serial);
ALTER TABLE cores ENABLE ROW LEVEL SECURITY;
ALTER TABLE cores FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON cores USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
