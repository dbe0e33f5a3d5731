-- The list of an exchange: an entry is a leaf of its log, and is never changed.
CREATE TABLE entries (
    place BIGINT PRIMARY KEY,
    entry TEXT COLLATE "C" NOT NULL
);

CREATE FUNCTION entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries are never changed and never taken away';
END;
$$;
CREATE TRIGGER entries_stay_as_they_are BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION entries_stay();

-- How often somebody asked about an own photo, a day (days since 1970): published.
CREATE TABLE queries (
    day BIGINT PRIMARY KEY,
    asked BIGINT NOT NULL
);
