-- Derived: made from evidence by pure code, and made again by `optrail rebuild`. Rows are inserted, never
-- updated (but for the one row of `derivation`): a version refers to the sequence of the leaf that first
-- showed it and ends where its successor begins, so any past state of knowledge can be read.
-- Instants are milliseconds since 1970-01-01T00:00:00Z; the views write them as text.

-- How far derivation has come.
CREATE TABLE derivation (
    id INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
    derived_through INTEGER NOT NULL CHECK (derived_through >= -1), -- sequence of the last leaf derived; -1 before the first
    derive_version INTEGER NOT NULL -- version of the rules that derived all rows of this file
) STRICT;

-- Runs of the recorder: a round of `collect`, or one `stop`.
CREATE TABLE run (
    run_id INTEGER PRIMARY KEY, -- number of the run, from 1
    start_sequence INTEGER NOT NULL, -- its run_start leaf
    kind TEXT NOT NULL, -- collect or stop
    started_at INTEGER NOT NULL -- when it began, ms
) STRICT;

-- How runs ended.
CREATE TABLE run_end (
    run_id INTEGER PRIMARY KEY REFERENCES run (run_id), -- the run
    end_sequence INTEGER NOT NULL, -- its run_end leaf, or the run_aborted leaf of the run that found it dead
    ended_at INTEGER, -- when it ended, ms; NULL for a run that died
    outcome TEXT NOT NULL CHECK (outcome IN ('complete', 'partial', 'failed', 'interrupted', 'aborted')), -- verdict on the run
    watches_due INTEGER NOT NULL, -- watches that were planned
    watches_polled INTEGER NOT NULL, -- of them asked
    watches_failed INTEGER NOT NULL, -- of them without a good look
    watches_deferred INTEGER NOT NULL, -- of them not begun
    operations_new INTEGER NOT NULL, -- operations seen for the first time
    versions_new INTEGER NOT NULL, -- versions of operations and of results that were new
    looks_unchanged INTEGER NOT NULL, -- looks at an operation that showed nothing new
    results_seen INTEGER NOT NULL, -- distinct result rows in its listings
    listings_complete INTEGER NOT NULL, -- listings that were complete
    listings_incomplete INTEGER NOT NULL, -- listings that were not
    not_found INTEGER NOT NULL, -- watches whose id the cloud did not know
    expired_unseen INTEGER NOT NULL, -- watches whose id died before its end was seen
    deferred_again INTEGER NOT NULL, -- watches not begun in this run nor in the one before
    requests INTEGER NOT NULL, -- HTTP requests, retries included
    retries INTEGER NOT NULL, -- requests that repeat another
    throttled INTEGER NOT NULL, -- requests that were throttled
    bytes_received INTEGER NOT NULL -- bytes of answers kept
) STRICT;

-- Plans of a run: what it set out to ask.
CREATE TABLE run_plan (
    sequence INTEGER PRIMARY KEY, -- its plan leaf
    run_id INTEGER NOT NULL REFERENCES run (run_id) -- the run
) STRICT;
CREATE INDEX run_plan_by_run ON run_plan (run_id);

-- Whose credentials a run asked with.
CREATE TABLE run_identity (
    run_id INTEGER NOT NULL REFERENCES run (run_id), -- the run
    label TEXT NOT NULL, -- name of the credentials in the configuration
    sequence INTEGER NOT NULL, -- the GetCallerIdentity answer
    account_id TEXT NOT NULL, -- account the credentials belong to
    arn TEXT, -- caller as the cloud names it
    PRIMARY KEY (run_id, label)
) STRICT, WITHOUT ROWID;

-- What is to be recorded.
CREATE TABLE watch (
    watch_id INTEGER PRIMARY KEY, -- number of the watch, from 1
    add_sequence INTEGER NOT NULL, -- its watch leaf; who, when and why stand there
    service TEXT NOT NULL, -- ros, bpstudio or alidns
    label TEXT NOT NULL, -- credentials to ask with
    region_id TEXT NOT NULL, -- region of the stack group; empty where the service has none
    operation_id TEXT NOT NULL -- id of the operation or task
) STRICT;
CREATE INDEX watch_by_target ON watch (service, label, region_id, operation_id);

