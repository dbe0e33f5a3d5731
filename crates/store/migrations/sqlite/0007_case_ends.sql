-- What ended of a case by the rules: `photos`, `texts`.
CREATE TABLE case_ends (
    checksum INTEGER NOT NULL,
    "case" BLOB NOT NULL, part TEXT NOT NULL, tenant BLOB NOT NULL, ended_at INTEGER NOT NULL, PRIMARY KEY ("case", part)
) STRICT;
