-- Applications to be a technician: what the applicant wrote is sealed, and goes when the time for it is over.
CREATE TABLE applications (
    checksum BIGINT NOT NULL,
    id BYTEA PRIMARY KEY, tenant BYTEA NOT NULL, token_hash BYTEA NOT NULL UNIQUE, person BYTEA NOT NULL, state TEXT NOT NULL,
    filed_at BIGINT NOT NULL, notice_version TEXT NOT NULL, purposes TEXT NOT NULL, county TEXT, skills TEXT NOT NULL,
    papers TEXT NOT NULL, numbers BYTEA, photo_key BYTEA, photos TEXT NOT NULL, decided_at BIGINT, reason BYTEA, reply BYTEA,
    replied_at BIGINT, reply_read_at BIGINT, "user" BYTEA, expired_at BIGINT
);
CREATE INDEX applications_of ON applications (tenant, state, filed_at);
CREATE INDEX applications_person ON applications (person);
ALTER TABLE applications ENABLE ROW LEVEL SECURITY;
ALTER TABLE applications FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON applications USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
