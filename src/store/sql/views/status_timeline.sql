-- Stretches of status of operations and of their results, in one shape. For joins use operation_timeline and
-- result_timeline: SQLite cannot look into a union from outside.
-- Example: SELECT scope, target_account_id, target_region_id, status, entered_latest_at, left_latest_at FROM status_timeline WHERE operation_id = 'OPERATION_ID' ORDER BY entered_latest_at
CREATE VIEW status_timeline AS
SELECT
    service AS service, -- [word service] ros, bpstudio or alidns
    account_id AS account_id, -- account whose credentials asked
    region_id AS region_id, -- region of the stack group; empty where the service has none
    operation_id AS operation_id, -- the cloud's id of the operation or task
    scope AS scope, -- [word = operation result] operation, or result
    target_account_id AS target_account_id, -- account that is deployed to; NULL for an operation
    target_region_id AS target_region_id, -- region that is deployed to; NULL for an operation
    sequence AS sequence, -- [integer] number of the stretch, from 1
    status AS status, -- status, trimmed
    phase AS phase, -- [word phase] meaning of status
    reason AS reason, -- reason given last in the stretch
    recorded(entered_earliest) AS entered_earliest_at, -- [time] request of the last look with the former status; NULL for the first stretch
    recorded(entered_latest) AS entered_latest_at, -- [time] receipt of the first look with this status
    recorded(left_earliest) AS left_earliest_at, -- [time] request of the last look with this status
    recorded(left_latest) AS left_latest_at, -- [time] receipt of the first look with the next; NULL while it lasts
    max(0, left_earliest - entered_latest) / 1000 AS min_duration_seconds, -- [integer seconds] it lasted at least, so far while it lasts, seconds
    (max(0, left_latest - entered_earliest) + 999) / 1000 AS max_duration_seconds, -- [integer seconds] it lasted at most, seconds; NULL if an end is unknown
    looks AS looks, -- [integer] looks that showed it
    (max(0, widest_look_gap_ms) + 999) / 1000 AS widest_look_gap_seconds, -- [integer seconds] longest time from one look's request to the next one's receipt, seconds
    utc(cloud_started) AS cloud_started_at, -- [time] start as the cloud tells it
    utc(cloud_ended) AS cloud_ended_at -- [time] end as the cloud tells it
FROM (
    SELECT
        service, account_id, region_id, operation_id, 'operation' AS scope, NULL AS target_account_id,
        NULL AS target_region_id, sequence, status, phase, reason, entered_earliest, entered_latest, left_earliest,
        left_latest, looks, widest_look_gap_ms, cloud_started, cloud_ended
    FROM (operation_stretches())
    UNION ALL
    SELECT
        service, account_id, region_id, operation_id, 'result', target_account_id, target_region_id, sequence, status,
        phase, reason, entered_earliest, entered_latest, left_earliest, left_latest, looks, widest_look_gap_ms, NULL,
        NULL
    FROM (result_stretches())
)
