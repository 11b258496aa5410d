-- One operation of any service, as last seen. An id never seen has no row here; `watches` shows it.
-- Example: SELECT service, operation_id, kind, status, failed_count FROM operations WHERE has_failures = 1 ORDER BY last_seen_at DESC
CREATE VIEW operations AS
SELECT
    o.service AS service, -- [word service] ros, bpstudio or alidns
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task
    v.kind AS kind, -- what the operation does: Action of ROS, BatchType of AliDNS
    CASE o.service WHEN 'ros' THEN 'stack_group' END AS resource_type, -- [word = stack_group] what kind of thing it is about
    v.resource_id AS resource_id, -- id of that thing
    v.resource_name AS resource_name, -- its name
    v.status AS status, -- status, trimmed (BPStudio: upper-cased)
    v.status_raw AS status_raw, -- status as sent
    v.phase AS phase, -- [word phase] meaning of status
    is_final(v.phase) AS is_final, -- [flag] 1 when nothing more will happen
    CASE
        WHEN v.phase = 'failed' THEN 1
        WHEN o.service = 'alidns' THEN b.failed_count > 0
        WHEN EXISTS (
            SELECT 1 FROM listing_end f
            WHERE f.op = o.op AND f.failed_count > 0 AND f.end_sequence >= coalesce(l.end_sequence, -1)
        ) THEN 1
        WHEN l.listing_id IS NOT NULL THEN 0
    END AS has_failures, -- [flag] 1 if something in it failed, 0 if a complete listing shows that nothing did, else NULL
    v.reason AS reason, -- reason given with the status; NULL for CADT
    utc(v.cloud_started_at) AS cloud_started_at, -- [time] start as the cloud tells it
    v.cloud_started_at_raw AS cloud_started_at_raw, -- as sent
    utc(v.cloud_ended_at) AS cloud_ended_at, -- [time] end as the cloud tells it
    v.cloud_ended_at_raw AS cloud_ended_at_raw, -- as sent
    v.cloud_ended_at - v.cloud_started_at AS duration_ms, -- [integer ms] between the two, milliseconds
    CASE o.service WHEN 'alidns' THEN b.total_count ELSE l.last_total_count END AS total_count, -- [integer] targets or records
    CASE o.service WHEN 'alidns' THEN b.success_count ELSE l.succeeded_count END AS succeeded_count, -- [integer] of them succeeded
    CASE o.service WHEN 'alidns' THEN b.failed_count ELSE l.failed_count END AS failed_count, -- [integer] of them failed
    CASE o.service WHEN 'alidns' THEN NULL ELSE l.cancelled_count END AS cancelled_count, -- [integer] of them cancelled
    CASE o.service WHEN 'alidns' THEN utc(received_at(e.sequence)) ELSE utc(l.ended_at) END AS counted_at, -- [time] when they were counted: receipt of the last complete listing, or of the answer
    utc(received_at(f.from_sequence)) AS first_seen_at, -- [time] receipt of the first answer about it
    utc(received_at(e.sequence)) AS last_seen_at, -- [time] receipt of the last
    v.version AS version, -- [integer] number of its newest version
    CASE
        WHEN EXISTS (SELECT 1 FROM watch_operation w WHERE w.op = o.op) AND NOT EXISTS (
            SELECT 1 FROM watch_operation w WHERE w.op = o.op
                AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id)
        ) THEN 'removed'
        ELSE coalesce((SELECT s.state FROM operation_state s WHERE s.op = o.op ORDER BY s.number DESC LIMIT 1), 'active')
    END AS watch_state -- [word watch_state] active, settled, unsettled, not_found, expired or removed
FROM operation o
JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
JOIN operation_version f ON f.op = o.op AND f.version = 1
JOIN exchange e ON e.sequence = (
    SELECT x.sequence FROM exchange x WHERE x.op = o.op AND x.look IS NOT NULL ORDER BY x.sequence DESC LIMIT 1)
LEFT JOIN listing_end l ON l.listing_id = (
    SELECT c.listing_id FROM listing_end c WHERE c.op = o.op AND c.verdict = 'complete' ORDER BY c.end_sequence DESC LIMIT 1)
LEFT JOIN alidns_batch_version b ON b.op = v.op AND b.version = v.version
