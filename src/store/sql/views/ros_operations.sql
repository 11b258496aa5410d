-- One stack-group operation as last seen, with every field of the service.
-- Example: SELECT operation_id, action, stack_group_name, max_concurrent_count, failure_tolerance_count FROM ros_operations WHERE action = 'UPDATE'
CREATE VIEW ros_operations AS
SELECT
    o.service AS service, -- [word = ros] always ros
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task
    v.version AS version, -- [integer] number of its newest version
    utc(received_at(v.from_sequence)) AS first_seen_at, -- [time] receipt of the answer that first showed this version
    v.phase AS phase, -- [word phase] meaning of status
    r.action AS action, -- what the operation does: CREATE, UPDATE, DELETE, DETECT_DRIFT
    v.status AS status, -- Status, trimmed
    v.status_raw AS status_raw, -- Status as sent
    r.operation_description AS operation_description, -- description given when it was started
    r.stack_group_id AS stack_group_id, -- id of the stack group
    r.stack_group_name AS stack_group_name, -- its name
    r.create_time AS create_time, -- CreateTime as sent
    r.end_time AS end_time, -- EndTime as sent
    r.administration_role_name AS administration_role_name, -- RAM role of the administrator account
    r.execution_role_name AS execution_role_name, -- RAM role of the target accounts
    r.retain_stacks AS retain_stacks, -- [flag] 1 if stacks are kept when instances are deleted (DELETE)
    r.account_ids AS account_ids, -- [json] deployment targets: accounts, JSON array
    r.rd_folder_ids AS rd_folder_ids, -- [json] deployment targets: resource directory folders, JSON array
    r.region_ids_order AS region_ids_order, -- [json] preferences: order of regions, JSON array
    r.failure_tolerance_count AS failure_tolerance_count, -- [integer] preferences: failures tolerated in a region
    r.failure_tolerance_percentage AS failure_tolerance_percentage, -- [integer percent] preferences: failures tolerated in a region, percent
    r.max_concurrent_count AS max_concurrent_count, -- [integer] preferences: accounts at a time in a region
    r.max_concurrent_percentage AS max_concurrent_percentage, -- [integer percent] preferences: accounts at a time in a region, percent
    r.drift_detection_status AS drift_detection_status, -- drift detection: its status
    r.stack_group_drift_status AS stack_group_drift_status, -- drift detection: what it found
    r.drift_detection_time AS drift_detection_time, -- drift detection: time as sent
    r.total_stack_instances_count AS total_stack_instances_count, -- [integer] drift detection: stack instances
    r.drifted_stack_instances_count AS drifted_stack_instances_count, -- [integer] drift detection: instances that drifted
    r.in_sync_stack_instances_count AS in_sync_stack_instances_count, -- [integer] drift detection: instances that match the template
    r.in_progress_stack_instances_count AS in_progress_stack_instances_count, -- [integer] drift detection: instances being checked
    r.failed_stack_instances_count AS failed_stack_instances_count, -- [integer] drift detection: instances that could not be checked
    r.cancelled_stack_instances_count AS cancelled_stack_instances_count -- [integer] drift detection: instances whose check was cancelled
FROM operation o
JOIN operation_version v ON v.op = o.op AND v.version = (SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
JOIN ros_operation_version r ON r.op = v.op AND r.version = v.version
