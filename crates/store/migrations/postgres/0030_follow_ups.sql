-- Calls after finished work, and what came of them. Rows of before have neither, and so the checksums that they had.
ALTER TABLE calls ADD COLUMN follows BYTEA;
ALTER TABLE calls ADD COLUMN outcome TEXT;
