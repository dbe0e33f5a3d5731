-- Which acts of the log opened something of a person or of a case: a projection, made of the events.
CREATE TABLE opening_view (
    subject BYTEA NOT NULL, seq BIGINT NOT NULL, tenant BYTEA NOT NULL, PRIMARY KEY (subject, seq)
);
INSERT INTO opening_view (subject, seq, tenant)
SELECT decode(replace(found.subject, '-', ''), 'hex'), found.seq, found.stream_id FROM (
    SELECT convert_from(payload, 'UTF8')::json -> 'body' ->> 'person' AS subject, seq, stream_id
        FROM events WHERE stream_kind = 'audit' AND name = 'data_revealed.v1'
    UNION ALL SELECT convert_from(payload, 'UTF8')::json -> 'body' ->> 'case', seq, stream_id
        FROM events WHERE stream_kind = 'audit' AND name = 'case_read.v1'
    UNION ALL SELECT json_array_elements_text(convert_from(payload, 'UTF8')::json -> 'body' -> 'persons'), seq, stream_id
        FROM events WHERE stream_kind = 'audit' AND name = 'data_used.v1'
) AS found
ON CONFLICT DO NOTHING;
ALTER TABLE opening_view ENABLE ROW LEVEL SECURITY;
ALTER TABLE opening_view FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON opening_view USING ((SELECT sees_all()) OR tenant = (SELECT sees_tenant()));
