-- An exact histogram per variant, each value with the rank of its last occurrence.
CREATE OR REPLACE TEMP TABLE ranked AS
SELECT variant, "value", sum(n) OVER (PARTITION BY variant ORDER BY "value") AS "rank"
FROM (SELECT variant, "value", count(*) AS n FROM ({{values}}) GROUP BY variant, "value");
