-- What ends by itself: when a clip went, and cases whose end is held up, such as for a court.
ALTER TABLE evidence_blobs ADD COLUMN expired_at BIGINT;
CREATE TABLE legal_holds (
    checksum BIGINT NOT NULL,
    "case" BYTEA NOT NULL, placed_at BIGINT NOT NULL, tenant BYTEA NOT NULL, reason_sealed BYTEA NOT NULL,
    released_at BIGINT, PRIMARY KEY ("case", placed_at)
);
CREATE INDEX persons_kept ON persons (tenant, created_at) WHERE wrapped_key IS NOT NULL;
CREATE INDEX evidence_blobs_clips ON evidence_blobs (tenant, created_at) WHERE clip IS NOT NULL AND expired_at IS NULL;
CREATE INDEX orders_buyer ON orders (buyer) WHERE buyer IS NOT NULL;
CREATE INDEX case_view_order ON case_view (order_id) WHERE order_id IS NOT NULL;
-- What was revealed to somebody in the last hour is looked at before the next.
CREATE INDEX events_reveals ON events (stream_id, at) WHERE name = 'data_revealed.v1';
