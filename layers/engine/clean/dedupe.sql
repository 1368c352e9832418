-- Rows of the keys that occur more than once. An exact repeat of a row is a duplicate of the first one; the versions
-- that remain of a key, where they are several, contradict each other: none of them is taken. Each is told with the first
-- row of the key that is another version.
CREATE TABLE {{dataset}}_versions AS
SELECT {{content}}, min(_row) AS first_row
FROM {{rows}} SEMI JOIN {{dataset}}_repeated USING ({{key}})
GROUP BY ALL;

INSERT INTO {{dataset}}_dropped
SELECT _row, 'duplicate', NULL
FROM (FROM {{rows}} SEMI JOIN {{dataset}}_repeated USING ({{key}}))
ANTI JOIN {{dataset}}_versions ON first_row = _row;

INSERT INTO {{dataset}}_dropped
SELECT v.first_row, 'conflict', CASE WHEN v.first_row = k.first_rows[1] THEN k.first_rows[2] ELSE k.first_rows[1] END
FROM {{dataset}}_versions v
JOIN (
  SELECT {{key}}, min(first_row, 2) AS first_rows
  FROM {{dataset}}_versions GROUP BY {{key}} HAVING count(*) > 1
) k USING ({{key}});

DROP TABLE {{dataset}}_versions;
