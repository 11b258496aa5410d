-- One DNS batch task as last seen.
-- Example: SELECT task_id, batch_type, total_count, failed_count, reason FROM batches WHERE failed_count > 0
CREATE VIEW batches AS
SELECT
    o.service AS service, -- [word = alidns] always alidns
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task
    v.version AS version, -- [integer] number of its newest version
    utc(received_at(v.from_sequence)) AS first_seen_at, -- [time] receipt of the answer that first showed this version
    v.phase AS phase, -- [word phase] meaning of status
    r.task_id AS task_id, -- TaskId
    r.batch_type AS batch_type, -- DOMAIN_ADD, DOMAIN_DEL, RR_ADD or RR_DEL
    r.status AS status, -- [integer] 0 in progress, 1 completed, 2 failed
    r.total_count AS total_count, -- [integer] records of the batch
    r.success_count AS success_count, -- [integer] of them done
    r.failed_count AS failed_count, -- [integer] of them failed
    r.reason AS reason -- reason, in the language asked for
FROM operation o
JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
JOIN alidns_batch_version r ON r.op = v.op AND r.version = v.version