-- Watches that were given up.
CREATE TABLE watch_removal (
    watch_id INTEGER PRIMARY KEY REFERENCES watch (watch_id), -- the watch
    sequence INTEGER NOT NULL -- its watch leaf; who, when and why stand there
) STRICT;

-- Identities of operations. A row says that the operation was asked for; it was seen when it has a version.
CREATE TABLE operation (
    op INTEGER PRIMARY KEY, -- our number for it
    service TEXT NOT NULL, -- ros, bpstudio or alidns
    account_id TEXT NOT NULL, -- account whose credentials asked
    region_id TEXT NOT NULL, -- region of the stack group; empty where the service has none
    operation_id TEXT NOT NULL, -- the cloud's id
    first_sequence INTEGER NOT NULL, -- first exchange about it
    UNIQUE (service, account_id, region_id, operation_id)
) STRICT;
CREATE INDEX operation_by_id ON operation (operation_id);

-- Which operation a watch turned out to be.
CREATE TABLE watch_operation (
    watch_id INTEGER NOT NULL REFERENCES watch (watch_id), -- the watch
    op INTEGER NOT NULL REFERENCES operation (op), -- the operation
    from_sequence INTEGER NOT NULL, -- end of the first run that asked for it under this watch
    PRIMARY KEY (watch_id, op)
) STRICT, WITHOUT ROWID;
CREATE INDEX watch_operation_by_op ON watch_operation (op);

-- Changes of the state in which an operation is watched.
CREATE TABLE operation_state (
    op INTEGER NOT NULL REFERENCES operation (op), -- the operation
    number INTEGER NOT NULL, -- from 1
    from_sequence INTEGER NOT NULL, -- end of the run that decided it
    state TEXT NOT NULL CHECK (state IN ('active', 'settled', 'unsettled', 'not_found', 'expired')), -- the state
    PRIMARY KEY (op, number)
) STRICT, WITHOUT ROWID;

-- One HTTP exchange, or attempt without an answer. What was asked stands in the leaf.
CREATE TABLE exchange (
    sequence INTEGER PRIMARY KEY, -- its leaf
    run_id INTEGER NOT NULL REFERENCES run (run_id), -- the run
    op INTEGER REFERENCES operation (op), -- operation asked for; NULL for a page (its listing says) and for calls about none
    listing_id INTEGER, -- listing that it is a page of
    page_number INTEGER, -- page asked for
    attempt INTEGER NOT NULL, -- 1 for the first request, more for repeats
    outcome TEXT NOT NULL, -- what became of it
    request_id TEXT, -- RequestId of the answer where it was not cut out of the body; else it stands beside the leaf
    look INTEGER, -- number of this look at the operation, from 1; NULL where it is none
    look_gap_ms INTEGER -- from the request of the look before to the receipt of this one, ms
) STRICT;
CREATE INDEX exchange_by_op ON exchange (op, sequence) WHERE op IS NOT NULL;
CREATE INDEX exchange_by_look ON exchange (op, sequence, look, look_gap_ms) WHERE look IS NOT NULL;

-- Code and message of an answer that is not plain ok, or why there was none.
CREATE TABLE exchange_error (
    sequence INTEGER PRIMARY KEY REFERENCES exchange (sequence), -- the exchange
    code TEXT, -- Code of the answer
    message TEXT -- Message of the answer, or the reason why there is none
) STRICT;

