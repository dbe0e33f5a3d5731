-- Rotations of the key encryption keys of a tenant. Nothing is wrapped under a version before the latest of these any more: who
-- tries has an old keyring, and is refused.
CREATE TABLE key_rotations (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, version BIGINT NOT NULL, begun_at BIGINT NOT NULL, ended_at BIGINT,
    persons BIGINT, cases BIGINT, PRIMARY KEY (tenant, version)
);
