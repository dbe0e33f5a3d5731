-- Applications to be a technician: what the applicant wrote is sealed, and goes when the time for it is over.
CREATE TABLE applications (
    checksum INTEGER NOT NULL,
    id BLOB PRIMARY KEY, tenant BLOB NOT NULL, token_hash BLOB NOT NULL UNIQUE, person BLOB NOT NULL, state TEXT NOT NULL,
    filed_at INTEGER NOT NULL, notice_version TEXT NOT NULL, purposes TEXT NOT NULL, county TEXT, skills TEXT NOT NULL,
    papers TEXT NOT NULL, numbers BLOB, photo_key BLOB, photos TEXT NOT NULL, decided_at INTEGER, reason BLOB, reply BLOB,
    replied_at INTEGER, reply_read_at INTEGER, "user" BLOB, expired_at INTEGER
) STRICT;
CREATE INDEX applications_of ON applications (tenant, state, filed_at);
CREATE INDEX applications_person ON applications (person);
