-- Rotations of the key encryption keys of a tenant. Nothing is wrapped under a version before the latest of these any more: who
-- tries has an old keyring, and is refused.
CREATE TABLE key_rotations (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, version INTEGER NOT NULL, begun_at INTEGER NOT NULL, ended_at INTEGER,
    persons INTEGER, cases INTEGER, PRIMARY KEY (tenant, version)
) STRICT;
