-- Discovery: watches that are about no operation, the lists that they read, and what is in these. The rules of
-- V2 hold: rows are inserted, never updated, and made again by `optrail rebuild`.

-- What a watch is about, where it names no operation.
ALTER TABLE watch ADD COLUMN kind TEXT; -- what it discovers; NULL where it discovers nothing
ALTER TABLE watch ADD COLUMN batch_type TEXT; -- BatchType of the last task that it follows; NULL where it has an id, or follows any
ALTER TABLE watch ADD COLUMN names TEXT; -- patterns of names of stack groups, JSON array; NULL for all
ALTER TABLE watch ADD COLUMN since INTEGER; -- operations created before are left out, ms; NULL for none
ALTER TABLE watch ADD COLUMN parent INTEGER; -- discovery watch that found it
CREATE INDEX watch_by_parent ON watch (parent) WHERE parent IS NOT NULL;

-- Exchanges for a watch that name no operation: the list of regions, the account's last task.
CREATE TABLE exchange_watch (
    sequence INTEGER PRIMARY KEY REFERENCES exchange (sequence), -- the exchange
    watch_id INTEGER NOT NULL -- the watch
) STRICT;
CREATE INDEX exchange_watch_by_watch ON exchange_watch (watch_id, sequence);

-- Questions after the identity of credentials that brought none.
CREATE TABLE identity_failure (
    sequence INTEGER PRIMARY KEY REFERENCES exchange (sequence), -- the exchange
    run_id INTEGER NOT NULL REFERENCES run (run_id), -- the run
    label TEXT NOT NULL -- name of the credentials in the configuration
) STRICT;
CREATE INDEX identity_failure_by_run ON identity_failure (run_id, label);

-- One reading of all pages of a list other than results, when it begins.
CREATE TABLE page_listing (
    listing_id INTEGER PRIMARY KEY, -- its listing leaf
    run_id INTEGER NOT NULL REFERENCES run (run_id), -- the run
    action TEXT NOT NULL, -- ListStackGroups, ListStackGroupOperations or DescribeBatchResultDetail
    account_id TEXT NOT NULL, -- account whose credentials asked
    region_id TEXT NOT NULL, -- region asked; empty where the service has none
    stack_group_name TEXT NOT NULL, -- name of the groups whose operations are listed; empty in other lists
    op INTEGER REFERENCES operation (op), -- DNS batch task whose rows are listed; NULL in other lists
    watch_id INTEGER -- watch for which it was read
) STRICT;
CREATE INDEX page_listing_by_run ON page_listing (run_id, watch_id);
CREATE INDEX page_listing_by_list ON page_listing (action, account_id, region_id, stack_group_name, run_id);
CREATE INDEX page_listing_by_op ON page_listing (op) WHERE op IS NOT NULL;
CREATE INDEX page_listing_by_watch ON page_listing (watch_id);

-- The verdict on such a listing, when it closes.
CREATE TABLE page_listing_end (
    listing_id INTEGER PRIMARY KEY REFERENCES page_listing (listing_id), -- the listing
    end_sequence INTEGER NOT NULL, -- its last answer; the listing leaf itself where there was none
    verdict TEXT NOT NULL CHECK (verdict IN ('complete', 'incomplete')), -- whether it is whole
    reason TEXT, -- why it is not
    failed_outcome TEXT, -- what became of the page that failed for good, where one did
    started_at INTEGER, -- request of its first answer, ms
    ended_at INTEGER, -- receipt of its last answer, ms
    pages INTEGER NOT NULL, -- pages that were answered and read
    page_size INTEGER, -- PageSize answered on the first of them
    first_total_count INTEGER, -- TotalCount of the first page answered
    last_total_count INTEGER, -- TotalCount of the last page answered
    distinct_keys INTEGER NOT NULL, -- distinct keys in it; rows of a batch have none and count by their place
    lacks_pages INTEGER NOT NULL CHECK (lacks_pages IN (0, 1)) -- 1 where pages that its first one counts were not answered
) STRICT;

