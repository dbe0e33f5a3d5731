-- What an outlet is owed as a whole, beside what its technicians are owed. Rows of before have no outlet, and so the checksums that
-- they had. SQLite takes no constraint away, so both tables are made anew.
CREATE TABLE statements_before AS SELECT * FROM statements;
DROP TABLE statements;
CREATE TABLE statements (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, technician BLOB, month TEXT NOT NULL, total_fen INTEGER NOT NULL,
    tariff TEXT NOT NULL, made_by BLOB NOT NULL, made_at INTEGER NOT NULL, approved_by BLOB, approved_at INTEGER, outlet BLOB,
    CHECK ((technician IS NULL) <> (outlet IS NULL))
) STRICT;
CREATE INDEX statements_month ON statements (tenant, month, made_at);
INSERT INTO statements (checksum, id, tenant, technician, month, total_fen, tariff, made_by, made_at, approved_by, approved_at)
SELECT checksum, id, tenant, technician, month, total_fen, tariff, made_by, made_at, approved_by, approved_at FROM statements_before;
DROP TABLE statements_before;
CREATE TABLE statement_lines_before AS SELECT * FROM statement_lines;
DROP TABLE statement_lines;
CREATE TABLE statement_lines (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, source TEXT NOT NULL, statement BLOB, number INTEGER, technician BLOB, "case" BLOB,
    work_order BLOB, kind TEXT NOT NULL, amount_fen INTEGER NOT NULL, reason TEXT, waited INTEGER NOT NULL, made_at INTEGER NOT NULL,
    outlet BLOB, PRIMARY KEY (tenant, source), CHECK (technician IS NOT NULL OR outlet IS NOT NULL)
) STRICT;
CREATE INDEX statement_lines_statement ON statement_lines (statement, number);
CREATE INDEX statement_lines_waiting ON statement_lines (tenant, technician) WHERE statement IS NULL;
CREATE INDEX statement_lines_waiting_outlet ON statement_lines (tenant, outlet) WHERE statement IS NULL;
CREATE INDEX statement_lines_work_order ON statement_lines (tenant, work_order);
INSERT INTO statement_lines (
    checksum, tenant, source, statement, number, technician, "case", work_order, kind, amount_fen, reason, waited, made_at
)
SELECT checksum, tenant, source, statement, number, technician, "case", work_order, kind, amount_fen, reason, waited, made_at
FROM statement_lines_before;
DROP TABLE statement_lines_before;
-- Old parts that come back for new ones, each once: owed, at an outlet, sent on, or let go for a reason.
CREATE TABLE cores (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, work_order BLOB NOT NULL, place INTEGER NOT NULL, "case" BLOB NOT NULL,
    technician BLOB NOT NULL, part TEXT NOT NULL, faulty TEXT NOT NULL, replacement TEXT NOT NULL, serial TEXT NOT NULL,
    state TEXT NOT NULL, outlet BLOB, reason TEXT, owed_at INTEGER NOT NULL, due_at INTEGER NOT NULL, changed_by BLOB,
    changed_at INTEGER, UNIQUE (tenant, work_order, part, place)
) STRICT;
CREATE INDEX cores_state ON cores (tenant, state, due_at, id);
CREATE INDEX cores_serial ON cores (tenant, serial);
