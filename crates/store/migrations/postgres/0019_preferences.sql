-- When a program last used its token; rows of before have nothing, and so the checksums that they had.
ALTER TABLE api_tokens ADD COLUMN last_used_at BIGINT;
-- In which language somebody wants to be told, and when not: of an account, or of whoever claims. What is left open is as everybody's.
CREATE TABLE preferences (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, who BYTEA NOT NULL, lang TEXT COLLATE "C", quiet TEXT COLLATE "C", saved_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, who)
);
ALTER TABLE preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE preferences FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON preferences USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
-- What a tenant set for itself, found without reading its whole log.
CREATE INDEX events_settings ON events (stream_id, at) WHERE name = 'setting_changed.v1';
