-- Two hash joins with plain aggregates: the earliest moment first, then the one event of that moment. Both can spill.
-- A user whose exposures all precede an assignment that they must not has no `exposed_at`.
CREATE TABLE exposure_moments AS
SELECT a.experiment_id, a.user_id,
  min(e.event_ts) FILTER (NOT s.require_assignment_before OR e.event_ts >= a.assigned_at) AS exposed_at,
  count(*) FILTER (e.event_ts < a.assigned_at) AS early_exposures
FROM assigned a
JOIN settings s ON s.experiment_id = a.experiment_id
JOIN events e ON e.user_id = a.user_id AND e.event_name = s.exposure_event
WHERE a.excluded IS NULL AND e.event_ts < {{as_of}}
GROUP BY a.experiment_id, a.user_id;

-- Other tables name a row of this one by its rowid. `before` ends the time before the experiment; what lies outside of
-- [looked_at_from, looked_at_to) no column looks at.
CREATE TABLE exposed AS
SELECT x.*, least(x.assigned_at, x.exposed_at) AS before,
  x.exposed_at + to_days(s.outcome_window_days) AS window_end,
  least(x.assigned_at, x.exposed_at) - to_days({{lookback_days}}) AS looked_at_from,
  x.exposed_at + to_days(greatest(s.outcome_window_days, {{horizon_days}})) AS looked_at_to,
  x.exposed_at + to_days(s.maturity_days) <= {{as_of}} AS is_mature,
  s.outcome_window_days AS window_days, s.lookback_days
FROM (
  SELECT m.experiment_id, m.user_id, any_value(a.variant) AS variant, any_value(a.assigned_at) AS assigned_at,
    m.exposed_at, min(e.event_id) AS exposure_event, arg_min_null(e.session_id, e.event_id) AS exposure_session
  FROM exposure_moments m
  JOIN settings s ON s.experiment_id = m.experiment_id
  JOIN assigned a ON a.experiment_id = m.experiment_id AND a.user_id = m.user_id
  JOIN events e ON e.user_id = m.user_id AND e.event_name = s.exposure_event AND e.event_ts = m.exposed_at
  GROUP BY m.experiment_id, m.user_id, m.exposed_at
  UNION ALL
  SELECT a.experiment_id, a.user_id, a.variant, a.assigned_at, a.assigned_at, NULL, NULL
  FROM assigned a
  JOIN settings s ON s.experiment_id = a.experiment_id
  WHERE a.excluded IS NULL AND s.exposure_event IS NULL
) x
JOIN settings s ON s.experiment_id = x.experiment_id;
