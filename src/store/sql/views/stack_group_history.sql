-- One version of a stack group.
-- Example: SELECT version, first_seen_at, status, changed FROM stack_group_history WHERE stack_group_name = 'NAME' ORDER BY version
CREATE VIEW stack_group_history AS
SELECT
    g.account_id AS account_id, -- account whose credentials asked
    g.region_id AS region_id, -- region of the group
    g.stack_group_id AS stack_group_id, -- the cloud's id of the group
    v.version AS version, -- [integer] from 1
    utc(received_at(v.from_sequence)) AS first_seen_at, -- [time] receipt of the page that first showed it
    utc(received_at(n.from_sequence)) AS replaced_at, -- [time] receipt of the page that first showed another state; NULL while it is current
    n.stack_group IS NULL AS is_current, -- [flag] 1 for the newest version
    v.changed AS changed, -- [json] JSON array of the fields that differ from the version before; NULL for version 1
    v.stack_group_name AS stack_group_name, -- its name
    v.status AS status, -- ACTIVE or DELETED, trimmed
    v.status_raw AS status_raw, -- status as sent
    v.description AS description, -- description
    v.permission_model AS permission_model, -- SELF_MANAGED or SERVICE_MANAGED
    v.resource_group_id AS resource_group_id, -- resource group
    v.stack_group_drift_status AS stack_group_drift_status, -- DRIFTED, NOT_CHECKED or IN_SYNC
    utc(v.drift_detected_at) AS drift_detection_time, -- [time] when drift was last detected, as the cloud tells it
    v.drift_detection_time AS drift_detection_time_raw, -- as sent
    utc(v.created_at) AS create_time, -- [time] when it was made, as the cloud tells it
    v.create_time AS create_time_raw, -- as sent
    utc(v.updated_at) AS update_time, -- [time] when it was changed last, as the cloud tells it
    v.update_time AS update_time_raw, -- as sent
    v.auto_deployment_enabled AS auto_deployment_enabled, -- [flag] whether accounts that join its folders are deployed to, 0 or 1
    v.retain_stacks_on_account_removal AS retain_stacks_on_account_removal, -- [flag] whether stacks outlive an account's leaving, 0 or 1
    v.tags AS tags -- [json] JSON array of objects with key and value, in the order sent
FROM stack_group g
JOIN stack_group_version v ON v.stack_group = g.stack_group
LEFT JOIN stack_group_version n ON n.stack_group = v.stack_group AND n.version = v.version + 1
