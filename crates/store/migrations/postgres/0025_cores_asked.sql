-- Who was asked when about an old part that is late. Rows of before have neither, and so the checksums that they had.
ALTER TABLE cores ADD COLUMN reminded_at BIGINT;
ALTER TABLE cores ADD COLUMN told_at BIGINT;
