-- One version of the counts of a DNS batch task.
-- Example: SELECT version, first_seen_at, total_count, success_count, failed_count FROM batch_counts WHERE operation_id = 'TASK_ID' ORDER BY version
CREATE VIEW batch_counts AS
SELECT
    o.service AS service, -- [word = alidns] always alidns
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task
    v.version AS version, -- [integer] from 1
    utc(received_at(v.from_sequence)) AS first_seen_at, -- [time] receipt of the answer that first showed it
    utc(received_at(n.from_sequence)) AS replaced_at, -- [time] receipt of the answer that first showed another state; NULL while it is current
    n.op IS NULL AS is_current, -- [flag] 1 for the newest version
    v.changed AS changed, -- [json] JSON array of the fields that differ from the version before; NULL for version 1
    v.phase AS phase, -- [word phase] meaning of status
    r.task_id AS task_id, -- TaskId
    r.batch_type AS batch_type, -- DOMAIN_ADD, DOMAIN_DEL, RR_ADD or RR_DEL
    r.status AS status, -- [integer] 0 in progress, 1 completed, 2 failed
    r.total_count AS total_count, -- [integer] records of the batch
    r.success_count AS success_count, -- [integer] of them done
    r.failed_count AS failed_count, -- [integer] of them failed
    r.reason AS reason -- reason, in the language asked for
FROM operation o
JOIN operation_version v ON v.op = o.op
LEFT JOIN operation_version n ON n.op = v.op AND n.version = v.version + 1
JOIN alidns_batch_version r ON r.op = v.op AND r.version = v.version
