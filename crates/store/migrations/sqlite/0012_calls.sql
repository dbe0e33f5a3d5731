-- Calls of people, and wishes to be called back. The number is with the person, the reference of the recording is sealed under their key.
CREATE TABLE calls (
    checksum INTEGER NOT NULL,
    tenant BLOB NOT NULL, id BLOB NOT NULL, person BLOB NOT NULL, "case" BLOB,
    rang_at INTEGER, answered_at INTEGER, missed_at INTEGER, ended_at INTEGER, asked_at INTEGER, tried_at INTEGER, tries INTEGER NOT NULL,
    recording BLOB, due_at INTEGER, claimed_by BLOB, claimed_at INTEGER, done_at INTEGER, saved_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
) STRICT;
CREATE INDEX calls_waiting ON calls (tenant, due_at) WHERE done_at IS NULL;
CREATE INDEX calls_answered ON calls (tenant, answered_at) WHERE done_at IS NULL;
CREATE INDEX calls_person ON calls (person);
