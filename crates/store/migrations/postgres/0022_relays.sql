-- The number that a technician is called through, a person of its own, sealed as every person is.
CREATE TABLE relay_lines (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, technician BYTEA NOT NULL, person BYTEA NOT NULL, saved_at BIGINT NOT NULL, PRIMARY KEY (tenant, technician)
);
-- The number that stands between a customer and a technician, sealed under the key of the case, for the time of a visit.
CREATE TABLE relays (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, work_order BYTEA NOT NULL, "case" BYTEA NOT NULL, technician BYTEA NOT NULL,
    binding TEXT COLLATE "C" NOT NULL, turn BIGINT NOT NULL, number BYTEA NOT NULL, bound_at BIGINT NOT NULL, until BIGINT NOT NULL,
    ended_at BIGINT, PRIMARY KEY (tenant, work_order)
);
ALTER TABLE relay_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE relay_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON relay_lines USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
ALTER TABLE relays ENABLE ROW LEVEL SECURITY;
ALTER TABLE relays FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON relays USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
