-- One stop of an operation: who asked for it, what the cloud answered, what came of it.
-- Example: SELECT requested_at, os_user, reason, ticket, outcome, effect, effect_seen_at FROM interventions ORDER BY requested_at
CREATE VIEW interventions AS
SELECT
    o.service AS service, -- [word = ros] always ros
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group
    o.operation_id AS operation_id, -- the cloud's id of the operation
    i.sequence AS intervention_id, -- [integer] its evidence
    utc(json_extract(l.record, '$.requested_at')) AS requested_at, -- [time] when the intent was recorded, before the call
    json_extract(l.record, '$.user') AS os_user, -- user of the operating system
    json_extract(l.record, '$.caller_arn') AS caller_arn, -- caller as the cloud names it
    json_extract(l.record, '$.reason') AS reason, -- why
    json_extract(l.record, '$.ticket') AS ticket, -- number of a ticket
    json_extract(l.record, '$.status_before') AS status_before, -- status just before
    e.outcome AS outcome, -- [word outcome] what became of the call; NULL where it was never sent
    coalesce(answer.request_id, e.request_id) AS request_id, -- RequestId of its answer
    CASE
        WHEN is_refused(e.outcome) THEN 'none_seen'
        WHEN EXISTS (SELECT 1 FROM operation_version v WHERE v.op = i.op AND v.from_sequence > i.sequence AND v.phase = 'stopped') THEN 'stopped'
        WHEN EXISTS (SELECT 1 FROM operation_version v WHERE v.op = i.op AND v.from_sequence > i.sequence AND is_final(v.phase)) THEN 'ended_otherwise'
        WHEN EXISTS (SELECT 1 FROM operation_version v WHERE v.op = i.op AND v.from_sequence > i.sequence AND v.phase = 'stopping') THEN 'stopping'
        ELSE 'none_seen'
    END AS effect, -- [word effect] stopping, stopped, ended_otherwise or none_seen; of a call that was refused none
    utc(received_at(CASE WHEN is_refused(e.outcome) THEN NULL ELSE coalesce(
        (SELECT min(v.from_sequence) FROM operation_version v WHERE v.op = i.op AND v.from_sequence > i.sequence AND v.phase = 'stopped'),
        (SELECT min(v.from_sequence) FROM operation_version v WHERE v.op = i.op AND v.from_sequence > i.sequence AND is_final(v.phase)),
        (SELECT min(v.from_sequence) FROM operation_version v WHERE v.op = i.op AND v.from_sequence > i.sequence AND v.phase = 'stopping')
    ) END)) AS effect_seen_at -- [time] receipt of the answer that first showed the effect
FROM intervention i
JOIN operation o ON o.op = i.op
JOIN leaf l ON l.sequence = i.sequence
LEFT JOIN exchange e ON e.sequence = (
    SELECT max(c.sequence) FROM intervention_call c WHERE c.intervention = i.sequence)
LEFT JOIN leaf answer ON answer.sequence = e.sequence