-- One state of an operation, of any service.
CREATE TABLE operation_version (
    op INTEGER NOT NULL REFERENCES operation (op), -- the operation
    version INTEGER NOT NULL, -- from 1
    from_sequence INTEGER NOT NULL, -- exchange that first showed it
    stretch INTEGER NOT NULL, -- number of the stretch of one status, from 1
    starts_stretch INTEGER NOT NULL CHECK (starts_stretch IN (0, 1)), -- 1 where a stretch begins
    status TEXT, -- status, trimmed (BPStudio: upper-cased)
    status_raw TEXT, -- status as sent
    phase TEXT NOT NULL, -- meaning of status
    changed TEXT, -- JSON array of the fields that differ from the version before; NULL for version 1
    kind TEXT, -- what the operation does: Action, BatchType
    resource_id TEXT, -- what it is about: StackGroupId
    resource_name TEXT, -- its name: StackGroupName
    reason TEXT, -- reason given with the status (AliDNS)
    cloud_started_at INTEGER, -- start as the cloud tells it, ms
    cloud_started_at_raw TEXT, -- as sent
    cloud_ended_at INTEGER, -- end as the cloud tells it, ms
    cloud_ended_at_raw TEXT, -- as sent
    unknown_fields TEXT, -- JSON object of fields that the program does not know, as this answer had them
    PRIMARY KEY (op, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_version_by_sequence ON operation_version (from_sequence);

-- What a stack-group operation has beyond the common columns.
CREATE TABLE ros_operation_version (
    op INTEGER NOT NULL, -- the operation
    version INTEGER NOT NULL, -- its version
    action TEXT, -- Action
    status TEXT, -- Status as sent
    operation_description TEXT, -- OperationDescription
    stack_group_id TEXT, -- StackGroupId
    stack_group_name TEXT, -- StackGroupName
    create_time TEXT, -- CreateTime as sent
    end_time TEXT, -- EndTime as sent
    administration_role_name TEXT, -- AdministrationRoleName
    execution_role_name TEXT, -- ExecutionRoleName
    retain_stacks INTEGER, -- RetainStacks, 0 or 1
    account_ids TEXT, -- DeploymentTargets.AccountIds, JSON array
    rd_folder_ids TEXT, -- DeploymentTargets.RdFolderIds, JSON array
    region_ids_order TEXT, -- OperationPreferences.RegionIdsOrder, JSON array
    failure_tolerance_count INTEGER, -- OperationPreferences.FailureToleranceCount
    failure_tolerance_percentage INTEGER, -- OperationPreferences.FailureTolerancePercentage, percent
    max_concurrent_count INTEGER, -- OperationPreferences.MaxConcurrentCount
    max_concurrent_percentage INTEGER, -- OperationPreferences.MaxConcurrentPercentage, percent
    drift_detection_status TEXT, -- StackGroupDriftDetectionDetail.DriftDetectionStatus
    stack_group_drift_status TEXT, -- StackGroupDriftDetectionDetail.StackGroupDriftStatus
    drift_detection_time TEXT, -- StackGroupDriftDetectionDetail.DriftDetectionTime as sent
    total_stack_instances_count INTEGER, -- StackGroupDriftDetectionDetail.TotalStackInstancesCount
    drifted_stack_instances_count INTEGER, -- StackGroupDriftDetectionDetail.DriftedStackInstancesCount
    in_sync_stack_instances_count INTEGER, -- StackGroupDriftDetectionDetail.InSyncStackInstancesCount
    in_progress_stack_instances_count INTEGER, -- StackGroupDriftDetectionDetail.InProgressStackInstancesCount
    failed_stack_instances_count INTEGER, -- StackGroupDriftDetectionDetail.FailedStackInstancesCount
    cancelled_stack_instances_count INTEGER, -- StackGroupDriftDetectionDetail.CancelledStackInstancesCount
    drift_detected_at INTEGER, -- DriftDetectionTime, ms; NULL where it cannot be read
    PRIMARY KEY (op, version),
    FOREIGN KEY (op, version) REFERENCES operation_version (op, version)
) STRICT, WITHOUT ROWID;

-- The lists of a stack-group operation, one value a row.
CREATE TABLE ros_operation_list (
    op INTEGER NOT NULL, -- the operation
    version INTEGER NOT NULL, -- its version
    list TEXT NOT NULL CHECK (list IN ('account_ids', 'rd_folder_ids', 'region_ids_order')), -- which list
    position INTEGER NOT NULL, -- from 1, in the order sent
    value TEXT NOT NULL, -- the value
    PRIMARY KEY (op, version, list, position),
    FOREIGN KEY (op, version) REFERENCES ros_operation_version (op, version)
) STRICT, WITHOUT ROWID;

-- What a CADT operation has beyond the common columns. Message and arguments may hold customers' secrets.
CREATE TABLE bpstudio_operation_version (
    op INTEGER NOT NULL, -- the operation
    version INTEGER NOT NULL, -- its version
    code TEXT, -- Code of the answer
    response_message TEXT, -- Message of the answer
    status TEXT, -- Data.Status as sent
    message TEXT, -- Data.Message as sent
    arguments TEXT, -- Data.Arguments as sent
    message_json TEXT, -- Data.Message parsed, where it holds JSON
    arguments_json TEXT, -- Data.Arguments parsed, where it holds JSON
    message_sha256 TEXT, -- SHA-256 of Data.Message, hex
    arguments_sha256 TEXT, -- SHA-256 of Data.Arguments, hex
    PRIMARY KEY (op, version),
    FOREIGN KEY (op, version) REFERENCES operation_version (op, version)
) STRICT, WITHOUT ROWID;

-- What a DNS batch task has beyond the common columns.
CREATE TABLE alidns_batch_version (
    op INTEGER NOT NULL, -- the task
    version INTEGER NOT NULL, -- its version
    task_id TEXT, -- TaskId
    batch_type TEXT, -- BatchType
    status INTEGER, -- Status: 0 in progress, 1 completed, 2 failed
    total_count INTEGER, -- TotalCount
    success_count INTEGER, -- SuccessCount
    failed_count INTEGER, -- FailedCount
    reason TEXT, -- Reason, in the language asked for
    PRIMARY KEY (op, version),
    FOREIGN KEY (op, version) REFERENCES operation_version (op, version)
) STRICT, WITHOUT ROWID;

-- One reading of all pages of an operation's results, when it begins.
CREATE TABLE listing (
    listing_id INTEGER PRIMARY KEY, -- its listing leaf
    op INTEGER NOT NULL REFERENCES operation (op), -- the operation
    run_id INTEGER NOT NULL REFERENCES run (run_id) -- the run
) STRICT;
CREATE INDEX listing_by_run ON listing (run_id);
CREATE INDEX listing_by_op ON listing (op);

-- The verdict on a listing, when it closes.
CREATE TABLE listing_end (
    listing_id INTEGER PRIMARY KEY REFERENCES listing (listing_id), -- the listing
    op INTEGER NOT NULL REFERENCES operation (op), -- the operation
    end_sequence INTEGER NOT NULL, -- its last answer; the listing leaf itself where there was none
    verdict TEXT NOT NULL CHECK (verdict IN ('complete', 'incomplete')), -- whether it is whole
    reason TEXT, -- why it is not
    look INTEGER, -- number of this look at the results, from 1; NULL where it is none
    look_gap_ms INTEGER, -- from the start of the look before to the end of this one, ms
    started_at INTEGER, -- request of its first answer, ms
    ended_at INTEGER, -- receipt of its last answer, ms
    pages INTEGER NOT NULL, -- pages that were answered and read
    page_size INTEGER, -- PageSize answered on the first of them
    first_total_count INTEGER, -- TotalCount of the first page answered
    last_total_count INTEGER, -- TotalCount of the last page answered
    distinct_keys INTEGER NOT NULL, -- distinct (account, region) in it
    succeeded_count INTEGER NOT NULL, -- rows of phase succeeded
    failed_count INTEGER NOT NULL, -- rows of phase failed
    cancelled_count INTEGER NOT NULL, -- rows of phase cancelled
    final_count INTEGER NOT NULL, -- rows of a final phase
    versions_new INTEGER NOT NULL -- versions of results that it showed first
) STRICT;
CREATE INDEX listing_end_by_look ON listing_end (op, end_sequence, look, look_gap_ms, started_at) WHERE look IS NOT NULL;
CREATE INDEX listing_end_by_op ON listing_end (op, listing_id);
CREATE INDEX listing_end_by_verdict ON listing_end (op, verdict, end_sequence);

-- Known rows that a complete listing lacked. The next complete one that lacks them too retires them.
CREATE TABLE listing_missing (
    listing_id INTEGER NOT NULL REFERENCES listing_end (listing_id), -- the listing
    target INTEGER NOT NULL REFERENCES target (target), -- the row
    PRIMARY KEY (listing_id, target)
) STRICT, WITHOUT ROWID;

-- Targets of stack-group operations: an account and a region.
CREATE TABLE target (
    target INTEGER PRIMARY KEY, -- our number for it
    account_id TEXT NOT NULL, -- the account that is deployed to
    region_id TEXT NOT NULL, -- the region that is deployed to
    UNIQUE (account_id, region_id)
) STRICT;

-- Status words of result rows.
CREATE TABLE result_status (
    status_no INTEGER PRIMARY KEY, -- our number for it
    status_raw TEXT UNIQUE, -- the word as sent; NULL where it was absent
    status TEXT, -- the word, trimmed
    phase TEXT NOT NULL -- its meaning
) STRICT;

-- Reasons and folders of result rows: few texts, many rows.
CREATE TABLE result_text (
    text_no INTEGER PRIMARY KEY, -- our number for it
    value TEXT NOT NULL UNIQUE -- the text
) STRICT;

-- One state of one result row. Flags: 1 present, 2 starts a stretch, 4 status, 8 status_reason, 16 folder_id, 32 present changed.
CREATE TABLE result_version (
    op INTEGER NOT NULL REFERENCES operation (op), -- the operation
    target INTEGER NOT NULL REFERENCES target (target), -- account and region
    version INTEGER NOT NULL, -- from 1
    from_sequence INTEGER NOT NULL, -- page that first showed it; for a row gone the last page of the listing that retired it
    stretch INTEGER NOT NULL, -- number of the stretch of one status, from 1
    flags INTEGER NOT NULL, -- sum of the flags that hold
    status_no INTEGER NOT NULL REFERENCES result_status (status_no), -- its status
    reason_no INTEGER REFERENCES result_text (text_no), -- its StatusReason; NULL where it was absent
    folder_no INTEGER REFERENCES result_text (text_no), -- its RdFolderId; NULL where it was absent
    PRIMARY KEY (op, target, version)
) STRICT, WITHOUT ROWID;

-- One stop of an operation: intent, written before the call.
CREATE TABLE intervention (
    sequence INTEGER PRIMARY KEY, -- its intervention leaf; who, why and the status before stand there
    op INTEGER NOT NULL REFERENCES operation (op), -- the operation
    run_id INTEGER NOT NULL REFERENCES run (run_id) -- the run that sent it
) STRICT;
CREATE INDEX intervention_by_op ON intervention (op);

-- The calls that an intervention made.
CREATE TABLE intervention_call (
    sequence INTEGER PRIMARY KEY REFERENCES exchange (sequence), -- the exchange
    intervention INTEGER NOT NULL REFERENCES intervention (sequence) -- the intervention
) STRICT;
CREATE INDEX intervention_call_by_intervention ON intervention_call (intervention);

-- A planned look that failed or was not taken.
CREATE TABLE missed_look (
    watch_id INTEGER NOT NULL REFERENCES watch (watch_id), -- the watch
    run_id INTEGER NOT NULL REFERENCES run (run_id), -- the run that had planned it
    op INTEGER REFERENCES operation (op), -- the operation, where it is known
    sequence INTEGER NOT NULL, -- end of that run
    at INTEGER NOT NULL, -- receipt of the failed answer, or end of the run, ms
    cause TEXT NOT NULL, -- why
    PRIMARY KEY (watch_id, run_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX missed_look_by_run ON missed_look (run_id);

-- Words and fields that the program does not know.
CREATE TABLE unknown (
    unknown_id INTEGER PRIMARY KEY, -- our number for it
    action TEXT NOT NULL, -- call whose answer held it
    kind TEXT NOT NULL CHECK (kind IN ('word', 'field')), -- an unknown word in a known field, or an unknown field
    name TEXT NOT NULL, -- the field
    value TEXT NOT NULL, -- the word; of an unknown field its JSON type
    UNIQUE (action, kind, name, value)
) STRICT;

-- Answers that held them.
CREATE TABLE unknown_seen (
    unknown_id INTEGER NOT NULL REFERENCES unknown (unknown_id), -- the word or field
    sequence INTEGER NOT NULL REFERENCES exchange (sequence), -- the answer
    PRIMARY KEY (unknown_id, sequence)
) STRICT, WITHOUT ROWID;

INSERT INTO derivation (id, derived_through, derive_version) VALUES (1, -1, 1);
