-- Rows of the keys that occur more than once. An exact repeat of a row is a duplicate of the first one; the versions
-- that remain of a key, where they are several, contradict each other: none of them is taken.
CREATE TABLE {{dataset}}_versions AS
SELECT {{content}}, min(_row) AS first_row
FROM {{rows}} SEMI JOIN {{dataset}}_repeated USING ({{key}})
GROUP BY ALL;

INSERT INTO {{dataset}}_dropped
SELECT _row, 'duplicate', NULL
FROM (FROM {{rows}} SEMI JOIN {{dataset}}_repeated USING ({{key}}))
ANTI JOIN {{dataset}}_versions ON first_row = _row;

INSERT INTO {{dataset}}_dropped
SELECT v.first_row, 'conflict', CASE WHEN v.first_row = k.first_row THEN k.last_row ELSE k.first_row END
FROM {{dataset}}_versions v
JOIN (
  SELECT {{key}}, min(first_row) AS first_row, max(first_row) AS last_row
  FROM {{dataset}}_versions GROUP BY {{key}}
) k USING ({{key}})
WHERE k.first_row <> k.last_row;

DROP TABLE {{dataset}}_versions;
