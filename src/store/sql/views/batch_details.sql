-- One row of a DNS batch task that has ended, from the first complete list of its rows.
-- Example: SELECT position, domain, rr, value, reason FROM batch_details WHERE operation_id = 'TASK_ID' AND status = 0 ORDER BY position
CREATE VIEW batch_details AS
SELECT
    o.service AS service, -- [word = alidns] always alidns
    o.account_id AS account_id, -- account whose credentials asked
    o.region_id AS region_id, -- always empty: the service has no regions
    o.operation_id AS operation_id, -- the cloud's id of the task
    d.position AS position, -- [integer] place in the list, from 1: rows have no key
    d.batch_type AS batch_type, -- DOMAIN_ADD, DOMAIN_DEL, RR_ADD or RR_DEL
    d.domain AS domain, -- domain
    d.rr AS rr, -- host record
    d.record_type AS record_type, -- type of the record (Type)
    d.value AS value, -- value of the record
    d.line AS line, -- line
    d.ttl AS ttl, -- TTL as sent
    d.priority AS priority, -- priority as sent
    d.new_rr AS new_rr, -- host record after the change
    d.new_value AS new_value, -- value after the change
    d.record_id AS record_id, -- the cloud's id of the record
    d.remark AS remark, -- remark
    d.rr_status AS rr_status, -- status of the record, in the language asked for
    d.status AS status, -- [flag] 1 where it succeeded, 0 where it failed; NULL where the word is neither
    d.status_raw AS status_raw, -- status as sent
    d.reason AS reason, -- why it failed, in the language asked for
    (SELECT t.at FROM (
        SELECT strftime('%Y-%m-%dT%H:%M:%fZ', d.operate_date_raw, format('%+d minutes', -c.alidns_offset_minutes)) AS at
        FROM config c
        WHERE c.sequence < d.sequence AND c.alidns_offset_minutes IS NOT NULL
            AND c.sequence = (SELECT max(n.sequence) FROM config n WHERE n.sequence < d.sequence)
            AND strftime('%Y-%m-%d %H:%M:%S', d.operate_date_raw, '+0 days') = replace(d.operate_date_raw, 'T', ' ')
     ) t WHERE t.at GLOB '[0-9][0-9][0-9][0-9]-*'
    ) AS operate_date, -- [time] when it was done, by the zone that the configuration gave then; NULL where it gave none
    d.operate_date_raw AS operate_date_raw, -- as sent (OperateDateStr)
    utc(received_at(d.sequence)) AS seen_at, -- [time] receipt of the page that held it
    d.sequence AS exchange_id -- [integer] its evidence
FROM operation o
JOIN batch_detail d ON d.op = o.op
