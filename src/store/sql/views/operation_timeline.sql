-- One stretch of one status of an operation, between looks. A poll sees only that a status changed between
-- two looks, so the instants of entering and leaving are given as the earliest and the latest possible.
-- Example: SELECT sequence, status, entered_earliest_at, entered_latest_at, min_duration_seconds, max_duration_seconds FROM operation_timeline WHERE operation_id = 'OPERATION_ID' ORDER BY sequence
CREATE VIEW operation_timeline AS
SELECT
    service AS service, -- [word service] ros, bpstudio or alidns
    account_id AS account_id, -- account whose credentials asked
    region_id AS region_id, -- region of the stack group; empty where the service has none
    operation_id AS operation_id, -- the cloud's id of the operation or task
    sequence AS sequence, -- [integer] number of the stretch, from 1
    status AS status, -- status, trimmed
    phase AS phase, -- [word phase] meaning of status
    reason AS reason, -- reason given last in the stretch
    utc(entered_earliest) AS entered_earliest_at, -- [time] request of the last look with the former status; NULL for the first stretch
    utc(entered_latest) AS entered_latest_at, -- [time] receipt of the first look with this status
    utc(left_earliest) AS left_earliest_at, -- [time] request of the last look with this status
    utc(left_latest) AS left_latest_at, -- [time] receipt of the first look with the next; NULL while it lasts
    max(0, left_earliest - entered_latest) / 1000 AS min_duration_seconds, -- [integer seconds] it lasted at least, so far while it lasts, seconds
    (max(0, left_latest - entered_earliest) + 999) / 1000 AS max_duration_seconds, -- [integer seconds] it lasted at most, seconds; NULL if an end is unknown
    looks AS looks, -- [integer] looks that showed it
    (max(0, widest_look_gap_ms) + 999) / 1000 AS widest_look_gap_seconds, -- [integer seconds] longest time from one look's request to the next one's receipt, seconds
    utc(cloud_started) AS cloud_started_at, -- [time] start as the cloud tells it
    utc(cloud_ended) AS cloud_ended_at -- [time] end as the cloud tells it
FROM (operation_stretches())
