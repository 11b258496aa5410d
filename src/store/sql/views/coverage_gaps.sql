-- One stretch in which something due was not seen: between two good looks at what is watched, or two runs.
-- Example: SELECT scope, operation_id, cause, gap_from, gap_until, gap_seconds FROM coverage_gaps ORDER BY gap_seconds DESC
CREATE VIEW coverage_gaps AS
SELECT
    CASE g.subject WHEN 'recorder' THEN 'recorder' ELSE 'watch' END AS scope, -- [word = watch recorder] watch, or recorder where no run began
    coalesce(nullif(g.account_id, ''), (SELECT o.account_id FROM watch_operation x JOIN operation o ON o.op = x.op
        WHERE x.watch_id = g.watch_id ORDER BY x.from_sequence DESC, x.op DESC LIMIT 1)) AS account_id, -- account whose credentials ask; NULL while it is unknown, and for the recorder
    g.region_id AS region_id, -- region of the stack group; empty where there is none
    nullif(g.service, '') AS service, -- [word service] ros, bpstudio or alidns; NULL for the recorder
    (SELECT w.label FROM watch w WHERE w.watch_id = g.watch_id) AS label, -- name of the credentials in the configuration; NULL for the recorder
    g.watch_id AS watch_id, -- [integer] watch of the first look that was missed; NULL for the recorder
    g.operation_id AS operation_id, -- the cloud's id of the operation or task; empty where it is about no one operation
    g.cause AS cause, -- [word cause] why the first look was missed: not_run, aborted, deferred, unreachable, throttled, denied, credential, clock, invalid_answer, incomplete_listing, expired_unseen or disk
    utc(g.gap_from) AS gap_from, -- [time] request of the last good look, or the adding of the watch; of the recorder the start of the run before
    utc(e.gap_until) AS gap_until, -- [time] receipt of the next good look, the removal, or the start of the next run; NULL while it lasts
    (max(e.gap_until - g.gap_from, 0) + 999) / 1000 AS gap_seconds, -- [integer seconds] between the two, rounded up, seconds; NULL while it lasts
    CASE g.subject
        WHEN 'recorder' THEN coalesce('no run after run ' || g.run_id, 'no run yet') || CASE g.cause
            WHEN 'disk' THEN ': ' || coalesce(json_extract(t.record, '$.detail'), 'too little room on the disk')
            ELSE '' END
        ELSE 'first missed in run ' || g.run_id || coalesce(
            ': ' || json_extract(ask.record, '$.action') || coalesce(' page ' || x.page_number, '')
                || ' ' || x.outcome || coalesce(' ' || f.code, '') || coalesce(': ' || f.message, ''),
            ': ' || (SELECT json_extract(l.record, '$.text') FROM run_note n JOIN leaf l ON l.sequence = n.sequence
                WHERE n.run_id = g.run_id AND n.label = (SELECT w.label FROM watch w WHERE w.watch_id = g.watch_id)
                ORDER BY n.account_id IS NULL, n.sequence LIMIT 1),
            CASE g.cause WHEN 'deferred' THEN ': the run ended before its turn' WHEN 'aborted' THEN ': the run died'
                WHEN 'incomplete_listing' THEN ': every page was answered and the list is not whole' END,
            '')
    END || CASE e.how
        WHEN 'seen' THEN '; seen again in run ' || e.run_id
        WHEN 'removed' THEN '; the watch was removed'
        WHEN 'run' THEN '; run ' || e.run_id || ' came next'
        ELSE coalesce('; expired unseen in run ' || CASE g.service WHEN 'bpstudio' THEN (SELECT min(m.run_id) FROM missed_look m
            WHERE m.watch_id = g.watch_id AND m.run_id > g.run_id AND m.cause = 'expired_unseen') END, '')
    END AS detail, -- in words: the runs, the call that failed and its code
    g.gap_id AS gap_id -- [integer] number of the gap, from 1
FROM gap g
LEFT JOIN gap_end e ON e.gap_id = g.gap_id
LEFT JOIN leaf t ON t.sequence = g.sequence
LEFT JOIN exchange x ON x.sequence = g.exchange
LEFT JOIN exchange_error f ON f.sequence = g.exchange
LEFT JOIN leaf ask ON ask.sequence = coalesce(x.listing_id, x.sequence)
