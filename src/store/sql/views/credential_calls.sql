-- One call that answers with credentials. Its answer is never kept.
-- Example: SELECT requested_at, source, action, outcome, error_code FROM credential_calls ORDER BY credential_call_id DESC
CREATE VIEW credential_calls AS
SELECT
    c.sequence AS credential_call_id, -- [integer] its evidence
    c.run_id AS run_id, -- [integer] the run
    json_extract(l.record, '$.label') AS label, -- name of the credentials in the configuration
    json_extract(l.record, '$.account') AS account_id, -- account, where it is known
    json_extract(l.record, '$.source') AS source, -- what was asked
    json_extract(l.record, '$.action') AS action, -- the call, where it is one of the cloud's API
    coalesce(json_extract(l.record, '$.attempt'), 1) AS attempt, -- [integer] 1 for the first request, more for repeats
    utc(json_extract(l.record, '$.requested_at')) AS requested_at, -- [time] when it was sent
    utc(json_extract(l.record, '$.received_at')) AS received_at, -- [time] when the answer was there, or the attempt given up
    json_extract(l.record, '$.outcome') AS outcome, -- [word outcome] what became of it
    json_extract(l.record, '$.http_status') AS http_status, -- [integer] status of the answer
    json_extract(l.record, '$.code') AS error_code, -- Code of a refusal
    json_extract(l.record, '$.message') AS error_message, -- its message, or why there was no answer
    json_extract(l.record, '$.request_id') AS request_id, -- RequestId of the answer
    json_extract(l.record, '$.key_id_tail') AS key_id_tail, -- last four characters of the id of the key that was got
    utc(json_extract(l.record, '$.expires_at')) AS expires_at -- [time] when that key ends
FROM credential_call c
JOIN leaf l ON l.sequence = c.sequence
