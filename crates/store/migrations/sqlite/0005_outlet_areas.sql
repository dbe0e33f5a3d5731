-- What an outlet serves; nothing where nobody said. Rows of before have nothing, and so the checksums that they had.
ALTER TABLE outlets ADD COLUMN areas TEXT;
