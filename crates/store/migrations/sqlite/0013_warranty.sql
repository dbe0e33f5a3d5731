-- What happened to an item with a serial number: its sale, its repairs with their parts, its exchange.
CREATE TABLE warranty_entries (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, source TEXT NOT NULL, serial TEXT NOT NULL, shown TEXT NOT NULL, at INTEGER NOT NULL,
    "case" BLOB, work_order BLOB, entry TEXT NOT NULL, saved_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, source)
) STRICT;
CREATE INDEX warranty_entries_serial ON warranty_entries (tenant, serial, at);
