-- What a user did before the exposure, as the built-in metrics are adjusted by it. In the object of metrics it took longer to
-- read than all other columns together. Runs that were loaded before have it there, and NULL here.
alter table user_outcomes
  add column pre_active integer,
  add column pre_added_to_cart integer,
  add column pre_began_checkout integer,
  add column pre_purchased integer,
  add column pre_events bigint,
  add column pre_orders bigint,
  add column pre_revenue numeric(18, 2),
  add column pre_sessions bigint,
  add column pre_session_ms bigint;

create or replace view mart_user_outcomes as
select published.drop_name, mart.*
from published
cross join lateral (select * from user_outcomes where user_outcomes.run_id = published.run_id offset 0) as mart;

comment on column user_outcomes.metrics is 'Columns of metrics that the configuration declares, and covariates that have no column';
