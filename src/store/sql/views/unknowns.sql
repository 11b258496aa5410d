-- Words and fields that the program does not know. They are kept; none is guessed at.
-- Example: SELECT action, kind, name, value, answers FROM unknowns ORDER BY answers DESC
CREATE VIEW unknowns AS
SELECT
    u.action AS action, -- call whose answer held it
    u.kind AS kind, -- [word = word field] word (in a known field) or field
    u.name AS name, -- the field
    u.value AS value, -- the word; of an unknown field its JSON type
    s.answers AS answers, -- [integer] answers that held it
    utc(received_at(s.first)) AS first_seen_at, -- [time] receipt of the first
    utc(received_at(s.last)) AS last_seen_at -- [time] receipt of the last
FROM unknown u
JOIN (
    SELECT unknown_id, count(*) AS answers, min(sequence) AS first, max(sequence) AS last
    FROM unknown_seen GROUP BY unknown_id
) s ON s.unknown_id = u.unknown_id
