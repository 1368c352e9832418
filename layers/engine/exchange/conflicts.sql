-- Rows of the event ids that occur in several places: the bucket of the event's user or, where it names none, its session.
-- Rows of different places differ in content, so that each contradicts those elsewhere; within a place, the bucket
-- compares them itself. With each row goes the first one of the other places.
CREATE TABLE repeated_ids AS
SELECT event_id FROM event_ids GROUP BY event_id HAVING count(*) > 1;

CREATE TABLE event_places AS
SELECT event_id, _bucket, session_id, min(_row) AS first_row
FROM event_ids SEMI JOIN repeated_ids USING (event_id)
GROUP BY event_id, _bucket, session_id;

CREATE TABLE conflicts AS
SELECT coalesce(id._bucket, {{every_bucket}}) AS _share, id._row,
  CASE WHEN place.first_row = several.first_rows[1] THEN several.first_rows[2] ELSE several.first_rows[1] END AS _other_row
FROM event_ids id
JOIN event_places place ON place.event_id = id.event_id
  AND place._bucket IS NOT DISTINCT FROM id._bucket AND place.session_id IS NOT DISTINCT FROM id.session_id
JOIN (
  SELECT event_id, min(first_row, 2) AS first_rows
  FROM event_places GROUP BY event_id HAVING count(*) > 1
) several ON several.event_id = id.event_id;
