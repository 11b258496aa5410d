-- One stack group as last seen. A group that was made again under the same name is another one.
-- Example: SELECT stack_group_name, status, stack_group_drift_status, operations FROM stack_groups WHERE present = 1 ORDER BY stack_group_name
CREATE VIEW stack_groups AS
SELECT
    g.account_id AS account_id, -- account whose credentials asked
    g.region_id AS region_id, -- region of the group
    g.stack_group_id AS stack_group_id, -- the cloud's id of the group
    v.stack_group_name AS stack_group_name, -- its name
    v.status AS status, -- ACTIVE or DELETED, trimmed
    v.status_raw AS status_raw, -- status as sent
    coalesce(p.is_listed, 1) AS present, -- [flag] 1 while it is in the list; 0 when the newest complete list of its region lacks it
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
    v.tags AS tags, -- [json] JSON array of objects with key and value, in the order sent
    utc(received_at(g.first_sequence)) AS first_seen_at, -- [time] receipt of the page that first held it
    utc(max(received_at(v.from_sequence), coalesce((
        SELECT e.ended_at FROM page_listing l JOIN page_listing_end e ON e.listing_id = l.listing_id
        WHERE l.action = 'ListStackGroups' AND l.account_id = g.account_id AND l.region_id = g.region_id
            AND l.stack_group_name = '' AND e.verdict = 'complete' AND e.end_sequence >= v.from_sequence
            AND (p.is_listed IS NOT 0 OR l.listing_id < p.listing_id)
        ORDER BY l.listing_id DESC LIMIT 1), 0))) AS last_seen_at, -- [time] receipt of the last page that changed it, or end of the last complete list that held it
    v.version AS version, -- [integer] number of its newest version
    coalesce(n.operations, 0) AS operations -- [integer] operations recorded that are about it
FROM stack_group g
JOIN stack_group_version v ON v.stack_group = g.stack_group AND v.version = (
    SELECT max(m.version) FROM stack_group_version m WHERE m.stack_group = g.stack_group)
LEFT JOIN stack_group_presence p ON p.stack_group = g.stack_group AND p.listing_id = (
    SELECT max(x.listing_id) FROM stack_group_presence x WHERE x.stack_group = g.stack_group)
LEFT JOIN (
    SELECT o.account_id AS account_id, o.region_id AS region_id, w.resource_id AS resource_id, count(DISTINCT o.op) AS operations
    FROM operation o JOIN operation_version w ON w.op = o.op
    WHERE o.service = 'ros' AND w.resource_id IS NOT NULL
    GROUP BY o.account_id, o.region_id, w.resource_id
) n ON n.account_id = g.account_id AND n.region_id = g.region_id AND n.resource_id = g.stack_group_id
