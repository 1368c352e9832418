-- A schema of our own, so that nothing of it is in the way in a database that others use too. What the marts have so far moves
-- there, with the partitions of runs, and with tables that a load under way is copying into.
do $$
declare
  home oid := (select relnamespace from pg_class where oid = 'user_exposure'::regclass);
  moved record;
begin
  if to_regnamespace('ecom') is null then
    create schema ecom;
  end if;
  if home = 'ecom'::regnamespace then
    return;
  end if;
  for moved in
    select oid::regclass as name, case relkind when 'v' then 'view' else 'table' end as kind
    from pg_class
    where relnamespace = home
      and relkind in ('r', 'p', 'v')
      and (
        relname in (
          'run', 'published', 'loaded_part', 'schema_migration', 'user_exposure', 'user_outcomes',
          'mart_user_exposure', 'mart_user_outcomes'
        )
        or relname ~ '^user_(exposure|outcomes)_[0-9a-f]{16}$'
      )
  loop
    execute format('alter %s %s set schema ecom', moved.kind, moved.name);
  end loop;
end $$;

-- Sessions of this login find the marts under their names alone, those of functions deployed before included.
do $$
begin
  execute format('alter role %I in database %I set search_path = ecom, public', current_user, current_database());
end $$;
