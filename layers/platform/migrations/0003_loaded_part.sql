-- What the parts of a run's load have copied so far: written with the rows, so that a part is copied once in effect.
create table loaded_part (
  run_id text not null,
  mart text not null,
  part integer not null,
  rows bigint not null,
  revenue numeric(38, 2),
  copied_at timestamptz not null default now(),
  primary key (run_id, mart, part)
);
