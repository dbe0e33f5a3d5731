-- What happened to an item with a serial number: its sale, its repairs with their parts, its exchange.
CREATE TABLE warranty_entries (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, source TEXT COLLATE "C" NOT NULL, serial TEXT COLLATE "C" NOT NULL, shown TEXT COLLATE "C" NOT NULL, at BIGINT NOT NULL,
    "case" BYTEA, work_order BYTEA, entry TEXT COLLATE "C" NOT NULL, saved_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, source)
);
CREATE INDEX warranty_entries_serial ON warranty_entries (tenant, serial, at);
ALTER TABLE warranty_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE warranty_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON warranty_entries USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
