-- Stretches of status of operations, with instants in milliseconds: what operation_timeline and status_timeline read.
SELECT
    o.service, o.account_id, o.region_id, o.operation_id, s.stretch AS sequence, s.status, s.phase, z.reason,
    requested_at((
        SELECT e.sequence FROM exchange e WHERE e.op = s.op AND e.look IS NOT NULL
            AND e.sequence < s.from_sequence ORDER BY e.sequence DESC LIMIT 1)) AS entered_earliest,
    received_at(s.from_sequence) AS entered_latest,
    requested_at(last.sequence) AS left_earliest,
    received_at(n.from_sequence) AS left_latest,
    last.look - first.look + 1 AS looks,
    (SELECT max(e.look_gap_ms) FROM exchange e WHERE e.op = s.op AND e.look IS NOT NULL
        AND e.sequence > s.from_sequence AND e.sequence <= last.sequence) AS widest_look_gap_ms,
    z.cloud_started_at AS cloud_started, z.cloud_ended_at AS cloud_ended
FROM operation o
JOIN operation_version s ON s.op = o.op AND s.starts_stretch = 1
LEFT JOIN operation_version n ON n.op = s.op AND n.version = (
    SELECT min(x.version) FROM operation_version x
    WHERE x.op = s.op AND x.version > s.version AND x.starts_stretch = 1)
JOIN operation_version z ON z.op = s.op AND z.version = coalesce(
    n.version - 1, (SELECT max(x.version) FROM operation_version x WHERE x.op = s.op))
JOIN exchange first ON first.sequence = s.from_sequence
JOIN exchange last ON last.sequence = (
    SELECT e.sequence FROM exchange e WHERE e.op = s.op AND e.look IS NOT NULL
        AND e.sequence < coalesce(n.from_sequence, 9223372036854775807)
    ORDER BY e.sequence DESC LIMIT 1)
