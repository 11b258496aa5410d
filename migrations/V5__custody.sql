-- Who answers for the log: its keys, its checkpoints, and what was done to the file as a whole.

-- Signed heads of the tree. Neither evidence nor derived: what a checkpoint says follows from the leaves, that it
-- was signed follows from nothing in this file. Insert-only.
CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY CHECK (size > 0), -- leaves that it covers
    origin TEXT NOT NULL, -- name of the log and of the key
    root BLOB NOT NULL CHECK (length(root) = 32), -- RFC 6962 root of these leaves
    note TEXT NOT NULL -- the checkpoint: a C2SP signed note
) STRICT;

CREATE TRIGGER checkpoint_is_append_only_update BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER checkpoint_is_append_only_delete BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;

-- What became of signing keys.
CREATE TABLE key_event (
    sequence INTEGER PRIMARY KEY, -- its key leaf; all about it stands there
    change TEXT NOT NULL, -- made or unusable
    origin TEXT NOT NULL -- origin of the key's checkpoints
) STRICT;

-- Times at which the log was taken up again from a copy, or without its state directory.
CREATE TABLE restoration (
    sequence INTEGER PRIMARY KEY -- its restore leaf; all about it stands there
) STRICT;

-- Times at which the file was brought to a newer schema.
CREATE TABLE schema_change (
    sequence INTEGER PRIMARY KEY -- its schema leaf; all about it stands there
) STRICT;

-- A run looks for those before it that are still open, and for the last whole one.
CREATE INDEX run_of_stop ON run (run_id) WHERE kind = 'stop';
CREATE INDEX run_whole ON run (run_id) WHERE kind = 'collect' AND NOT is_filtered;
