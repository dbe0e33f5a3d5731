-- How parcels were packed: a record each, and its photos and clips.
CREATE TABLE packing_records (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, "order" BLOB NOT NULL REFERENCES orders (id), packer BLOB NOT NULL,
    nonce TEXT, offline INTEGER NOT NULL, begun_at INTEGER NOT NULL, ended_at INTEGER,
    client_begun_at INTEGER, client_ended_at INTEGER, pieces INTEGER NOT NULL, chain BLOB NOT NULL,
    sealed BLOB, expired_at INTEGER
) STRICT;
CREATE INDEX packing_records_order ON packing_records ("order", begun_at);
CREATE INDEX packing_records_latest ON packing_records (tenant, begun_at);
CREATE TABLE packing_pieces (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, record BLOB NOT NULL, tenant BLOB NOT NULL, number INTEGER NOT NULL,
    blob TEXT NOT NULL, preview_blob TEXT, copy_blob TEXT, bytes INTEGER NOT NULL, media_type TEXT NOT NULL,
    plain_hash_sealed BLOB NOT NULL, exact_index BLOB NOT NULL, added_at INTEGER NOT NULL, client_at INTEGER,
    clip TEXT, expired_at INTEGER, UNIQUE (record, number)
) STRICT;
CREATE INDEX packing_pieces_clips ON packing_pieces (tenant, added_at) WHERE clip IS NOT NULL AND expired_at IS NULL;
CREATE INDEX claim_view_order ON claim_view (order_id);
-- Where the beginning and the end of a record stand in the log.
CREATE INDEX events_packing ON events (stream_id, at) WHERE name IN ('packing_begun.v1', 'packing_ended.v1');
