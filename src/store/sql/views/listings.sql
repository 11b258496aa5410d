-- One reading of all pages of a list: results of an operation, stack groups, their operations, rows of a DNS batch.
-- Example: SELECT operation_id, started_at, pages, first_total_count, distinct_keys, reason FROM listings WHERE verdict = 'incomplete' ORDER BY listing_id
CREATE VIEW listings AS
SELECT
    l.listing_id AS listing_id, -- [integer] its evidence
    'ListStackGroupOperationResults' AS action, -- [word = ListStackGroupOperationResults ListStackGroups ListStackGroupOperations DescribeBatchResultDetail] the call that each page is
    o.service AS service, -- [word = ros alidns] ros or alidns
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region asked; empty where the service has none
    o.operation_id AS operation_id, -- the cloud's id of the operation or task whose rows it lists; NULL where it is about none
    NULL AS stack_group_name, -- name of the groups whose operations it lists; NULL in other lists
    l.run_id AS run_id, -- [integer] the run that read it
    utc(e.started_at) AS started_at, -- [time] request of its first answer
    utc(e.ended_at) AS ended_at, -- [time] receipt of its last answer
    e.pages AS pages, -- [integer] pages that were answered and read
    e.page_size AS page_size, -- [integer] PageSize answered
    e.first_total_count AS first_total_count, -- [integer] TotalCount of the first page answered
    e.last_total_count AS last_total_count, -- [integer] TotalCount of the last page answered
    e.distinct_keys AS distinct_keys, -- [integer] distinct keys in it: accounts and regions, groups, operations; rows of a batch count by their place
    e.verdict AS verdict, -- [word verdict] complete or incomplete; NULL while it is being read
    e.reason AS reason, -- why it is not complete
    e.look AS look -- [integer] number of this look at the results; NULL where it is none
FROM listing l
JOIN operation o ON o.op = l.op
LEFT JOIN listing_end e ON e.listing_id = l.listing_id
UNION ALL
SELECT
    l.listing_id,
    l.action,
    service_of(l.action),
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
