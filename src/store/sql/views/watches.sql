-- What is, or was, to be recorded, and in which state that is.
-- Example: SELECT watch_id, service, operation_id, state, added_by, reason FROM watches WHERE state <> 'removed' ORDER BY watch_id
CREATE VIEW watches AS
SELECT
    w.watch_id AS watch_id, -- [integer] number of the watch, from 1
    w.service AS service, -- [word service] ros, bpstudio or alidns
    w.label AS label, -- credentials to ask with
    coalesce(o.account_id, (SELECT i.account_id FROM run_identity i JOIN exchange x ON x.run_id = i.run_id
        WHERE i.label = w.label AND x.sequence = e.sequence)) AS account_id, -- account these belonged to; NULL before the first run
    w.region_id AS region_id, -- region of the stack group; empty where the service has none; all for a discovery in every region
    w.operation_id AS operation_id, -- the cloud's id of the operation or task; empty where it is about none of its own
    w.kind AS kind, -- [word = ros-stack-groups] what it discovers (ros-stack-groups); NULL where it discovers nothing
    w.names AS names, -- [json] patterns of names of stack groups to discover, JSON array; NULL for all
    utc(w.since) AS since, -- [time] operations created before are not taken up; NULL for none
    w.parent AS parent, -- [integer] number of the discovery watch that found it
    json_extract(l.record, '$.batch_type') AS batch_type, -- BatchType to ask with (AliDNS)
    json_extract(l.record, '$.lang') AS lang, -- language of reasons to ask for (AliDNS)
    json_extract(l.record, '$.resource_group') AS resource_group_id, -- ResourceGroupId to ask with (BPStudio)
    utc(json_extract(l.record, '$.declared_started_at')) AS declared_started_at, -- [time] start as the user declared it
    json_extract(l.record, '$.origin') AS origin, -- where the watch comes from
    json_extract(l.record, '$.reason') AS reason, -- why it was added
    json_extract(l.record, '$.user') AS added_by, -- user of the operating system
    utc(json_extract(l.record, '$.at')) AS added_at, -- [time] when
    CASE WHEN r.watch_id IS NOT NULL THEN 'removed' ELSE coalesce(
        (SELECT s.state FROM operation_state s WHERE s.op = o.op ORDER BY s.number DESC LIMIT 1), 'active')
    END AS state, -- [word watch_state] active, settled, unsettled, not_found, expired or removed
    e.outcome AS last_outcome, -- [word outcome] what became of the last request about the operation itself, or of a watch about none
    utc(requested_at(e.sequence)) AS last_asked_at, -- [time] when that was sent
    json_extract(gone.record, '$.user') AS removed_by, -- who gave the watch up
    utc(json_extract(gone.record, '$.at')) AS removed_at, -- [time] when
    json_extract(gone.record, '$.reason') AS removal_reason -- why
FROM watch w
JOIN leaf l ON l.sequence = w.add_sequence
LEFT JOIN watch_removal r ON r.watch_id = w.watch_id
LEFT JOIN leaf gone ON gone.sequence = r.sequence
LEFT JOIN operation o ON o.op = (SELECT max(x.op) FROM watch_operation x WHERE x.watch_id = w.watch_id)
LEFT JOIN exchange e ON e.sequence = CASE
    WHEN o.op IS NOT NULL THEN (SELECT max(x.sequence) FROM exchange x WHERE x.op = o.op)
    WHEN w.operation_id = '' THEN max(
        coalesce((SELECT max(x.sequence) FROM exchange_watch x WHERE x.watch_id = w.watch_id), -1),
        coalesce((SELECT m.end_sequence FROM page_listing p CROSS JOIN page_listing_end m ON m.listing_id = p.listing_id
            WHERE p.watch_id = w.watch_id ORDER BY p.listing_id DESC LIMIT 1), -1))
    END
