-- One value of a list of a stack-group operation's version.
CREATE VIEW ros_operation_lists AS
SELECT
    o.service AS service, -- always ros
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group
    o.operation_id AS operation_id, -- the cloud's id of the operation
    l.version AS version, -- version of the operation
    l.list AS list, -- account_ids, rd_folder_ids or region_ids_order
    l.position AS position, -- from 1, in the order sent
    l.value AS value -- the value
FROM operation o
JOIN ros_operation_list l ON l.op = o.op
