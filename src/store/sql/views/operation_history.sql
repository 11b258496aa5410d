-- One version of an operation: a state that differs from the one before in at least one known field.
-- Example: SELECT version, first_seen_at, replaced_at, status, changed FROM operation_history WHERE operation_id = 'OPERATION_ID' ORDER BY version
CREATE VIEW operation_history AS
SELECT
    o.service AS service, -- [word service] ros, bpstudio or alidns
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task
    v.version AS version, -- [integer] from 1
    utc(received_at(v.from_sequence)) AS first_seen_at, -- [time] receipt of the answer that first showed it
    utc(received_at((
        SELECT e.sequence FROM exchange e WHERE e.op = v.op AND e.look IS NOT NULL
            AND e.sequence < coalesce(n.from_sequence, 9223372036854775807)
        ORDER BY e.sequence DESC LIMIT 1))) AS last_seen_at, -- [time] receipt of the last answer that showed it
    utc(received_at(n.from_sequence)) AS replaced_at, -- [time] receipt of the answer that first showed another state; NULL while it is current
    n.op IS NULL AS is_current, -- [flag] 1 for the newest version
    v.status AS status, -- status, trimmed
    v.phase AS phase, -- [word phase] meaning of status
    v.changed AS changed, -- [json] JSON array of the fields that differ from the version before; NULL for version 1
    v.from_sequence AS exchange_id, -- [integer] the answer that first showed it
    CASE o.service
        WHEN 'ros' THEN (
            SELECT json_object(
                'action', r.action, 'status', r.status, 'operation_description', r.operation_description,
                'stack_group_id', r.stack_group_id, 'stack_group_name', r.stack_group_name,
                'create_time', r.create_time, 'end_time', r.end_time,
                'administration_role_name', r.administration_role_name, 'execution_role_name', r.execution_role_name,
                'retain_stacks', r.retain_stacks, 'account_ids', json(r.account_ids),
                'rd_folder_ids', json(r.rd_folder_ids), 'region_ids_order', json(r.region_ids_order),
                'failure_tolerance_count', r.failure_tolerance_count,
                'failure_tolerance_percentage', r.failure_tolerance_percentage,
                'max_concurrent_count', r.max_concurrent_count,
                'max_concurrent_percentage', r.max_concurrent_percentage,
                'drift_detection_status', r.drift_detection_status,
                'stack_group_drift_status', r.stack_group_drift_status,
                'drift_detection_time', r.drift_detection_time,
                'total_stack_instances_count', r.total_stack_instances_count,
                'drifted_stack_instances_count', r.drifted_stack_instances_count,
                'in_sync_stack_instances_count', r.in_sync_stack_instances_count,
                'in_progress_stack_instances_count', r.in_progress_stack_instances_count,
                'failed_stack_instances_count', r.failed_stack_instances_count,
                'cancelled_stack_instances_count', r.cancelled_stack_instances_count,
                'unknown_fields', json(v.unknown_fields))
            FROM ros_operation_version r WHERE r.op = v.op AND r.version = v.version)
        WHEN 'bpstudio' THEN (
            SELECT json_object(
                'code', r.code, 'status', r.status,
                'message_sha256', r.message_sha256, 'message_bytes', length(CAST(r.message AS BLOB)),
                'arguments_sha256', r.arguments_sha256, 'arguments_bytes', length(CAST(r.arguments AS BLOB)),
                'unknown_fields', json(v.unknown_fields))
            FROM bpstudio_operation_version r WHERE r.op = v.op AND r.version = v.version)
        WHEN 'alidns' THEN (
            SELECT json_object(
                'task_id', r.task_id, 'batch_type', r.batch_type, 'status', r.status,
                'total_count', r.total_count, 'success_count', r.success_count, 'failed_count', r.failed_count,
                'reason', r.reason, 'unknown_fields', json(v.unknown_fields))
            FROM alidns_batch_version r WHERE r.op = v.op AND r.version = v.version)
    END AS details -- [json] JSON object of the service's fields; of CADT message and arguments the SHA-256 and length
FROM operation o
JOIN operation_version v ON v.op = o.op
LEFT JOIN operation_version n ON n.op = v.op AND n.version = v.version + 1
