-- One step of the recorder's own clock.
-- Example: SELECT found_at, stepped_ms, detail FROM clock_steps ORDER BY clock_step_id
CREATE VIEW clock_steps AS
SELECT
    c.sequence AS clock_step_id, -- [integer] its evidence
    c.run_id AS run_id, -- [integer] run in which it was found
    utc(json_extract(l.record, '$.at')) AS found_at, -- [time] when, by the clock after the step
    json_extract(l.record, '$.stepped_ms') AS stepped_ms, -- [integer ms] how far it was set forward, milliseconds; negative where back
    json_extract(l.record, '$.detail') AS detail -- more about it
FROM clock_step c
JOIN leaf l ON l.sequence = c.sequence
