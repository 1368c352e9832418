-- What the rules need to know about a row, beside the row.
CREATE TABLE known_users AS
SELECT user_id, min(signup_ts) AS signup_ts FROM staged_users GROUP BY user_id;

CREATE TABLE known_products AS
SELECT DISTINCT product_id FROM staged_products;

CREATE VIEW judged_users AS
SELECT * FROM kept_users;

CREATE VIEW judged_products AS
SELECT * FROM kept_products;

CREATE VIEW judged_sessions AS
SELECT s.*, u.user_id IS NOT NULL AS _users_known
FROM kept_sessions s
LEFT JOIN known_users u ON u.user_id = s.user_id;

CREATE VIEW judged_experiment_assignments AS
SELECT a.*, u.user_id IS NOT NULL AS _users_known, u.signup_ts AS _signup_ts
FROM kept_experiment_assignments a
LEFT JOIN known_users u ON u.user_id = a.user_id;

CREATE VIEW judged_events AS
SELECT e.* REPLACE (e._user AS user_id),
  u.user_id IS NOT NULL AS _users_known, u.signup_ts AS _signup_ts,
  s.session_id IS NOT NULL AS _sessions_known, s.user_id AS _session_user,
  s.session_start_ts AS _session_start_ts, s.session_end_ts AS _session_end_ts,
  p.product_id IS NOT NULL AS _products_known
FROM kept_events e
LEFT JOIN known_users u ON u.user_id = e._user
LEFT JOIN known_sessions s ON s.session_id = e.session_id
LEFT JOIN known_products p ON p.product_id = e.product_id;
