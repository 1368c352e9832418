-- The exposed users, with every measured value as an integer: revenue in cents, times in milliseconds.
CREATE TABLE users AS
SELECT o.experiment_id, o.variant, o.user_id, o.is_mature,
  o.is_mature OR NOT list_contains({{without_immature}}, o.experiment_id) AS analysed,
  strftime(o.exposed_at, '%Y-%m-%d') AS exposure_day{{segments}}{{arms_elsewhere}},
  {{period}} AS period,
  {{integers}}
FROM outcomes o
JOIN exposure x ON x.experiment_id = o.experiment_id AND x.user_id = o.user_id{{other_experiments}};
