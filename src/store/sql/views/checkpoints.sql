-- One signed head of the tree.
-- Example: SELECT evidence_size, evidence_root, covers_until FROM checkpoints ORDER BY evidence_size DESC LIMIT 1
CREATE VIEW checkpoints AS
SELECT
    c.size AS evidence_size, -- [integer] leaves that it covers
    lower(hex(c.root)) AS evidence_root, -- RFC 6962 root of these leaves, hexadecimal
    c.origin AS origin, -- name of the log and of the key that signed it
    utc(coalesce(json_extract(l.record, '$.ended_at'), json_extract(l.record, '$.received_at'), json_extract(l.record, '$.at'), json_extract(l.record, '$.requested_at'))) AS covers_until, -- [time] time of the last leaf that it covers, by our clock; NULL where that leaf bears none
    c.note AS note -- the checkpoint: a C2SP signed note
FROM checkpoint c
LEFT JOIN leaf l ON l.sequence = c.size - 1
