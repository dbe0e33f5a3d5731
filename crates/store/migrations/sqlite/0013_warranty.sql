-- What happened to an item with a serial number: its sale, its repairs with their parts, its exchange.
CREATE TABLE warranty_entries (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, source TEXT NOT NULL, serial TEXT NOT NULL, shown TEXT NOT NULL, at INTEGER NOT NULL,
    "case" BLOB, work_order BLOB, entry TEXT NOT NULL, saved_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, source)
) STRICT;
CREATE INDEX warranty_entries_serial ON warranty_entries (tenant, serial, at);
-- What technicians are owed for finished work; a line is settled once, whatever statement it stands in.
CREATE TABLE statements (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, technician BLOB NOT NULL, month TEXT NOT NULL, total_fen INTEGER NOT NULL,
    tariff TEXT NOT NULL, made_by BLOB NOT NULL, made_at INTEGER NOT NULL, approved_by BLOB, approved_at INTEGER
) STRICT;
CREATE INDEX statements_month ON statements (tenant, month, made_at);
CREATE TABLE statement_lines (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, source TEXT NOT NULL, statement BLOB, number INTEGER, technician BLOB NOT NULL, "case" BLOB,
    work_order BLOB, kind TEXT NOT NULL, amount_fen INTEGER NOT NULL, reason TEXT, waited INTEGER NOT NULL, made_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, source)
) STRICT;
CREATE INDEX statement_lines_statement ON statement_lines (statement, number);
CREATE INDEX statement_lines_waiting ON statement_lines (tenant, technician) WHERE statement IS NULL;
-- Parts at outlets, never below nothing, and what was done with them, each act once.
CREATE TABLE outlet_stock (
    checksum INTEGER NOT NULL,
    outlet BLOB NOT NULL, part TEXT NOT NULL, tenant BLOB NOT NULL, count INTEGER NOT NULL CHECK (count >= 0),
    reorder_at INTEGER NOT NULL, PRIMARY KEY (outlet, part)
) STRICT;
CREATE INDEX outlet_stock_tenant ON outlet_stock (tenant, outlet, part);
CREATE TABLE stock_moves (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, key TEXT NOT NULL, act TEXT NOT NULL, outlet BLOB NOT NULL, part TEXT NOT NULL, count INTEGER NOT NULL,
    technician BLOB, by BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (tenant, key)
) STRICT;
