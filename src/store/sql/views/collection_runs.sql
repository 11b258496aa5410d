-- One run of the recorder: a round of collect, or a stop.
-- Example: SELECT run_id, started_at, duration_ms, outcome, watches_due, watches_failed, versions_new FROM collection_runs ORDER BY run_id DESC LIMIT 20
CREATE VIEW collection_runs AS
SELECT
    r.run_id AS run_id, -- [integer] number of the run, from 1
    r.kind AS kind, -- [word = collect stop] collect or stop
    utc(r.started_at) AS started_at, -- [time] when it began
    utc(e.ended_at) AS ended_at, -- [time] when it ended; NULL for one that died or goes on
    e.ended_at - r.started_at AS duration_ms, -- [integer ms] between the two, milliseconds
    e.outcome AS outcome, -- [word run_outcome] complete, partial, failed, interrupted or aborted; NULL while it goes on
    json_extract(l.record, '$.user') AS os_user, -- user of the operating system
    json_extract(l.record, '$.host') AS host, -- machine
    json_extract(l.record, '$.program') AS program, -- program and version
    json_extract(l.record, '$.endpoint') AS endpoint, -- endpoint other than the cloud's own
    coalesce(json_extract(l.record, '$.simulated'), 0) AS simulated, -- [flag] 1 when the simulated cloud was asked
    json_extract(l.record, '$.every_ms') AS every_ms, -- [integer ms] declared schedule: from start to start of runs, milliseconds
    json_extract(l.record, '$.services') AS services, -- [json] services that it was limited to, JSON array; NULL where it was about all
    json_extract(l.record, '$.accounts') AS accounts, -- [json] accounts that it was limited to, by their names in the configuration, JSON array; NULL where it was about all
    c.offset_ms AS clock_offset_ms, -- [integer ms] the cloud's clock less ours, median over its answers, milliseconds; NULL where none bore a date
    c.samples AS clock_samples, -- [integer] answers that it is the median of
    e.watches_due AS watches_due, -- [integer] watches that were planned
    e.watches_polled AS watches_polled, -- [integer] of them asked
    e.watches_failed AS watches_failed, -- [integer] of them without a good look
    e.watches_deferred AS watches_deferred, -- [integer] of them not begun
    e.operations_new AS operations_new, -- [integer] operations seen for the first time
    e.versions_new AS versions_new, -- [integer] new versions of operations and results
    e.looks_unchanged AS looks_unchanged, -- [integer] looks at an operation that showed nothing new
    e.results_seen AS results_seen, -- [integer] distinct result rows in its listings
    e.listings_complete AS listings_complete, -- [integer] listings that were complete
    e.listings_incomplete AS listings_incomplete, -- [integer] listings that were not
    e.not_found AS not_found, -- [integer] watches whose id the cloud did not know
    e.expired_unseen AS expired_unseen, -- [integer] watches whose id died before its end was seen
    e.requests AS requests, -- [integer] HTTP requests, retries included
    e.retries AS retries, -- [integer] requests that repeat another
    e.throttled AS throttled, -- [integer] requests that were throttled
    e.bytes_received AS bytes_received, -- [integer bytes] bytes of answers kept
    e.end_sequence + 1 AS evidence_size -- [integer] leaves of the tree at its end
FROM run r
JOIN leaf l ON l.sequence = r.start_sequence
LEFT JOIN run_end e ON e.run_id = r.run_id
LEFT JOIN run_clock c ON c.run_id = r.run_id
