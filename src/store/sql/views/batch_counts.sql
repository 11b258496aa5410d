-- One version of the counts of a DNS batch task.
CREATE VIEW batch_counts AS
SELECT
    o.service AS service, -- ros, bpstudio or alidns
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task
    v.version AS version, -- from 1
    utc(received_at(v.from_sequence)) AS first_seen_at, -- receipt of the answer that first showed it
    utc(received_at(n.from_sequence)) AS replaced_at, -- receipt of the answer that first showed another state; NULL while it is current
    n.op IS NULL AS is_current, -- 1 for the newest version
    v.changed AS changed, -- JSON array of the fields that differ from the version before; NULL for version 1
    v.phase AS phase, -- meaning of status
    r.task_id AS task_id, -- TaskId
    r.batch_type AS batch_type, -- DOMAIN_ADD, DOMAIN_DEL, RR_ADD or RR_DEL
    r.status AS status, -- 0 in progress, 1 completed, 2 failed
    r.total_count AS total_count, -- records of the batch
    r.success_count AS success_count, -- of them done
    r.failed_count AS failed_count, -- of them failed
    r.reason AS reason -- reason, in the language asked for
FROM operation o
JOIN operation_version v ON v.op = o.op
LEFT JOIN operation_version n ON n.op = v.op AND n.version = v.version + 1
JOIN alidns_batch_version r ON r.op = v.op AND r.version = v.version
