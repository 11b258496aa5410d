-- Words and fields that the program does not know. They are kept; none is guessed at.
CREATE VIEW unknowns AS
SELECT
    u.action AS action, -- call whose answer held it
    u.kind AS kind, -- word (in a known field) or field
    u.name AS name, -- the field
    u.value AS value, -- the word; of an unknown field its JSON type
    sum(s.occurrences) AS occurrences, -- how often it was seen
    count(*) AS answers, -- in how many answers
    utc(received_at(min(s.sequence))) AS first_seen_at, -- receipt of the first
    utc(received_at(max(s.sequence))) AS last_seen_at -- receipt of the last
FROM unknown u
JOIN unknown_seen s ON s.unknown_id = u.unknown_id
GROUP BY u.unknown_id
