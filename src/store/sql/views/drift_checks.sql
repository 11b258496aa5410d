-- One drift detection of a stack group, as last seen.
-- Example: SELECT resource_name, stack_group_drift_status, drifted_stack_instances_count, drift_detection_time FROM drift_checks ORDER BY drift_detection_time DESC
CREATE VIEW drift_checks AS
SELECT
    o.service AS service, -- [word = ros] always ros
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group
    o.operation_id AS operation_id, -- the cloud's id of the operation
    r.stack_group_id AS resource_id, -- id of the stack group
    r.stack_group_name AS resource_name, -- its name
    r.drift_detection_status AS drift_detection_status, -- COMPLETED, PARTIAL_SUCCESS, IN_PROGRESS, FAILED or STOPPED
    r.stack_group_drift_status AS stack_group_drift_status, -- DRIFTED, IN_SYNC (matches the template) or NOT_CHECKED
    r.total_stack_instances_count AS total_stack_instances_count, -- [integer] stack instances
    r.drifted_stack_instances_count AS drifted_stack_instances_count, -- [integer] of them drifted
    r.in_sync_stack_instances_count AS in_sync_stack_instances_count, -- [integer] of them as the template says
    r.in_progress_stack_instances_count AS in_progress_stack_instances_count, -- [integer] of them being checked
    r.failed_stack_instances_count AS failed_stack_instances_count, -- [integer] of them impossible to check
    r.cancelled_stack_instances_count AS cancelled_stack_instances_count, -- [integer] of them cancelled
    utc(r.drift_detected_at) AS drift_detection_time, -- [time] when it was started, as the cloud tells it
    r.drift_detection_time AS drift_detection_time_raw -- as sent
FROM operation o
JOIN ros_operation_version r ON r.op = o.op AND r.version = (
    SELECT max(m.version) FROM operation_version m WHERE m.op = o.op)
WHERE r.action = 'DETECT_DRIFT' OR r.drift_detection_status IS NOT NULL
