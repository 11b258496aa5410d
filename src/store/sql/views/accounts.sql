-- One account: as it was met, and as the configuration names it, or named it last.
-- Example: SELECT account_id, name, owner, last_seen_at FROM accounts ORDER BY account_id
CREATE VIEW accounts AS
WITH named AS MATERIALIZED (
    SELECT n.label AS label, n.name AS name, n.owner AS owner, n.environment AS environment, n.sequence AS sequence,
        coalesce(n.account_id, (SELECT i.account_id FROM run_identity i WHERE i.label = n.label AND NOT EXISTS (
            SELECT 1 FROM run_note x WHERE x.run_id = i.run_id AND x.label = i.label AND x.account_id = i.account_id)
            ORDER BY i.run_id DESC LIMIT 1)) AS account_id
    FROM account_name n
    JOIN (SELECT label, max(sequence) AS sequence FROM account_name GROUP BY label) newest
        ON newest.label = n.label AND newest.sequence = n.sequence
), known AS (
    SELECT account_id, NULL AS label FROM account_label
    UNION SELECT account_id, CASE WHEN account_id IS NULL THEN label END FROM named
)
SELECT
    k.account_id AS account_id, -- the account; NULL where it is named by its credentials alone and they were never used
    (SELECT n.name FROM named n WHERE n.account_id = k.account_id OR n.label = k.label ORDER BY n.name IS NULL, n.sequence DESC, n.label LIMIT 1) AS name, -- name for people
    (SELECT n.owner FROM named n WHERE n.account_id = k.account_id OR n.label = k.label ORDER BY n.owner IS NULL, n.sequence DESC, n.label LIMIT 1) AS owner, -- whose it is
    (SELECT n.environment FROM named n WHERE n.account_id = k.account_id OR n.label = k.label ORDER BY n.environment IS NULL, n.sequence DESC, n.label LIMIT 1) AS environment, -- what it is for
    (SELECT json_group_array(b.label) FROM (
        SELECT l.label AS label FROM account_label l WHERE l.account_id = k.account_id
        UNION SELECT n.label FROM named n WHERE n.account_id = k.account_id OR n.label = k.label) b) AS labels, -- [json] names of the credentials that belonged to it, JSON array
    utc(received_at((SELECT min(l.first_sequence) FROM account_label l WHERE l.account_id = k.account_id))) AS first_seen_at, -- [time] first answer that named it
    utc(received_at((SELECT max(i.sequence) FROM run_identity i WHERE i.account_id = k.account_id))) AS last_seen_at, -- [time] last one
    (SELECT i.arn FROM run_identity i WHERE i.account_id = k.account_id ORDER BY i.sequence DESC LIMIT 1) AS last_arn -- caller as the cloud named it then
FROM known k
