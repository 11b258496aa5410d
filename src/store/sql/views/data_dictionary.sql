-- One column of one view of this file, with what it means: the view in which you read is in it.
-- Example: SELECT column_name, type, unit, meaning, allowed_values FROM data_dictionary WHERE view_name = 'operations' ORDER BY position
CREATE VIEW data_dictionary AS
SELECT
    json_extract(v.value, '$[0]') AS view_name, -- name of the view
    json_extract(v.value, '$[1]') AS view_row, -- what a row of the view is
    c.key + 1 AS position, -- [integer] place of the column in the view, from 1
    json_extract(c.value, '$[0]') AS column_name, -- name of the column
    json_extract(c.value, '$[1]') AS type, -- [word = TEXT INTEGER REAL] how values are stored; any may be NULL where the meaning does not say otherwise
    json_extract(c.value, '$[2]') AS unit, -- [word unit] what a number counts, or how a text is written; NULL where that needs no word
    json_extract(c.value, '$[3]') AS meaning, -- what it says
    json_extract(c.value, '$[4]') AS allowed_values, -- [json] all values that it can have besides NULL, JSON array; NULL where they are not of our choosing
    json_extract(v.value, '$[2]') AS example -- a question that can be asked of the view
FROM json_each(dictionary()) v, json_each(v.value, '$[3]') c
