-- One value of a list of a stack-group operation's version.
-- Example: SELECT list, position, value FROM ros_operation_lists WHERE operation_id = 'OPERATION_ID' AND version = 1 ORDER BY list, position
CREATE VIEW ros_operation_lists AS
SELECT
    o.service AS service, -- [word = ros] always ros
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group
    o.operation_id AS operation_id, -- the cloud's id of the operation
    l.version AS version, -- [integer] version of the operation
    l.list AS list, -- [word = account_ids rd_folder_ids region_ids_order] account_ids, rd_folder_ids or region_ids_order
    l.position AS position, -- [integer] from 1, in the order sent
    l.value AS value -- the value
FROM operation o
JOIN ros_operation_list l ON l.op = o.op
