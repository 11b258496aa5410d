-- One event of a key that signs checkpoints.
-- Example: SELECT happened_at, change, origin, vkey, os_user FROM signing_keys ORDER BY key_event_id
CREATE VIEW signing_keys AS
SELECT
    k.sequence AS key_event_id, -- [integer] its evidence
    k.change AS change, -- [word = made unusable] made, or unusable: the log went on without a seal
    k.origin AS origin, -- origin of the key's checkpoints, which is its name
    json_extract(l.record, '$.vkey') AS vkey, -- its public half: a C2SP verifier key
    utc(json_extract(l.record, '$.at')) AS happened_at, -- [time] when
    json_extract(l.record, '$.user') AS os_user, -- user of the operating system
    json_extract(l.record, '$.host') AS host, -- name of the host
    json_extract(l.record, '$.reason') AS reason -- why it could not be used
FROM key_event k
JOIN leaf l ON l.sequence = k.sequence
