-- One collector that was started and asked nothing.
-- Example: SELECT skipped_at, cause, host, detail FROM runs_skipped ORDER BY skipped_id DESC
CREATE VIEW runs_skipped AS
SELECT
    s.sequence AS skipped_id, -- [integer] its evidence
    utc(s.at) AS skipped_at, -- [time] when
    s.cause AS cause, -- [word = locked disk] locked (another collector was at work) or disk (too little room)
    json_extract(l.record, '$.user') AS os_user, -- user of the operating system
    json_extract(l.record, '$.host') AS host, -- machine
    json_extract(l.record, '$.process_id') AS process_id, -- [integer] process, by the operating system's number
    json_extract(l.record, '$.detail') AS detail -- more about it
FROM run_skipped s
JOIN leaf l ON l.sequence = s.sequence
