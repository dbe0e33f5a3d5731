-- Which shop keeps a product with its variants and its listing photos; nothing where a tenant has one shop. Two shops may have
-- the same code. Rows of before have nothing, and so the checksums that they had.
ALTER TABLE products ADD COLUMN shop TEXT COLLATE "C";
ALTER TABLE products DROP CONSTRAINT products_tenant_code_key;
CREATE UNIQUE INDEX products_code ON products (tenant, coalesce(shop, ''), code);
