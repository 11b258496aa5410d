-- One (target account, region) of a stack-group operation, as last seen.
-- Example: SELECT target_account_id, target_region_id, status_reason, last_seen_at FROM results WHERE operation_id = 'OPERATION_ID' AND phase = 'failed' ORDER BY target_account_id, target_region_id
CREATE VIEW results AS
SELECT
    o.service AS service, -- [word = ros] always ros
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group
    o.operation_id AS operation_id, -- the cloud's id of the operation
    g.resource_name AS resource_name, -- name of the stack group
    g.kind AS kind, -- what the operation does
    t.account_id AS target_account_id, -- account that is deployed to
    t.region_id AS target_region_id, -- region that is deployed to
    folder.value AS folder_id, -- resource directory folder of the account (service-managed groups)
    w.status AS status, -- status, trimmed
    w.phase AS phase, -- [word phase] meaning of status
    reason.value AS status_reason, -- reason given with the status
    utc(received_at(f.from_sequence)) AS first_seen_at, -- [time] receipt of the page that first held it
    utc(max(received_at(held.from_sequence), coalesce((
        SELECT l.ended_at FROM listing_end l WHERE l.op = v.op AND l.look IS NOT NULL
            AND l.end_sequence >= held.from_sequence
            AND l.end_sequence < CASE WHEN v.flags & 1 THEN 9223372036854775807 ELSE v.from_sequence END
        ORDER BY l.end_sequence DESC LIMIT 1), 0))) AS last_seen_at, -- [time] receipt of the last page or complete listing that held it
    v.version AS version, -- [integer] number of its newest version
    v.flags & 1 AS present -- [flag] 1 while it is in the list; 0 when two complete listings in a row lacked it
FROM operation o
JOIN result_version v ON v.op = o.op
LEFT JOIN result_version n ON n.op = v.op AND n.target = v.target AND n.version = v.version + 1
JOIN result_version f ON f.op = v.op AND f.target = v.target AND f.version = 1
JOIN result_version held ON held.op = v.op AND held.target = v.target
    AND held.version = CASE WHEN v.flags & 1 THEN v.version ELSE v.version - 1 END
JOIN target t ON t.target = v.target
JOIN result_status w ON w.status_no = v.status_no
LEFT JOIN result_text reason ON reason.text_no = v.reason_no
LEFT JOIN result_text folder ON folder.text_no = v.folder_no
LEFT JOIN operation_version g ON g.op = o.op AND g.version = (
    SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
WHERE n.op IS NULL
