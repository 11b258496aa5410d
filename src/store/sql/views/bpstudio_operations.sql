-- One CADT operation as last seen, with every field of the service.
-- Example: SELECT operation_id, status, message FROM bpstudio_operations WHERE phase = 'failed'
CREATE VIEW bpstudio_operations AS
SELECT
    o.service AS service, -- [word = bpstudio] always bpstudio
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task
    v.version AS version, -- [integer] number of its newest version
    utc(received_at(v.from_sequence)) AS first_seen_at, -- [time] receipt of the answer that first showed this version
    v.phase AS phase, -- [word phase] meaning of status
    r.code AS code, -- Code of the answer
    r.response_message AS response_message, -- Message of the answer
    v.status AS status, -- Status, trimmed and upper-cased
    v.status_raw AS status_raw, -- Status as sent
    r.message AS message, -- Message as sent; may hold customers' secrets
    r.message_json AS message_json, -- [json] Message parsed, where it holds JSON
    r.message_sha256 AS message_sha256, -- SHA-256 of Message, hex
    r.arguments AS arguments, -- Arguments as sent; may hold customers' secrets
    r.arguments_json AS arguments_json, -- [json] Arguments parsed, where it holds JSON
    r.arguments_sha256 AS arguments_sha256 -- SHA-256 of Arguments, hex
FROM operation o
JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
JOIN bpstudio_operation_version r ON r.op = v.op AND r.version = v.version
