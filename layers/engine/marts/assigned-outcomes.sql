-- Everyone who was assigned, from the assignment on, whether exposed or not; and users who came to several variants, by the first
-- of them. `crossed` tells these apart; of whom it is not known which was first is none.
CREATE TABLE assigned_users AS
SELECT u.experiment_id, u.user_id, u.variant, u.crossed, u.assigned_at,
  u.assigned_at + to_days(s.outcome_window_days) AS window_end,
  u.assigned_at + to_days(greatest(s.outcome_window_days, {{horizon_days}})) AS looked_at_to
FROM (
  SELECT experiment_id, user_id, variant, false AS crossed, assigned_at FROM assigned WHERE excluded IS NULL
  UNION ALL
  SELECT c.experiment_id, c.user_id, c.variant, true, a.assigned_at
  FROM crossovers c
  JOIN assigned a ON a.experiment_id = c.experiment_id AND a.user_id = c.user_id
  ANTI JOIN excluded_users x ON x.user_id = c.user_id
  WHERE NOT c.tied
) u
JOIN settings s ON s.experiment_id = u.experiment_id
WHERE (s.includes_immature OR u.assigned_at + to_days(s.maturity_days) <= {{as_of}})
  AND (s.variants IS NULL OR list_contains(s.variants, u.variant));

-- What each of them did who did something: whole numbers, as `measure` sums them.
CREATE TABLE assigned_outcomes AS
SELECT x.rowid AS assigned_row, {{columns}}
FROM assigned_users x
JOIN (SELECT * FROM events WHERE event_ts < {{as_of}}) e
  ON e.user_id = x.user_id AND e.event_ts >= x.assigned_at AND e.event_ts < x.looked_at_to
GROUP BY x.rowid;
