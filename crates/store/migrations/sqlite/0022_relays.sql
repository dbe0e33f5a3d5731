-- The number that a technician is called through, a person of its own, sealed as every person is.
CREATE TABLE relay_lines (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, technician BLOB NOT NULL, person BLOB NOT NULL, saved_at INTEGER NOT NULL, PRIMARY KEY (tenant, technician)
) STRICT;
-- The number that stands between a customer and a technician, sealed under the key of the case, for the time of a visit.
CREATE TABLE relays (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, work_order BLOB NOT NULL, "case" BLOB NOT NULL, technician BLOB NOT NULL, binding TEXT NOT NULL,
    turn INTEGER NOT NULL, number BLOB NOT NULL, bound_at INTEGER NOT NULL, until INTEGER NOT NULL, ended_at INTEGER,
    PRIMARY KEY (tenant, work_order)
) STRICT;
