-- One reading of all pages of a list: results of an operation, stack groups, their operations, rows of a DNS batch.
CREATE VIEW listings AS
SELECT
    l.listing_id AS listing_id, -- its evidence
    'ListStackGroupOperationResults' AS action, -- the call that each page is
    o.service AS service, -- ros or alidns
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region asked; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task whose rows it lists; NULL where it is about none
    NULL AS stack_group_name, -- name of the groups whose operations it lists; NULL in other lists
    l.run_id AS run_id, -- the run that read it
    utc(e.started_at) AS started_at, -- request of its first answer
    utc(e.ended_at) AS ended_at, -- receipt of its last answer
    e.pages AS pages, -- pages that were answered and read
    e.page_size AS page_size, -- PageSize answered
    e.first_total_count AS first_total_count, -- TotalCount of the first page answered
    e.last_total_count AS last_total_count, -- TotalCount of the last page answered
    e.distinct_keys AS distinct_keys, -- distinct keys in it: accounts and regions, groups, operations; rows of a batch count by their place
    e.verdict AS verdict, -- complete or incomplete; NULL while it is being read
    e.reason AS reason, -- why it is not complete
    e.look AS look -- number of this look at the results; NULL where it is none
FROM listing l
JOIN operation o ON o.op = l.op
LEFT JOIN listing_end e ON e.listing_id = l.listing_id
UNION ALL
SELECT
    l.listing_id,
    l.action,
    CASE WHEN l.action = 'DescribeBatchResultDetail' THEN 'alidns' ELSE 'ros' END,
    l.account_id,
    l.region_id,
    o.operation_id,
    nullif(l.stack_group_name, ''),
    l.run_id,
    utc(e.started_at),
    utc(e.ended_at),
    e.pages,
    e.page_size,
    e.first_total_count,
    e.last_total_count,
    e.distinct_keys,
    e.verdict,
    e.reason,
    NULL
FROM page_listing l
LEFT JOIN operation o ON o.op = l.op
LEFT JOIN page_listing_end e ON e.listing_id = l.listing_id
