-- What the row rules need to know about a row, beside the row.
CREATE TABLE known_users AS
SELECT user_id, min(signup_ts) AS signup_ts FROM rows_users GROUP BY user_id;

CREATE TABLE known_products AS
SELECT DISTINCT product_id FROM rows_products;

CREATE TABLE known_sessions AS
SELECT
  session_id,
  min(user_id) AS user_id,
  min(session_start_ts) AS session_start_ts,
  max(session_end_ts) AS session_end_ts
FROM rows_sessions GROUP BY session_id;

CREATE VIEW judged_users AS FROM rows_users;

CREATE VIEW judged_products AS FROM rows_products;

CREATE VIEW judged_sessions AS
SELECT s.*, u.user_id IS NOT NULL AS _users_known
FROM rows_sessions s
LEFT JOIN known_users u ON u.user_id = s.user_id;

CREATE VIEW judged_experiment_assignments AS
SELECT a.*, u.user_id IS NOT NULL AS _users_known, u.signup_ts AS _signup_ts
FROM rows_experiment_assignments a
LEFT JOIN known_users u ON u.user_id = a.user_id;

CREATE VIEW named_events AS
SELECT
  e.* REPLACE (coalesce(e.user_id, s.user_id) AS user_id),
  {{event_name}} AS _name,
  s.session_id IS NOT NULL AS _sessions_known,
  s.user_id AS _session_user,
  s.session_start_ts AS _session_start_ts,
  s.session_end_ts AS _session_end_ts
FROM rows_events e
LEFT JOIN known_sessions s ON s.session_id = e.session_id;

CREATE VIEW judged_events AS
SELECT
  e.*,
  u.user_id IS NOT NULL AS _users_known,
  p.product_id IS NOT NULL AS _products_known
FROM named_events e
LEFT JOIN known_users u ON u.user_id = e.user_id
LEFT JOIN known_products p ON p.product_id = e.product_id;

-- Users of an experiment; more than one variant is a crossover.
CREATE TABLE assigned_users AS
SELECT
  experiment_id,
  user_id,
  min(variant) AS variant,
  count(DISTINCT variant) AS variants,
  min(assigned_ts) AS assigned_ts,
  max(_position) AS _position
FROM rows_experiment_assignments
GROUP BY experiment_id, user_id;
