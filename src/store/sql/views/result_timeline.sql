-- One stretch of one status of a result row. A look is a complete listing that held the row; the answer
-- that first showed the status counts for entering even in an incomplete listing.
-- Example: SELECT target_account_id, target_region_id, reason, entered_earliest_at, entered_latest_at FROM result_timeline WHERE operation_id = 'OPERATION_ID' AND phase = 'failed' ORDER BY entered_latest_at
CREATE VIEW result_timeline AS
SELECT
    service AS service, -- [word = ros] always ros
    account_id AS account_id, -- account whose credentials asked
    region_id AS region_id, -- region of the stack group
    operation_id AS operation_id, -- the cloud's id of the operation
    target_account_id AS target_account_id, -- account that is deployed to
    target_region_id AS target_region_id, -- region that is deployed to
    sequence AS sequence, -- [integer] number of the stretch, from 1
    status AS status, -- status, trimmed
    phase AS phase, -- [word phase] meaning of status
    reason AS reason, -- reason given last in the stretch
    utc(entered_earliest) AS entered_earliest_at, -- [time] request of the last look with the former status; NULL for a first stretch or a return
    utc(entered_latest) AS entered_latest_at, -- [time] receipt of the page that first showed it
    utc(left_earliest) AS left_earliest_at, -- [time] start of the last complete listing that held it
    utc(left_latest) AS left_latest_at, -- [time] receipt of the page that first showed the next; NULL while it lasts, or if the row went
    max(0, left_earliest - entered_latest) / 1000 AS min_duration_seconds, -- [integer seconds] it lasted at least, so far while it lasts, seconds
    (max(0, left_latest - entered_earliest) + 999) / 1000 AS max_duration_seconds, -- [integer seconds] it lasted at most, seconds; NULL if an end is unknown
    looks AS looks, -- [integer] complete listings that held it
    (max(0, widest_look_gap_ms) + 999) / 1000 AS widest_look_gap_seconds -- [integer seconds] longest time from one look's start to the next one's end, seconds
FROM (result_stretches())
