-- The recorder's own life: what kept it from its work, which credentials it asked for, what it was told to do,
-- and the stretches in which something due was not seen. Derived, but for the two tables at the end.

ALTER TABLE run ADD COLUMN is_filtered INTEGER NOT NULL DEFAULT 0 CHECK (is_filtered IN (0, 1)); -- 1 where it was limited to some services or accounts

-- Collectors that were started and asked nothing.
CREATE TABLE run_skipped (
    sequence INTEGER PRIMARY KEY, -- its run_skipped leaf; who and where stand there
    at INTEGER NOT NULL, -- when, ms
    cause TEXT NOT NULL -- locked or disk
) STRICT;

-- Accounts of a run that could not be asked.
CREATE TABLE run_note (
    sequence INTEGER PRIMARY KEY, -- its note leaf; the text stands there
    run_id INTEGER NOT NULL REFERENCES run (run_id), -- the run
    label TEXT NOT NULL, -- name of the credentials in the configuration
    account_id TEXT, -- account as which they answer, where that is why; NULL where there were none
    cause TEXT NOT NULL, -- cause of the looks that are missed for it
    at INTEGER NOT NULL -- when that was found, ms
) STRICT;
CREATE INDEX run_note_by_label ON run_note (run_id, label);

-- Accounts that credentials turned out to belong to.
CREATE TABLE account_label (
    account_id TEXT NOT NULL, -- the account
    label TEXT NOT NULL, -- name of the credentials in the configuration
    first_sequence INTEGER NOT NULL, -- answer that first said so
    PRIMARY KEY (account_id, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_identity_by_label ON run_identity (label, run_id);
CREATE INDEX run_identity_by_account ON run_identity (account_id, sequence);

-- Calls that answer with credentials.
CREATE TABLE credential_call (
    sequence INTEGER PRIMARY KEY, -- its credential leaf; all about it stands there
    run_id INTEGER NOT NULL REFERENCES run (run_id) -- the run
) STRICT;

-- Steps of our own clock.
CREATE TABLE clock_step (
    sequence INTEGER PRIMARY KEY, -- its clock leaf; how far stands there
    run_id INTEGER -- the run in which it was found, if one was on
) STRICT;

-- How far our clock was from the cloud's in a run. No row where no answer bore a date.
CREATE TABLE run_clock (
    run_id INTEGER PRIMARY KEY REFERENCES run (run_id), -- the run
    offset_ms INTEGER NOT NULL, -- the cloud's clock less ours, median, ms
    samples INTEGER NOT NULL -- answers that it is the median of
) STRICT;

-- What the configuration said, whenever it changed.
CREATE TABLE config (
    sequence INTEGER PRIMARY KEY, -- its config leaf
    every_ms INTEGER, -- declared schedule: from start to start of runs, ms
    alidns_offset_minutes INTEGER, -- zone of AliDNS times, minutes east of UTC
    bpstudio_offset_minutes INTEGER -- zone of BPStudio times, minutes east of UTC
) STRICT;

-- Names that the configuration gave accounts.
CREATE TABLE account_name (
    sequence INTEGER NOT NULL REFERENCES config (sequence), -- the config leaf
    label TEXT NOT NULL, -- name of the credentials in the configuration
    account_id TEXT, -- the account, where the configuration says it
    name TEXT, -- name for people
    owner TEXT, -- whose it is
    environment TEXT, -- what it is for
    PRIMARY KEY (sequence, label)
) STRICT, WITHOUT ROWID;

-- Good looks of watches that are about no one operation (discovery, the last task).
CREATE TABLE watch_look (
    watch_id INTEGER NOT NULL REFERENCES watch (watch_id), -- the watch
    run_id INTEGER NOT NULL REFERENCES run (run_id), -- the run
    sequence INTEGER NOT NULL, -- end of that run
    requested_at INTEGER NOT NULL, -- request of its first answer, ms
    received_at INTEGER NOT NULL, -- receipt of its last answer, ms
    PRIMARY KEY (watch_id, run_id)
) STRICT, WITHOUT ROWID;

-- Stretches in which something due was not seen, when they begin.
CREATE TABLE gap (
    gap_id INTEGER PRIMARY KEY, -- number of the gap, from 1
    sequence INTEGER NOT NULL, -- leaf with which it became known: end of the run with the first bad look, a skipped run, the start of the next run
    subject TEXT NOT NULL CHECK (subject IN ('operation', 'watch', 'recorder')), -- what was not seen
    watch_id INTEGER REFERENCES watch (watch_id), -- watch of the first bad look; NULL for the recorder
    service TEXT NOT NULL, -- ros, bpstudio or alidns; empty for the recorder
    account_id TEXT NOT NULL, -- account whose credentials ask; empty while it is unknown
    region_id TEXT NOT NULL, -- region of the stack group; empty where the service has none
    operation_id TEXT NOT NULL, -- the cloud's id; empty where it is about no one operation
    run_id INTEGER REFERENCES run (run_id), -- run of the first bad look; of the recorder the last run before; NULL where there was none
    exchange INTEGER, -- exchange whose failure is the reason; NULL where none is
    cause TEXT NOT NULL, -- why the first look in it was missed
    gap_from INTEGER NOT NULL -- request of the last good look, or the adding of the watch, ms
) STRICT;
CREATE INDEX gap_by_operation ON gap (operation_id, account_id, region_id, service, gap_id) WHERE subject = 'operation';
CREATE INDEX gap_by_watch ON gap (watch_id, gap_id) WHERE subject = 'watch';
CREATE INDEX gap_of_recorder ON gap (cause, gap_id) WHERE subject = 'recorder';

-- How such a stretch ended.
CREATE TABLE gap_end (
    gap_id INTEGER PRIMARY KEY REFERENCES gap (gap_id), -- the gap
    sequence INTEGER NOT NULL, -- leaf with which that became known
    how TEXT NOT NULL CHECK (how IN ('seen', 'removed', 'run')), -- a good look, the removal of the last watch, or the next run
    gap_until INTEGER NOT NULL, -- receipt of the next good look, the removal, or the start of the next run, ms
    run_id INTEGER -- run that ended it; NULL for a removal
) STRICT;

CREATE INDEX watch_by_operation ON watch (operation_id);
CREATE INDEX watch_removal_by_sequence ON watch_removal (sequence);

-- Operational, not derived: mutable, proves nothing, kept by a rebuild, compared by nobody.

-- What was learned of the pace that the cloud allows.
CREATE TABLE limit_learned (
    label TEXT NOT NULL, -- name of the credentials in the configuration
    action TEXT NOT NULL, -- the call
    per_second_milli INTEGER NOT NULL CHECK (per_second_milli > 0), -- thousandths of a request a second
    learned_at INTEGER NOT NULL, -- when, ms
    PRIMARY KEY (label, action)
) STRICT, WITHOUT ROWID;

-- Failures that the user has been told of and that last.
CREATE TABLE told (
    what TEXT NOT NULL PRIMARY KEY, -- what fails
    cause TEXT NOT NULL, -- why
    code TEXT, -- Code of the cloud's answer
    first_at INTEGER NOT NULL, -- when it began, ms
    last_told_at INTEGER NOT NULL -- when it was told last, ms
) STRICT, WITHOUT ROWID;
