-- Which acts of the log opened something of a person or of a case: a projection, made of the events.
CREATE TABLE opening_view (
    subject BLOB NOT NULL, seq INTEGER NOT NULL, tenant BLOB NOT NULL, PRIMARY KEY (subject, seq)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO opening_view (subject, seq, tenant)
SELECT unhex(json_extract(CAST(payload AS TEXT), '$.body.person'), '-'), seq, stream_id
    FROM events WHERE stream_kind = 'audit' AND name = 'data_revealed.v1'
UNION ALL SELECT unhex(json_extract(CAST(payload AS TEXT), '$.body.case'), '-'), seq, stream_id
    FROM events WHERE stream_kind = 'audit' AND name = 'case_read.v1'
UNION ALL SELECT unhex(p.value, '-'), e.seq, e.stream_id
    FROM events e, json_each(CAST(e.payload AS TEXT), '$.body.persons') p WHERE e.stream_kind = 'audit' AND e.name = 'data_used.v1';
