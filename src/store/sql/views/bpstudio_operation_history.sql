-- One version of a CADT operation, with every field of the service.
-- Example: SELECT version, first_seen_at, status, message FROM bpstudio_operation_history WHERE operation_id = 'OPERATION_ID' ORDER BY version
CREATE VIEW bpstudio_operation_history AS
SELECT
    o.service AS service, -- [word = bpstudio] always bpstudio
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task
    v.version AS version, -- [integer] from 1
    utc(received_at(v.from_sequence)) AS first_seen_at, -- [time] receipt of the answer that first showed it
    utc(received_at(n.from_sequence)) AS replaced_at, -- [time] receipt of the answer that first showed another state; NULL while it is current
    n.op IS NULL AS is_current, -- [flag] 1 for the newest version
    v.changed AS changed, -- [json] JSON array of the fields that differ from the version before; NULL for version 1
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
JOIN operation_version v ON v.op = o.op
LEFT JOIN operation_version n ON n.op = v.op AND n.version = v.version + 1
JOIN bpstudio_operation_version r ON r.op = v.op AND r.version = v.version
