-- What makes answers quick however long the history is: indexes over what is rare, and a list of the few watches
-- that are still open. It follows from other derived rows alone.

-- Watches of which something may still come: not given up, and not settled, unknown or expired. Derived, and the one
-- derived table from which rows go: the triggers below keep it, whoever writes.
CREATE TABLE watch_open (
    watch_id INTEGER PRIMARY KEY REFERENCES watch (watch_id) -- the watch
) STRICT;

INSERT INTO watch_open (watch_id) SELECT w.watch_id FROM watch w WHERE NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = w.watch_id) AND coalesce((SELECT s.state FROM operation_state s WHERE s.op = (SELECT max(o.op) FROM watch_operation o WHERE o.watch_id = w.watch_id) ORDER BY s.number DESC LIMIT 1), 'active') IN ('active', 'unsettled');

CREATE TRIGGER watch_is_open AFTER INSERT ON watch
BEGIN
    INSERT INTO watch_open (watch_id) VALUES (NEW.watch_id); END;

CREATE TRIGGER watch_removal_closes AFTER INSERT ON watch_removal
BEGIN
    DELETE FROM watch_open WHERE watch_id = NEW.watch_id; END;

-- The newest operation of a watch counts; an older one that comes later changes nothing.
CREATE TRIGGER watch_operation_decides AFTER INSERT ON watch_operation
WHEN NOT EXISTS (SELECT 1 FROM watch_operation n WHERE n.watch_id = NEW.watch_id AND n.op > NEW.op)
BEGIN
    DELETE FROM watch_open WHERE watch_id = NEW.watch_id
        AND (SELECT s.state FROM operation_state s WHERE s.op = NEW.op ORDER BY s.number DESC LIMIT 1) IN ('settled', 'not_found', 'expired');
    INSERT OR IGNORE INTO watch_open (watch_id) SELECT NEW.watch_id
        WHERE coalesce((SELECT s.state FROM operation_state s WHERE s.op = NEW.op ORDER BY s.number DESC LIMIT 1), 'active') IN ('active', 'unsettled')
        AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = NEW.watch_id); END;

CREATE TRIGGER operation_state_closes AFTER INSERT ON operation_state
WHEN NEW.state IN ('settled', 'not_found', 'expired')
BEGIN
    DELETE FROM watch_open WHERE watch_id IN (
        SELECT o.watch_id FROM watch_operation o WHERE o.op = NEW.op
            AND NOT EXISTS (SELECT 1 FROM watch_operation n WHERE n.watch_id = o.watch_id AND n.op > o.op)); END;

CREATE TRIGGER operation_state_opens AFTER INSERT ON operation_state
WHEN NEW.state IN ('active', 'unsettled')
BEGIN
    INSERT OR IGNORE INTO watch_open (watch_id)
        SELECT o.watch_id FROM watch_operation o WHERE o.op = NEW.op
            AND NOT EXISTS (SELECT 1 FROM watch_operation n WHERE n.watch_id = o.watch_id AND n.op > o.op)
            AND NOT EXISTS (SELECT 1 FROM watch_removal r WHERE r.watch_id = o.watch_id); END;

CREATE INDEX watch_by_label ON watch (label);

-- Runs that asked the simulated cloud; in the file of a real one there is none. The words stand in their leaf.
CREATE INDEX leaf_simulated ON leaf (sequence) WHERE instr(record, '"simulated":1') > 0;

-- What needs a person: operations that failed, ids that were lost, drift that was looked for.
CREATE INDEX operation_version_failed ON operation_version (op, version) WHERE phase = 'failed';
CREATE INDEX listing_end_failed ON listing_end (op) WHERE failed_count > 0;
CREATE INDEX alidns_batch_version_failed ON alidns_batch_version (op) WHERE failed_count > 0;
CREATE INDEX operation_state_lost ON operation_state (op, number) WHERE state IN ('expired', 'not_found');
CREATE INDEX ros_operation_version_drift ON ros_operation_version (op, version) WHERE drift_detection_status IS NOT NULL;

-- Operations of one stack group.
CREATE INDEX operation_version_by_resource ON operation_version (resource_id, op) WHERE version = 1;
