SELECT experiment_id AS "experimentId", variant, events_in_window AS "eventsInWindow",
  count(*) AS users, sum(purchased) AS purchased
FROM outcomes
WHERE is_mature OR NOT list_contains({{without_immature}}, experiment_id)
GROUP BY ALL
ORDER BY ALL
