-- Calls of people, and wishes to be called back. The number is with the person, the reference of the recording is sealed under their key.
CREATE TABLE calls (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, id BYTEA NOT NULL, person BYTEA NOT NULL, "case" BYTEA,
    rang_at BIGINT, answered_at BIGINT, missed_at BIGINT, ended_at BIGINT, asked_at BIGINT, tried_at BIGINT, tries BIGINT NOT NULL,
    recording BYTEA, due_at BIGINT, claimed_by BYTEA, claimed_at BIGINT, done_at BIGINT, saved_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX calls_waiting ON calls (tenant, due_at) WHERE done_at IS NULL;
CREATE INDEX calls_answered ON calls (tenant, answered_at) WHERE done_at IS NULL;
CREATE INDEX calls_person ON calls (person);
ALTER TABLE calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON calls USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
