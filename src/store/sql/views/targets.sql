-- One account and region of a stack group, with the latest result of deploying there: of CREATE and UPDATE operations
-- that list it, the one that the cloud started last, of several the one that was seen first last. Rows that are gone
-- from their list are no result; nor is a DELETE, so that a target that was taken down is still here.
-- Example: SELECT resource_name, target_account_id, target_region_id, status_reason, since, last_success_at FROM targets WHERE phase = 'failed' ORDER BY resource_name, target_account_id, target_region_id
CREATE VIEW targets AS
WITH deployment AS MATERIALIZED (
    SELECT o.op AS op, o.account_id AS account_id, o.region_id AS region_id, o.operation_id AS operation_id,
        g.resource_id AS resource_id, g.resource_name AS resource_name, g.kind AS kind,
        row_number() OVER (ORDER BY g.cloud_started_at, f.from_sequence) AS place
    FROM operation o
    JOIN operation_version g ON g.op = o.op AND g.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
    JOIN operation_version f ON f.op = o.op AND f.version = 1
    WHERE o.service = 'ros' AND g.kind IN ('CREATE', 'UPDATE') AND g.resource_id IS NOT NULL
), latest AS (
    SELECT d.account_id AS account_id, d.region_id AS region_id, d.resource_id AS resource_id, v.target AS target,
        max(d.place) AS place, max(CASE WHEN w.phase = 'succeeded' THEN d.place END) AS success_place
    FROM deployment d
    CROSS JOIN result_version v ON v.op = d.op
    JOIN result_status w ON w.status_no = v.status_no
    WHERE v.flags & 1 AND NOT EXISTS (
        SELECT 1 FROM result_version n WHERE n.op = v.op AND n.target = v.target AND n.version = v.version + 1)
    GROUP BY d.account_id, d.region_id, d.resource_id, v.target
)
SELECT
    'ros' AS service, -- [word = ros] always ros
    l.account_id AS account_id, -- account whose credentials asked
    l.region_id AS region_id, -- region of the stack group
    l.resource_id AS resource_id, -- id of the stack group
    d.resource_name AS resource_name, -- its name, as the operation had it
    t.account_id AS target_account_id, -- account that is deployed to
    t.region_id AS target_region_id, -- region that is deployed to
    d.operation_id AS operation_id, -- the cloud's id of the operation
    d.kind AS kind, -- CREATE or UPDATE
    w.status AS status, -- status of the target in it, trimmed
    w.phase AS phase, -- [word phase] meaning of status
    reason.value AS status_reason, -- reason given with the status
    utc(received_at((SELECT s.from_sequence FROM result_version s WHERE s.op = v.op AND s.target = v.target AND s.flags & 2
        ORDER BY s.version DESC LIMIT 1))) AS since, -- [time] receipt of the page that first showed this status, without another since
    utc(received_at((SELECT s.from_sequence FROM result_version s WHERE s.op = p.op AND s.target = l.target AND s.flags & 2
        ORDER BY s.version DESC LIMIT 1))) AS last_success_at, -- [time] the same of the latest of these operations in which it succeeded; NULL where none did
    p.operation_id AS last_success_operation_id -- the cloud's id of that operation; NULL where none succeeded
FROM latest l
CROSS JOIN deployment d ON d.place = l.place
CROSS JOIN result_version v ON v.op = d.op AND v.target = l.target AND v.version = (
    SELECT max(m.version) FROM result_version m WHERE m.op = d.op AND m.target = l.target)
JOIN result_status w ON w.status_no = v.status_no
JOIN target t ON t.target = l.target
LEFT JOIN result_text reason ON reason.text_no = v.reason_no
LEFT JOIN deployment p ON p.place = l.success_place
