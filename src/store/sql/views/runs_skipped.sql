-- One collector that was started and asked nothing.
CREATE VIEW runs_skipped AS
SELECT
    s.sequence AS skipped_id, -- its evidence
    utc(s.at) AS skipped_at, -- when
    s.cause AS cause, -- locked (another collector was at work) or disk (too little room)
    json_extract(l.record, '$.user') AS os_user, -- user of the operating system
    json_extract(l.record, '$.host') AS host, -- machine
    json_extract(l.record, '$.process_id') AS process_id, -- process, by the operating system's number
    json_extract(l.record, '$.detail') AS detail -- more about it
FROM run_skipped s
JOIN leaf l ON l.sequence = s.sequence
