-- Shows run $2 as the published one of drop $1, unless a newer run is shown already, or was before the database was lost.
-- $5: whether it is newer than that one, as the drop's uploads tell; where they do not, the pinned files do.
insert into published (drop_name, run_id, inputs_as_of, started_at, manifest_key, manifest_sha256)
select drop_name, run_id, inputs_as_of, started_at, $3, $4
from run
where drop_name = $1 and run_id = $2
  and (coalesce($5::boolean, true) or exists (select from published where drop_name = $1))
on conflict (drop_name) do update
set run_id = excluded.run_id,
    inputs_as_of = excluded.inputs_as_of,
    started_at = excluded.started_at,
    manifest_key = excluded.manifest_key,
    manifest_sha256 = excluded.manifest_sha256,
    published_at = now()
where published.run_id <> excluded.run_id
  and coalesce(
    $5::boolean,
    (published.inputs_as_of, published.started_at, published.run_id)
      < (excluded.inputs_as_of, excluded.started_at, excluded.run_id)
  )
