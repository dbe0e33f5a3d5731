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
-- What technicians are owed for finished work; a line is settled once, whatever statement it stands in.
CREATE TABLE statements (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, technician BYTEA NOT NULL, month TEXT COLLATE "C" NOT NULL, total_fen BIGINT NOT NULL,
    tariff TEXT COLLATE "C" NOT NULL, made_by BYTEA NOT NULL, made_at BIGINT NOT NULL, approved_by BYTEA, approved_at BIGINT
);
CREATE INDEX statements_month ON statements (tenant, month, made_at);
CREATE TABLE statement_lines (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, source TEXT COLLATE "C" NOT NULL, statement BYTEA, number BIGINT, technician BYTEA NOT NULL, "case" BYTEA,
    work_order BYTEA, kind TEXT COLLATE "C" NOT NULL, amount_fen BIGINT NOT NULL, reason TEXT COLLATE "C", waited BIGINT NOT NULL, made_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, source)
);
CREATE INDEX statement_lines_statement ON statement_lines (statement, number);
CREATE INDEX statement_lines_waiting ON statement_lines (tenant, technician) WHERE statement IS NULL;
ALTER TABLE statements ENABLE ROW LEVEL SECURITY;
ALTER TABLE statements FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON statements USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
ALTER TABLE statement_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE statement_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON statement_lines USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
-- Parts at outlets, never below nothing, and what was done with them, each act once.
CREATE TABLE outlet_stock (
    checksum BIGINT NOT NULL,
    outlet BYTEA NOT NULL, part TEXT COLLATE "C" NOT NULL, tenant BYTEA NOT NULL, count BIGINT NOT NULL CHECK (count >= 0),
    reorder_at BIGINT NOT NULL, PRIMARY KEY (outlet, part)
);
CREATE INDEX outlet_stock_tenant ON outlet_stock (tenant, outlet, part);
CREATE TABLE stock_moves (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, key TEXT COLLATE "C" NOT NULL, act TEXT COLLATE "C" NOT NULL, outlet BYTEA NOT NULL,
    part TEXT COLLATE "C" NOT NULL, count BIGINT NOT NULL, technician BYTEA, by BYTEA NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (tenant, key)
);
ALTER TABLE outlet_stock ENABLE ROW LEVEL SECURITY;
ALTER TABLE outlet_stock FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON outlet_stock USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
ALTER TABLE stock_moves ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock_moves FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON stock_moves USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
