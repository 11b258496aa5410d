-- One reading of all pages of an operation's results.
CREATE VIEW listings AS
SELECT
    l.listing_id AS listing_id, -- its evidence
    o.service AS service, -- always ros
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- region of the stack group
    o.operation_id AS operation_id, -- the cloud's id of the operation
    l.run_id AS run_id, -- the run that read it
    utc(e.started_at) AS started_at, -- request of its first answer
    utc(e.ended_at) AS ended_at, -- receipt of its last answer
    e.pages AS pages, -- pages that were answered and read
    e.page_size AS page_size, -- PageSize answered
    e.first_total_count AS first_total_count, -- TotalCount of the first page answered
    e.last_total_count AS last_total_count, -- TotalCount of the last page answered
    e.distinct_keys AS distinct_keys, -- distinct (account, region) in it
    e.verdict AS verdict, -- complete or incomplete; NULL while it is being read
    e.reason AS reason, -- why it is not complete
    e.look AS look -- number of this look at the results; NULL where it is none
FROM listing l
JOIN operation o ON o.op = l.op
LEFT JOIN listing_end e ON e.listing_id = l.listing_id
