-- Customers who were taken over from another program. Name, number and address are sealed with the person; the number of the shop
-- stays when these are destroyed, so that the next import brings nobody back.
CREATE TABLE customers (
    checksum BIGINT NOT NULL,
    person BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, number TEXT COLLATE "C", lang TEXT COLLATE "C", content BYTEA,
    saved_at BIGINT NOT NULL
);
CREATE INDEX customers_of ON customers (tenant, person);
CREATE INDEX customers_number ON customers (tenant, number);
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE customers FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON customers USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
