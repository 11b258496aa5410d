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
FROM (
    SELECT
        o.service, o.account_id, o.region_id, o.operation_id,
        t.account_id AS target_account_id, t.region_id AS target_region_id,
        s.stretch AS sequence, w.status, w.phase, reason.value AS reason,
        CASE WHEN s.version > 1 AND before.flags & 1 THEN
            max(coalesce(CASE WHEN look_before.end_sequence >= former.from_sequence THEN look_before.started_at END, 0),
                json_extract(shown_before.record, '$.requested_at'))
        END AS entered_earliest,
        json_extract(shown.record, '$.received_at') AS entered_latest,
        max(coalesce(CASE WHEN look_last.end_sequence >= s.from_sequence THEN look_last.started_at END, 0),
            json_extract(shown.record, '$.requested_at')) AS left_earliest,
        CASE WHEN n.flags & 1 THEN json_extract(shown_next.record, '$.received_at') END AS left_latest,
        coalesce(look_last.look, 0) - coalesce(look_before.look, 0) AS looks,
        CASE WHEN look_last.look > coalesce(look_before.look, 0) + 1 THEN (
            SELECT max(l.look_gap_ms) FROM listing_end l WHERE l.op = s.op AND l.look IS NOT NULL
            AND l.end_sequence >= s.from_sequence AND l.end_sequence <= look_last.end_sequence
            AND l.look > coalesce(look_before.look, 0) + 1) END AS widest_look_gap_ms
    FROM operation o
    JOIN result_version s ON s.op = o.op AND s.flags & 2
    JOIN leaf shown ON shown.sequence = s.from_sequence
    JOIN target t ON t.target = s.target
    JOIN result_status w ON w.status_no = s.status_no
    LEFT JOIN result_version n ON n.op = s.op AND n.target = s.target AND n.version = (
        SELECT min(x.version) FROM result_version x
        WHERE x.op = s.op AND x.target = s.target AND x.version > s.version AND x.flags & 3 <> 1)
    JOIN result_version z ON z.op = s.op AND z.target = s.target AND z.version = coalesce(
        n.version - 1, (SELECT max(x.version) FROM result_version x WHERE x.op = s.op AND x.target = s.target))
    LEFT JOIN result_text reason ON reason.text_no = z.reason_no
    LEFT JOIN result_version before ON before.op = s.op AND before.target = s.target AND before.version = s.version - 1
    LEFT JOIN result_version former ON former.op = s.op AND former.target = s.target AND former.version = (
        SELECT max(x.version) FROM result_version x
        WHERE x.op = s.op AND x.target = s.target AND x.version < s.version AND x.flags & 2)
    LEFT JOIN leaf shown_before ON shown_before.sequence = former.from_sequence
    LEFT JOIN leaf shown_next ON shown_next.sequence = n.from_sequence
    LEFT JOIN listing_end look_before ON look_before.listing_id = (
        SELECT l.listing_id FROM listing_end l WHERE l.op = s.op AND l.look IS NOT NULL
            AND l.end_sequence < s.from_sequence ORDER BY l.end_sequence DESC LIMIT 1)
    LEFT JOIN listing_end look_last ON look_last.listing_id = (
        SELECT l.listing_id FROM listing_end l WHERE l.op = s.op AND l.look IS NOT NULL
            AND l.end_sequence < coalesce(n.from_sequence, 9223372036854775807) ORDER BY l.end_sequence DESC LIMIT 1)
)
