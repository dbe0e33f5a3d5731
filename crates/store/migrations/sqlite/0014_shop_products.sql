-- Which shop keeps a product with its variants and its listing photos; nothing where a tenant has one shop. Two shops may have
-- the same code. Rows of before have nothing, and so the checksums that they had. SQLite takes no constraint away, so the table
-- is made anew; whether everything that points at it still does is looked at when the transaction ends.
PRAGMA defer_foreign_keys = ON;
CREATE INDEX order_lines_product ON order_lines (product);
CREATE TABLE products_before AS SELECT * FROM products;
DROP TABLE products;
CREATE TABLE products (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,
    category TEXT NOT NULL, skill TEXT NOT NULL, warranty_days INTEGER NOT NULL,
    perishable INTEGER NOT NULL, updated_at INTEGER NOT NULL, shop TEXT
) STRICT;
CREATE UNIQUE INDEX products_code ON products (tenant, coalesce(shop, ''), code);
INSERT INTO products (checksum, id, tenant, code, name, category, skill, warranty_days, perishable, updated_at)
SELECT checksum, id, tenant, code, name, category, skill, warranty_days, perishable, updated_at FROM products_before;
DROP TABLE products_before;
DROP INDEX order_lines_product;
