-- Exact repeats of a row, and keys whose rows contradict each other.
WITH
  repeated AS (SELECT {{key}} FROM {{rows}} GROUP BY ALL HAVING count(*) > 1),
  versions AS (
    SELECT {{content}}, count(*) AS copies, max(_position) AS position
    FROM {{rows}} SEMI JOIN repeated USING ({{key}})
    GROUP BY {{content}}
  ),
  keys AS (
    SELECT
      {{key}},
      count(*) AS versions,
      sum(copies - 1) AS repeats,
      min(position) FILTER (copies > 1) AS repeat_position,
      max(position) AS position
    FROM versions GROUP BY {{key}}
  )
SELECT
  (SELECT count(*) FROM {{rows}}) AS total,
  coalesce(sum(repeats), 0) AS repeats,
  min(repeat_position) AS repeat_position,
  coalesce(sum(versions) FILTER (versions > 1), 0) AS conflicts,
  min(position) FILTER (versions > 1) AS conflict_position
FROM keys;
