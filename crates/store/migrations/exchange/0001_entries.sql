-- The list of an exchange: an entry is a leaf of its log, and is never changed.
CREATE TABLE entries (
    place INTEGER PRIMARY KEY NOT NULL,
    entry TEXT NOT NULL
) STRICT;

CREATE TRIGGER entries_stay_as_they_are BEFORE UPDATE ON entries
BEGIN
    SELECT RAISE(ABORT, 'entries are never changed');
END;

CREATE TRIGGER entries_stay BEFORE DELETE ON entries
BEGIN
    SELECT RAISE(ABORT, 'entries are never taken away');
END;

-- How often somebody asked about an own photo, a day (days since 1970): published.
CREATE TABLE queries (
    day INTEGER PRIMARY KEY NOT NULL,
    asked INTEGER NOT NULL
) STRICT;
