-- What ended of a case by the rules: `photos`, `texts`.
CREATE TABLE case_ends (
    checksum BIGINT NOT NULL,
    "case" BYTEA NOT NULL, part TEXT NOT NULL, tenant BYTEA NOT NULL, ended_at BIGINT NOT NULL, PRIMARY KEY ("case", part)
);
