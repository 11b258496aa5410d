-- One HTTP exchange, or attempt without an answer.
-- Example: SELECT action, outcome, count(*) AS requests, max(duration_ms) AS longest_ms FROM requests GROUP BY action, outcome ORDER BY action, outcome
CREATE VIEW requests AS
SELECT
    e.sequence AS exchange_id, -- [integer] its evidence
    e.run_id AS run_id, -- [integer] the run
    json_extract(ask.record, '$.account') AS account_id, -- account whose credentials asked; NULL before that is known
    json_extract(ask.record, '$.label') AS label, -- name of the credentials in the configuration, of a call that asks whose they are; else NULL
    (SELECT i.arn FROM run_identity i WHERE i.run_id = e.run_id AND i.account_id = json_extract(ask.record, '$.account')
        ORDER BY i.sequence LIMIT 1) AS caller_arn, -- caller as the cloud names it
    service_of(json_extract(ask.record, '$.action')) AS service, -- [word = ros bpstudio alidns sts] ros, bpstudio, alidns or sts
    json_extract(ask.record, '$.action') AS action, -- the call
    json_extract(ask.record, '$.region') AS region_id, -- region asked for
    coalesce(json_extract(ask.record, '$.operation'), json_extract(ask.record, '$.parameters.OperationId'),
        json_extract(ask.record, '$.parameters.TaskId')) AS operation_id, -- operation or task asked for
    e.listing_id AS listing_id, -- [integer] listing that it is a page of
    e.page_number AS page_number, -- [integer] page asked for
    CASE WHEN e.listing_id IS NULL THEN json_extract(ask.record, '$.parameters') ELSE json_patch(
        json_patch('{}', json_object(
            CASE json_extract(ask.record, '$.action') WHEN 'DescribeBatchResultDetail' THEN 'TaskId' ELSE 'OperationId' END,
            json_extract(ask.record, '$.operation'), 'RegionId', json_extract(ask.record, '$.region'),
            'PageNumber', CAST(e.page_number AS TEXT), 'PageSize', CAST(json_extract(ask.record, '$.page_size') AS TEXT))),
        coalesce(json_extract(ask.record, '$.parameters'), '{}'))
    END AS parameters, -- [json] business parameters, JSON object; no secret is among them
    e.attempt AS attempt, -- [integer] 1 for the first request, more for repeats
    utc(json_extract(l.record, '$.requested_at')) AS requested_at, -- [time] when it was sent
    utc(json_extract(l.record, '$.received_at')) AS received_at, -- [time] when the answer was there, or the attempt given up
    json_extract(l.record, '$.received_at') - json_extract(l.record, '$.requested_at') AS duration_ms, -- [integer ms] between the two, milliseconds
    coalesce(json_extract(l.record, '$.http_status'),
        CASE json_extract(l.record, '$.t') WHEN 'exchange' THEN 200 END) AS http_status, -- [integer] status of the answer
    e.outcome AS outcome, -- [word outcome] what became of it
    x.code AS error_code, -- Code of an answer that is not plain ok
    x.message AS error_message, -- its Message, or why there was no answer
    coalesce(l.request_id, e.request_id) AS request_id, -- RequestId of the answer
    json_extract(l.record, '$.body') AS body_sha256, -- SHA-256 of the body kept, hex
    json_extract(l.record, '$.length') AS body_bytes, -- [integer bytes] bytes of the body kept
    coalesce(json_array_length(l.record, '$.redacted'), 0) AS redactions -- [integer] places where an echoed secret was cut out
FROM exchange e
JOIN leaf l ON l.sequence = e.sequence
JOIN leaf ask ON ask.sequence = coalesce(e.listing_id, e.sequence)
LEFT JOIN exchange_error x ON x.sequence = e.sequence
