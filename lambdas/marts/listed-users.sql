CREATE TABLE listed_users AS
SELECT DISTINCT TRY_CAST("text" AS {{type}}) AS user_id, "text"
FROM (
  SELECT trim(line) AS "text"
  FROM read_csv({{files}}, columns = {'line': 'VARCHAR'}, header = false, auto_detect = false, delim = ',', quote = '"', null_padding = true)
)
WHERE "text" <> '' AND lower("text") <> 'user_id';
