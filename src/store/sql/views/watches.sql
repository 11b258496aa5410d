-- What is, or was, to be recorded, and in which state that is.
CREATE VIEW watches AS
SELECT
    w.watch_id AS watch_id, -- number of the watch, from 1
    w.service AS service, -- ros, bpstudio or alidns
    w.label AS label, -- credentials to ask with
    o.account_id AS account_id, -- account these belonged to; NULL before the first run
    w.region_id AS region_id, -- region of the stack group; empty where the service has none
    w.operation_id AS operation_id, -- the cloud's id of the operation or task
    json_extract(l.record, '$.batch_type') AS batch_type, -- BatchType to ask with (AliDNS)
    json_extract(l.record, '$.lang') AS lang, -- language of reasons to ask for (AliDNS)
    json_extract(l.record, '$.resource_group') AS resource_group_id, -- ResourceGroupId to ask with (BPStudio)
    utc(json_extract(l.record, '$.declared_started_at')) AS declared_started_at, -- start as the user declared it
    json_extract(l.record, '$.origin') AS origin, -- where the watch comes from
    json_extract(l.record, '$.reason') AS reason, -- why it was added
    json_extract(l.record, '$.user') AS added_by, -- user of the operating system
    utc(json_extract(l.record, '$.at')) AS added_at, -- when
    CASE WHEN r.watch_id IS NOT NULL THEN 'removed' ELSE coalesce(
        (SELECT s.state FROM operation_state s WHERE s.op = o.op ORDER BY s.number DESC LIMIT 1), 'active')
    END AS state, -- active, settled, unsettled, not_found, expired or removed
    e.outcome AS last_outcome, -- what became of the last request about the operation itself
    utc(requested_at(e.sequence)) AS last_asked_at, -- when that was sent
    json_extract(gone.record, '$.user') AS removed_by, -- who gave the watch up
    utc(json_extract(gone.record, '$.at')) AS removed_at, -- when
    json_extract(gone.record, '$.reason') AS removal_reason -- why
FROM watch w
JOIN leaf l ON l.sequence = w.add_sequence
LEFT JOIN watch_removal r ON r.watch_id = w.watch_id
LEFT JOIN leaf gone ON gone.sequence = r.sequence
LEFT JOIN operation o ON o.op = (SELECT max(x.op) FROM watch_operation x WHERE x.watch_id = w.watch_id)
LEFT JOIN exchange e ON e.sequence = (SELECT max(x.sequence) FROM exchange x WHERE x.op = o.op)
