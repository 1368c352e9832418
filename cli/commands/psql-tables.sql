-- Tables and views, without the partitions of runs.
SELECT relname AS name, CASE WHEN relkind = 'v' THEN 'view' ELSE 'table' END AS kind
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
ORDER BY kind DESC, name;
