-- One time at which the log was taken up again from a copy, or without its state directory.
-- Example: SELECT restored_at, os_user, reason, known_size FROM restores ORDER BY restore_id
CREATE VIEW restores AS
SELECT
    r.sequence AS restore_id, -- [integer] its evidence: as many leaves stood before it
    utc(json_extract(l.record, '$.at')) AS restored_at, -- [time] when
    json_extract(l.record, '$.user') AS os_user, -- user of the operating system
    json_extract(l.record, '$.host') AS host, -- name of the host
    json_extract(l.record, '$.reason') AS reason, -- why, in that person's words
    json_extract(l.record, '$.known_origin') AS known_origin, -- origin of the newest checkpoint that was known; NULL where none was
    json_extract(l.record, '$.known_size') AS known_size, -- [integer] leaves that it covers; those beyond restore_id are lost
    json_extract(l.record, '$.known_root') AS known_root -- its root, hexadecimal
FROM restoration r
JOIN leaf l ON l.sequence = r.sequence
