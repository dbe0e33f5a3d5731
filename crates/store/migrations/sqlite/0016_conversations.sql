-- Since when a claimant waits for a human to answer; nothing where nobody waits. `aftercare projections rebuild` finds messages of before.
ALTER TABLE case_view ADD COLUMN waiting_since INTEGER;
CREATE INDEX case_view_waiting ON case_view (tenant, waiting_since, case_id) WHERE waiting_since IS NOT NULL;
-- Who answers a claimant, what a colleague should know who takes over (sealed under the key of the case), and who looked last.
CREATE TABLE conversations (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, "case" BLOB NOT NULL, held_by BLOB, held_at INTEGER, note BLOB, note_by BLOB, noted_at INTEGER,
    seen_by BLOB, seen_at INTEGER, saved_at INTEGER NOT NULL, PRIMARY KEY (tenant, "case")
) STRICT;
-- Texts that colleagues use: replies, and questions of calls. A text that is saved again is another version of it.
CREATE TABLE desk_texts (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL, kind TEXT NOT NULL, lang TEXT NOT NULL, category TEXT NOT NULL,
    product BLOB, title TEXT NOT NULL, body TEXT NOT NULL, withdrawn INTEGER NOT NULL, saved_by BLOB NOT NULL, saved_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id, version)
) STRICT;
-- Prices of the price book that hold in a place, for a category of products, for a time.
CREATE TABLE area_prices (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, code TEXT NOT NULL, area TEXT NOT NULL, category TEXT NOT NULL, from_day TEXT NOT NULL, until_day TEXT,
    amount_fen INTEGER NOT NULL, saved_at INTEGER NOT NULL, PRIMARY KEY (tenant, code, area, category, from_day)
) STRICT;
