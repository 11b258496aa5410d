-- One version of a result row.
-- Example: SELECT target_region_id, version, status, first_seen_at, replaced_at, changed FROM result_history WHERE operation_id = 'OPERATION_ID' ORDER BY target_account_id, target_region_id, version
CREATE VIEW result_history AS
SELECT
    o.service AS service, -- [word = ros] always ros
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group
    o.operation_id AS operation_id, -- the cloud's id of the operation
    g.resource_name AS resource_name, -- name of the stack group
    g.kind AS kind, -- what the operation does
    t.account_id AS target_account_id, -- account that is deployed to
    t.region_id AS target_region_id, -- region that is deployed to
    v.version AS version, -- [integer] from 1
    folder.value AS folder_id, -- resource directory folder of the account (service-managed groups)
    w.status AS status, -- status, trimmed
    w.phase AS phase, -- [word phase] meaning of status
    reason.value AS status_reason, -- reason given with the status
    utc(received_at(v.from_sequence)) AS first_seen_at, -- [time] receipt of the page that first showed it
    utc(max(received_at(v.from_sequence), coalesce((
        SELECT l.ended_at FROM listing_end l WHERE l.op = v.op AND l.look IS NOT NULL
            AND l.end_sequence >= v.from_sequence
            AND l.end_sequence < coalesce(n.from_sequence, 9223372036854775807)
        ORDER BY l.end_sequence DESC LIMIT 1), 0))) AS last_seen_at, -- [time] receipt of the last page or complete listing that showed it
    utc(received_at(n.from_sequence)) AS replaced_at, -- [time] receipt of the page that first showed another state; NULL while it is current
    n.op IS NULL AS is_current, -- [flag] 1 for the newest version
    v.flags & 1 AS present, -- [flag] 0 in the version that says that the row is gone
    CASE WHEN v.version > 1 THEN (
        SELECT json_group_array(c.name) FROM (
            SELECT 'status' AS name WHERE v.flags & 4
            UNION ALL SELECT 'status_reason' WHERE v.flags & 8
            UNION ALL SELECT 'folder_id' WHERE v.flags & 16
            UNION ALL SELECT 'present' WHERE v.flags & 32) c)
    END AS changed, -- [json] JSON array of the fields that differ from the version before; NULL for version 1
    e.listing_id AS listing_id -- [integer] the listing that first showed it
FROM operation o
JOIN result_version v ON v.op = o.op
LEFT JOIN result_version n ON n.op = v.op AND n.target = v.target AND n.version = v.version + 1
JOIN target t ON t.target = v.target
JOIN result_status w ON w.status_no = v.status_no
JOIN exchange e ON e.sequence = v.from_sequence
LEFT JOIN result_text reason ON reason.text_no = v.reason_no
LEFT JOIN result_text folder ON folder.text_no = v.folder_no
LEFT JOIN operation_version g ON g.op = o.op AND g.version = (
    SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
