-- Since when a claimant waits for a human to answer; nothing where nobody waits. `aftercare projections rebuild` finds messages of before.
ALTER TABLE case_view ADD COLUMN waiting_since BIGINT;
CREATE INDEX case_view_waiting ON case_view (tenant, waiting_since, case_id) WHERE waiting_since IS NOT NULL;
-- Who answers a claimant, what a colleague should know who takes over (sealed under the key of the case), and who looked last.
CREATE TABLE conversations (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, "case" BYTEA NOT NULL, held_by BYTEA, held_at BIGINT, note BYTEA, note_by BYTEA, noted_at BIGINT,
    seen_by BYTEA, seen_at BIGINT, saved_at BIGINT NOT NULL, PRIMARY KEY (tenant, "case")
);
-- Texts that colleagues use: replies, and questions of calls. A text that is saved again is another version of it.
CREATE TABLE desk_texts (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, id BYTEA NOT NULL, version BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL, lang TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL, product BYTEA, title TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL,
    withdrawn BIGINT NOT NULL, saved_by BYTEA NOT NULL, saved_at BIGINT NOT NULL, PRIMARY KEY (tenant, id, version)
);
ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
ALTER TABLE conversations FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON conversations USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
ALTER TABLE desk_texts ENABLE ROW LEVEL SECURITY;
ALTER TABLE desk_texts FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON desk_texts USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
-- Prices of the price book that hold in a place, for a category of products, for a time.
CREATE TABLE area_prices (
    checksum BIGINT NOT NULL,
    tenant BYTEA NOT NULL, code TEXT COLLATE "C" NOT NULL, area TEXT COLLATE "C" NOT NULL, category TEXT COLLATE "C" NOT NULL,
    from_day TEXT COLLATE "C" NOT NULL, until_day TEXT COLLATE "C", amount_fen BIGINT NOT NULL, saved_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, code, area, category, from_day)
);
ALTER TABLE area_prices ENABLE ROW LEVEL SECURITY;
ALTER TABLE area_prices FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON area_prices USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
