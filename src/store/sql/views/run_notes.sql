-- One account of a run that could not be asked.
-- Example: SELECT run_id, label, cause, note FROM run_notes ORDER BY note_id DESC
CREATE VIEW run_notes AS
SELECT
    n.sequence AS note_id, -- [integer] its evidence
    n.run_id AS run_id, -- [integer] the run
    n.label AS label, -- name of the credentials in the configuration
    n.account_id AS account_id, -- account as which they answered, where it is not the one before; NULL where there were none
    n.cause AS cause, -- [word cause] cause of the looks that are missed for it
    json_extract(l.record, '$.text') AS note, -- the same in words
    utc(n.at) AS noted_at -- [time] when it was found
FROM run_note n
JOIN leaf l ON l.sequence = n.sequence
