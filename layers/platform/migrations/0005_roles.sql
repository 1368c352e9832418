-- Who may do what, for logins to be members of. A login that may not create roles goes on owning everything itself, and its
-- administrator may run this file later (docs/operate.md): all of it happens, or nothing.
--   ecom_owner   the schema, the views and what runs are recorded in: migrations
--   ecom_writer  the marts' tables, whose partitions come and go with runs: load and publish
--   ecom_reader  the views
do $$
declare
  role text;
  part regclass;
begin
  foreach role in array array['ecom_owner', 'ecom_writer', 'ecom_reader'] loop
    if to_regrole(role) is null then
      begin
        execute format('create role %I nologin', role);
      exception
        -- Roles are the server's: another database of it has made it by now.
        when duplicate_object or unique_violation then null;
      end;
    end if;
  end loop;
  foreach role in array array['ecom_owner', 'ecom_writer'] loop
    if not pg_has_role(role, 'usage') then
      execute format('grant %I to %I', role, current_user);
    end if;
  end loop;

  grant usage, create on schema ecom to ecom_owner, ecom_writer;
  grant usage on schema ecom to ecom_reader;
  alter table ecom.user_exposure owner to ecom_writer;
  alter table ecom.user_outcomes owner to ecom_writer;
  for part in
    select inhrelid from pg_inherits
    where inhparent in ('ecom.user_exposure'::regclass, 'ecom.user_outcomes'::regclass)
  loop
    execute format('alter table %s owner to ecom_writer', part);
  end loop;
  grant select on ecom.user_exposure, ecom.user_outcomes to ecom_owner;
  grant select, insert, update, delete on ecom.run, ecom.published, ecom.loaded_part to ecom_writer;
  grant select on ecom.schema_migration to ecom_writer;
  grant select on ecom.mart_user_exposure, ecom.mart_user_outcomes to ecom_writer, ecom_reader;
  alter table ecom.run owner to ecom_owner;
  alter table ecom.published owner to ecom_owner;
  alter table ecom.loaded_part owner to ecom_owner;
  alter table ecom.schema_migration owner to ecom_owner;
  alter view ecom.mart_user_exposure owner to ecom_owner;
  alter view ecom.mart_user_outcomes owner to ecom_owner;
  alter schema ecom owner to ecom_owner;
exception
  when insufficient_privilege then
    raise warning 'the roles ecom_owner, ecom_writer and ecom_reader are not there: %', sqlerrm;
end $$;
