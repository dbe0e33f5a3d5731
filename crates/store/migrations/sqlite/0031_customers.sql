-- Customers who were taken over from another program. Name, number and address are sealed with the person; the number of the shop
-- stays when these are destroyed, so that the next import brings nobody back.
CREATE TABLE customers (
    checksum INTEGER NOT NULL,
    person BLOB PRIMARY KEY, tenant BLOB NOT NULL, number TEXT, lang TEXT, content BLOB, saved_at INTEGER NOT NULL
) STRICT;
CREATE INDEX customers_of ON customers (tenant, person);
CREATE INDEX customers_number ON customers (tenant, number);
