-- A row whose key other buckets have as well contradicts theirs, unless it only repeats one of its own bucket.
UPDATE {{dataset}}_dropped SET _other_row = least({{dataset}}_dropped._other_row, other._other_row)
FROM {{dataset}}_elsewhere other
WHERE other._row = {{dataset}}_dropped._row AND _rule = 'conflict';

INSERT INTO {{dataset}}_dropped
SELECT _row, 'conflict', _other_row FROM {{dataset}}_elsewhere ANTI JOIN {{dataset}}_dropped USING (_row);
