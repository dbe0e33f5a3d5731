-- What claimants asked for themselves: that their data be destroyed, once it may be.
CREATE TABLE erasure_requests (
    checksum BIGINT NOT NULL,
    "case" BYTEA NOT NULL, asked_at BIGINT NOT NULL, tenant BYTEA NOT NULL, everywhere BIGINT NOT NULL, due_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL, cancelled_at BIGINT, done_at BIGINT, PRIMARY KEY ("case", asked_at)
);
CREATE INDEX erasure_requests_due ON erasure_requests (tenant, next_at) WHERE cancelled_at IS NULL AND done_at IS NULL;
ALTER TABLE erasure_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON erasure_requests USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
