-- Which shop an order is of, and whose claims an account answers; nothing where a tenant has one shop. Rows of before have
-- nothing, and so the checksums that they had.
ALTER TABLE orders ADD COLUMN shop TEXT;
ALTER TABLE users ADD COLUMN shops TEXT;
-- Whether somebody is late with a claim, and whose word a review waits for.
ALTER TABLE claim_view ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
ALTER TABLE claim_view ADD COLUMN awaited TEXT;
