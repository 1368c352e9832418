-- Users by the bin of their revenue. Without a lower end: "to" is 0 for no revenue, -1 for a negative one.
WITH bins("from", "to") AS (
  SELECT CAST(b."from" AS BIGINT), CAST(b."to" AS BIGINT) FROM (VALUES {{bins}}) b("from", "to")
),
amounts AS (
  SELECT variant, revenue, count(*) AS users
  FROM users WHERE analysed AND experiment_id = {{experiment_id}}
  GROUP BY variant, revenue
)
SELECT a.variant, CAST(b."from" AS VARCHAR) AS "from",
  CAST(coalesce(b."to", sign(a.revenue)) AS VARCHAR) AS "to", sum(a.users) AS users
FROM amounts a
ASOF LEFT JOIN bins b ON a.revenue >= b."from"
GROUP BY a.variant, b."from", coalesce(b."to", sign(a.revenue))
ORDER BY a.variant, b."from" NULLS FIRST, 3
