-- When a program last used its token; rows of before have nothing, and so the checksums that they had.
ALTER TABLE api_tokens ADD COLUMN last_used_at INTEGER;
-- In which language somebody wants to be told, and when not: of an account, or of whoever claims. What is left open is as everybody's.
CREATE TABLE preferences (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, who BLOB NOT NULL, lang TEXT, quiet TEXT, saved_at INTEGER NOT NULL, PRIMARY KEY (tenant, who)
) STRICT;
-- What a tenant set for itself, found without reading its whole log.
CREATE INDEX events_settings ON events (stream_id, at) WHERE name = 'setting_changed.v1';
