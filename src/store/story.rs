//! The questions behind the tables that `demo` prints: SELECTs on the views, as anybody could type them.

/// The timeline of operations, in the columns that fit a terminal.
pub const TIMELINE: &str = "
SELECT t.service || ' ' || coalesce(o.kind || ' ' || coalesce(o.resource_name, t.operation_id),
        substr(t.operation_id, 1, 11) || '…') AS operation,
    CASE t.service WHEN 'alidns' THEN t.status || ' ' || t.phase ELSE t.status END AS status,
    substr(t.entered_latest_at, 12, 8) AS seen_from, substr(t.left_earliest_at, 12, 8) AS seen_until,
    CASE WHEN t.max_duration_seconds IS NULL THEN t.min_duration_seconds || ' or more'
        ELSE t.min_duration_seconds || ' to ' || t.max_duration_seconds END AS lasted_s,
    t.looks, CASE WHEN t.left_latest_at IS NULL THEN o.watch_state END AS watch
FROM operation_timeline t
JOIN operations o USING (service, account_id, region_id, operation_id)
ORDER BY t.service DESC, o.resource_name, o.kind, t.operation_id, t.sequence";

/// What people stopped, and what came of it.
pub const INTERVENTIONS: &str = "
SELECT o.kind || ' ' || o.resource_name AS stopped, substr(i.requested_at, 12, 8) AS at, i.reason, i.ticket,
    i.outcome AS answer, i.effect, substr(i.effect_seen_at, 12, 8) AS seen_at
FROM interventions i
JOIN operations o USING (service, account_id, region_id, operation_id)
ORDER BY i.intervention_id";

/// Results, those that failed first.
pub const RESULTS: &str = "
SELECT operation_id, target_account_id, target_region_id, status, status_reason, version
FROM results
ORDER BY phase <> 'failed', operation_id, target_account_id, target_region_id";
