-- How parcels were packed: a record each, and its photos and clips.
CREATE TABLE packing_records (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, "order" BYTEA NOT NULL REFERENCES orders (id), packer BYTEA NOT NULL,
    nonce TEXT COLLATE "C", offline BIGINT NOT NULL, begun_at BIGINT NOT NULL, ended_at BIGINT,
    client_begun_at BIGINT, client_ended_at BIGINT, pieces BIGINT NOT NULL, chain BYTEA NOT NULL,
    sealed BYTEA, expired_at BIGINT
);
CREATE INDEX packing_records_order ON packing_records ("order", begun_at);
CREATE INDEX packing_records_latest ON packing_records (tenant, begun_at);
CREATE TABLE packing_pieces (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, record BYTEA NOT NULL, tenant BYTEA NOT NULL, number BIGINT NOT NULL,
    blob TEXT COLLATE "C" NOT NULL, preview_blob TEXT COLLATE "C", copy_blob TEXT COLLATE "C", bytes BIGINT NOT NULL, media_type TEXT COLLATE "C" NOT NULL,
    plain_hash_sealed BYTEA NOT NULL, exact_index BYTEA NOT NULL, added_at BIGINT NOT NULL, client_at BIGINT,
    clip TEXT COLLATE "C", expired_at BIGINT, UNIQUE (record, number)
);
CREATE INDEX packing_pieces_clips ON packing_pieces (tenant, added_at) WHERE clip IS NOT NULL AND expired_at IS NULL;
CREATE INDEX claim_view_order ON claim_view (order_id);
-- Where the beginning and the end of a record stand in the log.
CREATE INDEX events_packing ON events (stream_id, at) WHERE name IN ('packing_begun.v1', 'packing_ended.v1');
-- Each tenant's connections see their own alone.
ALTER TABLE packing_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE packing_records FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON packing_records USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
ALTER TABLE packing_pieces ENABLE ROW LEVEL SECURITY;
ALTER TABLE packing_pieces FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON packing_pieces USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
