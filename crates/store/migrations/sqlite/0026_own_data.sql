-- What claimants asked for themselves: that their data be destroyed, once it may be.
CREATE TABLE erasure_requests (
    checksum INTEGER NOT NULL,
    "case" BLOB NOT NULL, asked_at INTEGER NOT NULL, tenant BLOB NOT NULL, everywhere INTEGER NOT NULL, due_at INTEGER NOT NULL,
    next_at INTEGER NOT NULL, cancelled_at INTEGER, done_at INTEGER, PRIMARY KEY ("case", asked_at)
) STRICT;
CREATE INDEX erasure_requests_due ON erasure_requests (tenant, next_at) WHERE cancelled_at IS NULL AND done_at IS NULL;
