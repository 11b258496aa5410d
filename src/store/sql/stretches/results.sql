-- Stretches of status of results, with instants in milliseconds: what result_timeline and status_timeline read.
-- One seek for each thing to find, and none where it is not there: of 2,000 results read together this is half of
-- what an export of their timeline takes.
SELECT
    o.service, o.account_id, o.region_id, o.operation_id,
    t.account_id AS target_account_id, t.region_id AS target_region_id,
    s.stretch AS sequence, w.status, w.phase, reason.value AS reason,
    CASE WHEN before.flags & 1 THEN
        max(coalesce(CASE WHEN look_before.end_sequence >= shown_before.sequence THEN look_before.started_at END, 0),
            json_extract(shown_before.record, '$.requested_at'))
    END AS entered_earliest,
    json_extract(shown.record, '$.received_at') AS entered_latest,
    max(coalesce(CASE WHEN look_last.end_sequence >= s.from_sequence THEN look_last.started_at END, 0),
        json_extract(shown.record, '$.requested_at')) AS left_earliest,
    CASE WHEN n.flags & 1 THEN json_extract(shown_next.record, '$.received_at') END AS left_latest,
    coalesce(look_last.look, 0) - coalesce(look_before.look, 0) AS looks,
    CASE WHEN look_last.look > coalesce(look_before.look, 0) + 1 THEN (
        SELECT max(l.look_gap_ms) FROM listing_end l WHERE l.op = s.op AND l.look IS NOT NULL
        AND l.end_sequence >= s.from_sequence AND l.end_sequence <= look_last.end_sequence
        AND l.look > coalesce(look_before.look, 0) + 1) END AS widest_look_gap_ms
FROM operation o
JOIN result_version s ON s.op = o.op AND s.flags & 2
JOIN leaf shown ON shown.sequence = s.from_sequence
JOIN target t ON t.target = s.target
JOIN result_status w ON w.status_no = s.status_no
LEFT JOIN result_version next ON next.op = s.op AND next.target = s.target AND next.version = s.version + 1
-- Mostly the next version begins the next stretch, or there is none: it is looked for where neither holds.
LEFT JOIN result_version n ON n.op = s.op AND n.target = s.target AND n.version = CASE next.flags & 3 WHEN 1 THEN (
    SELECT min(x.version) FROM result_version x
    WHERE x.op = s.op AND x.target = s.target AND x.version > next.version AND x.flags & 3 <> 1) ELSE next.version END
LEFT JOIN result_text reason ON reason.text_no = CASE next.flags & 3 WHEN 1 THEN (
    SELECT x.reason_no FROM result_version x
    WHERE x.op = s.op AND x.target = s.target AND x.version < coalesce(n.version, 9223372036854775807)
    ORDER BY x.version DESC LIMIT 1) ELSE s.reason_no END
LEFT JOIN result_version before ON before.op = s.op AND before.target = s.target
    AND before.version = nullif(s.version, 1) - 1
LEFT JOIN leaf shown_before ON shown_before.sequence = CASE WHEN before.flags & 2 THEN before.from_sequence ELSE (
    SELECT x.from_sequence FROM result_version x
    WHERE x.op = s.op AND x.target = s.target AND x.version < before.version AND x.flags & 2
    ORDER BY x.version DESC LIMIT 1) END
LEFT JOIN leaf shown_next ON shown_next.sequence = n.from_sequence
LEFT JOIN listing_end look_before ON look_before.listing_id = (
    SELECT l.listing_id FROM listing_end l WHERE l.op = s.op AND l.look IS NOT NULL
        AND l.end_sequence < s.from_sequence ORDER BY l.end_sequence DESC LIMIT 1)
LEFT JOIN listing_end look_last ON look_last.listing_id = (
    SELECT l.listing_id FROM listing_end l WHERE l.op = s.op AND l.look IS NOT NULL
        AND l.end_sequence < coalesce(n.from_sequence, 9223372036854775807) ORDER BY l.end_sequence DESC LIMIT 1)