-- Identities of stack groups: a group that is made again under the same name has another id.
CREATE TABLE stack_group (
    stack_group INTEGER PRIMARY KEY, -- our number for it
    account_id TEXT NOT NULL, -- account whose credentials asked
    region_id TEXT NOT NULL, -- region of the group
    stack_group_id TEXT NOT NULL, -- the cloud's id
    first_sequence INTEGER NOT NULL, -- page that first showed it
    UNIQUE (account_id, region_id, stack_group_id)
) STRICT;

-- One state of a stack group.
CREATE TABLE stack_group_version (
    stack_group INTEGER NOT NULL REFERENCES stack_group (stack_group), -- the group
    version INTEGER NOT NULL, -- from 1
    from_sequence INTEGER NOT NULL, -- page that first showed it
    changed TEXT, -- JSON array of the fields that differ from the version before; NULL for version 1
    stack_group_name TEXT, -- StackGroupName
    status TEXT, -- Status, trimmed
    status_raw TEXT, -- Status as sent
    description TEXT, -- Description
    permission_model TEXT, -- PermissionModel
    resource_group_id TEXT, -- ResourceGroupId
    stack_group_drift_status TEXT, -- StackGroupDriftStatus
    drift_detection_time TEXT, -- DriftDetectionTime as sent
    create_time TEXT, -- CreateTime as sent
    update_time TEXT, -- UpdateTime as sent
    auto_deployment_enabled INTEGER, -- AutoDeployment.Enabled, 0 or 1
    retain_stacks_on_account_removal INTEGER, -- AutoDeployment.RetainStacksOnAccountRemoval, 0 or 1
    tags TEXT, -- Tags, JSON array of objects with key and value
    drift_detected_at INTEGER, -- DriftDetectionTime, ms; NULL where it cannot be read
    created_at INTEGER, -- CreateTime, ms; NULL where it cannot be read
    updated_at INTEGER, -- UpdateTime, ms; NULL where it cannot be read
    PRIMARY KEY (stack_group, version)
) STRICT, WITHOUT ROWID;

-- Complete lists from which a known stack group went, or to which it came back: between two of these rows it
-- is as the first says, and before the first it was listed.
CREATE TABLE stack_group_presence (
    stack_group INTEGER NOT NULL REFERENCES stack_group (stack_group), -- the group
    listing_id INTEGER NOT NULL REFERENCES page_listing_end (listing_id), -- the list
    is_listed INTEGER NOT NULL CHECK (is_listed IN (0, 1)), -- whether it holds the group
    PRIMARY KEY (stack_group, listing_id)
) STRICT, WITHOUT ROWID;

-- Rows of DNS batch tasks, from the first complete list of them.
CREATE TABLE batch_detail (
    op INTEGER NOT NULL REFERENCES operation (op), -- the task
    position INTEGER NOT NULL, -- place in the list, from 1: rows have no key
    sequence INTEGER NOT NULL REFERENCES exchange (sequence), -- page that held it
    batch_type TEXT, -- BatchType
    domain TEXT, -- Domain
    rr TEXT, -- Rr
    record_type TEXT, -- Type
    value TEXT, -- Value
    line TEXT, -- Line
    ttl TEXT, -- Ttl as sent
    priority TEXT, -- Priority as sent
    new_rr TEXT, -- NewRr
    new_value TEXT, -- NewValue
    record_id TEXT, -- RecordId
    remark TEXT, -- Remark
    rr_status TEXT, -- RrStatus, in the language asked for
    reason TEXT, -- Reason, in the language asked for
    status INTEGER, -- Status, 0 or 1; NULL where it is no boolean
    status_raw TEXT, -- Status as sent
    operate_date_raw TEXT, -- OperateDateStr as sent
    PRIMARY KEY (op, position)
) STRICT, WITHOUT ROWID;

ALTER TABLE listing_end ADD COLUMN lacks_pages INTEGER NOT NULL DEFAULT 0 CHECK (lacks_pages IN (0, 1)); -- 1 where pages that its first one counts were not answered

-- The rules changed. A file without rows needs no rebuild for them.
UPDATE derivation SET derive_version = 2 WHERE derived_through = -1;
