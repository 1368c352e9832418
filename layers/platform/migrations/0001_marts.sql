-- Every run whose marts are in the database. Runs of a drop are ordered by (inputs_as_of, started_at, run_id).
create table run (
  run_id text primary key,
  drop_name text not null,
  inputs_as_of timestamptz not null,
  started_at timestamptz not null,
  loaded_at timestamptz not null default now()
);
create index on run (drop_name, inputs_as_of desc, started_at desc, run_id desc);

-- The run that each drop shows: what the views below read.
create table published (
  drop_name text primary key,
  run_id text not null references run,
  inputs_as_of timestamptz not null,
  started_at timestamptz not null,
  manifest_key text not null,
  manifest_sha256 text not null,
  published_at timestamptz not null default now()
);

-- One partition a run. Ids are text, since drops differ in the type of theirs.
create table user_exposure (
  run_id text not null,
  experiment_id text not null,
  user_id text not null,
  variant text not null,
  assigned_at timestamptz,
  exposed_at timestamptz not null,
  device text,
  country text,
  attributes jsonb not null,
  primary key (run_id, experiment_id, user_id)
) partition by list (run_id);

create table user_outcomes (
  run_id text not null,
  experiment_id text not null,
  user_id text not null,
  variant text not null,
  exposed_at timestamptz not null,
  window_end timestamptz,
  is_mature boolean,
  purchased integer,
  added_to_cart integer,
  began_checkout integer,
  orders bigint,
  refunded_orders bigint,
  purchase_value numeric(18, 2),
  revenue numeric(18, 2),
  refunds numeric(18, 2),
  events_in_window bigint,
  exposure_sessions bigint,
  bounced_sessions bigint,
  sessions bigint,
  session_ms bigint,
  retained_d7 integer,
  metrics jsonb not null,
  primary key (run_id, experiment_id, user_id)
) partition by list (run_id);

-- `offset 0` keeps the lateral query from becoming a plain join, which would scan the partitions of all runs: so each
-- drop asked for costs one scan of its published run.
create view mart_user_exposure as
select published.drop_name, mart.*
from published
cross join lateral (select * from user_exposure where user_exposure.run_id = published.run_id offset 0) as mart;

create view mart_user_outcomes as
select published.drop_name, mart.*
from published
cross join lateral (select * from user_outcomes where user_outcomes.run_id = published.run_id offset 0) as mart;

comment on view mart_user_exposure is 'Exposed users of each drop''s published run';
comment on view mart_user_outcomes is 'Outcomes of the exposed users of each drop''s published run; money in the drop''s currency';
comment on column user_exposure.attributes is 'Segments at exposure other than device and country';
comment on column user_outcomes.metrics is 'Columns of metrics that the configuration declares, and covariates';
