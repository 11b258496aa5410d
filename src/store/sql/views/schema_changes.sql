-- One time at which the file was brought to a newer schema.
-- Example: SELECT changed_at, schema_before, schema_after, program FROM schema_changes ORDER BY schema_change_id
CREATE VIEW schema_changes AS
SELECT
    s.sequence AS schema_change_id, -- [integer] its evidence
    utc(json_extract(l.record, '$.at')) AS changed_at, -- [time] when that was kept
    json_extract(l.record, '$.from') AS schema_before, -- [integer] number of the schema before
    json_extract(l.record, '$.to') AS schema_after, -- [integer] number of the schema since
    json_extract(l.record, '$.program') AS program, -- program and version that did it
    json_extract(l.record, '$.copy') AS copy_name -- name of the copy that was made before; NULL where there was nothing to copy
FROM schema_change s
JOIN leaf l ON l.sequence = s.sequence
