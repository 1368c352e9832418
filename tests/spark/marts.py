"""Computes exposure and outcomes from a run's clean events in Spark, and compares them with ours, user by user.

It is written from docs/decisions/semantics.md, not from our SQL, and shares nothing with it but the Parquet files. So it is two
things: a check of the marts by another engine (`npm run oracle:spark`), and the way out for who outgrows Lambda. What it
needs is in `processed/`, on S3 as on a disk: `events_clean`, and the assignments below `runs/<id>/intermediate`.

On any Spark, EMR Serverless among them (`--write s3://...` leaves the marts as Parquet):
    spark-submit marts.py s3://<processed bucket>/processed <run id> --as-of 2026-02-01
"""

import argparse
import json
import pathlib
import sys

from pyspark.sql import SparkSession

# Users of one variant, by their first assignment; then their first exposure event from then on.
EXPOSURE = """
WITH assigned AS (
  SELECT experiment_id, user_id, min(variant) AS variant, min(assigned_ts) AS assigned_at
  FROM assignments
  WHERE assigned_ts < timestamp_ntz '{as_of}'
  GROUP BY experiment_id, user_id
  HAVING count(DISTINCT variant) = 1
)
SELECT a.experiment_id, a.user_id, a.variant, a.assigned_at, min(e.event_ts) AS exposed_at
FROM assigned a
JOIN events e ON e.user_id = a.user_id
WHERE e.event_name = '{exposure}' AND e.event_ts >= a.assigned_at AND e.event_ts < timestamp_ntz '{as_of}'
GROUP BY a.experiment_id, a.user_id, a.variant, a.assigned_at
"""

# The window begins with the exposure; `before` is the time of the same users before they were assigned.
OUTCOMES = """
WITH seen AS (
  SELECT x.experiment_id, x.user_id, e.event_name, e.order_id, e.is_purchase, e.revenue, e.net_revenue,
    e.event_ts >= x.exposed_at AND e.event_ts < x.exposed_at + INTERVAL '{window}' DAY AS inside,
    e.event_ts < x.assigned_at AND e.event_ts >= x.assigned_at - INTERVAL '{lookback}' DAY AS before
  FROM exposure x
  JOIN events e ON e.user_id = x.user_id
  WHERE e.event_ts < timestamp_ntz '{as_of}'
),
bought AS (
  SELECT DISTINCT experiment_id, user_id, order_id FROM seen WHERE inside AND is_purchase AND order_id IS NOT NULL
),
refunds AS (
  SELECT s.experiment_id, s.user_id,
    count(DISTINCT b.order_id) + sum(CASE WHEN s.order_id IS NULL THEN 1 ELSE 0 END) AS refunded_orders
  FROM seen s
  LEFT JOIN bought b ON b.experiment_id = s.experiment_id AND b.user_id = s.user_id AND b.order_id = s.order_id
  WHERE s.inside AND s.event_name = '{refund}'
  GROUP BY s.experiment_id, s.user_id
),
sums AS (
  SELECT experiment_id, user_id,
    sum(CASE WHEN inside THEN 1 ELSE 0 END) AS events_in_window,
    max(CASE WHEN inside AND is_purchase THEN 1 ELSE 0 END) AS purchased,
    max(CASE WHEN inside AND event_name = '{add_to_cart}' THEN 1 ELSE 0 END) AS added_to_cart,
    max(CASE WHEN inside AND event_name = '{begin_checkout}' THEN 1 ELSE 0 END) AS began_checkout,
    count(DISTINCT CASE WHEN inside AND is_purchase THEN order_id END)
      + sum(CASE WHEN inside AND is_purchase AND order_id IS NULL THEN 1 ELSE 0 END) AS orders,
    sum(CASE WHEN inside AND is_purchase THEN revenue END) AS purchase_value,
    sum(CASE WHEN inside THEN net_revenue END) AS revenue,
    sum(CASE WHEN before THEN 1 ELSE 0 END) AS pre_events,
    max(CASE WHEN before AND is_purchase THEN 1 ELSE 0 END) AS pre_purchased,
    sum(CASE WHEN before THEN net_revenue END) AS pre_revenue
  FROM seen
  GROUP BY experiment_id, user_id
)
SELECT x.experiment_id, x.user_id, x.variant, x.exposed_at,
  x.exposed_at + INTERVAL '{window}' DAY AS window_end,
  x.exposed_at + INTERVAL '{window}' DAY <= timestamp_ntz '{as_of}' AS is_mature,
  coalesce(r.refunded_orders, 0) AS refunded_orders,
  {sums}
FROM exposure x
LEFT JOIN sums s ON s.experiment_id = x.experiment_id AND s.user_id = x.user_id
LEFT JOIN refunds r ON r.experiment_id = x.experiment_id AND r.user_id = x.user_id
"""

COUNTS = ["events_in_window", "purchased", "added_to_cart", "began_checkout", "orders", "pre_events", "pre_purchased"]
MONEY = ["purchase_value", "revenue", "pre_revenue"]
EXPOSURE_COLUMNS = ["variant", "assigned_at", "exposed_at"]
OUTCOME_COLUMNS = ["variant", "exposed_at", "window_end", "is_mature", "refunded_orders", *COUNTS, *MONEY]


def main() -> None:
    arguments = parse_arguments()
    root, run_id, as_of = arguments.processed.rstrip("/"), arguments.run_id, arguments.as_of
    if as_of is None:
        as_of = json.loads(pathlib.Path(root, "runs", run_id, "measurements.json").read_text())["asOf"]
    spark = SparkSession.builder.getOrCreate()

    read = lambda path: spark.read.parquet(f"{root}/{path}")
    read(f"events_clean/run_id={run_id}").createOrReplaceTempView("events")
    read(f"runs/{run_id}/intermediate/experiment_assignments-*.parquet").createOrReplaceTempView("assignments")
    values = {
        "as_of": as_of.replace("T", " ").rstrip("Z"),
        "window": arguments.window_days,
        "lookback": arguments.lookback_days,
        "sums": ", ".join(
            [f"coalesce(s.{name}, 0) AS {name}" for name in COUNTS]
            + [f"CAST(coalesce(s.{name}, 0) AS DECIMAL(18,2)) AS {name}" for name in MONEY]
        ),
        **{name: getattr(arguments, name) for name in ("exposure", "add_to_cart", "begin_checkout", "refund")},
    }
    exposure = spark.sql(EXPOSURE.format(**values))
    exposure.createOrReplaceTempView("exposure")
    outcomes = spark.sql(OUTCOMES.format(**values))
    outcomes.createOrReplaceTempView("outcomes")
    if arguments.write is not None:
        exposure.write.mode("overwrite").parquet(f"{arguments.write}/user_exposure")
        outcomes.write.mode("overwrite").parquet(f"{arguments.write}/user_outcomes")

    differing = 0
    for theirs, mart, columns in [
        ("exposure", "user_exposure", EXPOSURE_COLUMNS),
        ("outcomes", "user_outcomes", OUTCOME_COLUMNS),
    ]:
        read(f"marts/{mart}/run_id={run_id}").createOrReplaceTempView("ours")
        differing += compare(spark, theirs, mart, columns)
    if differing > 0:
        sys.exit(f"{differing} rows differ")


def compare(spark, theirs: str, mart: str, columns: list[str]) -> int:
    """Prints how many users there are, and those that only one of the two has or has otherwise."""
    same = " AND ".join(f"(o.{name} <=> t.{name})" for name in columns)
    spark.sql(f"""
        SELECT coalesce(o.user_id, t.user_id) AS user_id, {", ".join(f"o.{name} AS our_{name}, t.{name} AS their_{name}" for name in columns)}
        FROM ours o FULL OUTER JOIN {theirs} t ON t.experiment_id = o.experiment_id AND t.user_id = o.user_id
        WHERE o.user_id IS NULL OR t.user_id IS NULL OR NOT ({same})
    """).createOrReplaceTempView("different")
    [users] = spark.sql("SELECT count(*) AS n FROM ours").collect()
    [different] = spark.sql("SELECT count(*) AS n FROM different").collect()
    print(f"{mart}: {users.n} users, {different.n} of them different in {', '.join(columns)}")
    for row in spark.sql("SELECT * FROM different ORDER BY user_id LIMIT 3").collect():
        found = row.asDict()
        print("  user", found["user_id"], {n: (found[f"our_{n}"], found[f"their_{n}"]) for n in columns if found[f"our_{n}"] != found[f"their_{n}"]})
    if users.n == 0:
        sys.exit(f"{mart} has no users: nothing was compared")
    return different.n


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("processed", help="the folder processed/ of a run, or s3://<bucket>/processed")
    parser.add_argument("run_id")
    parser.add_argument("--as-of", help="needed on S3: `asOf` of the run's measurements.json")
    parser.add_argument("--window-days", type=int, default=14)
    parser.add_argument("--lookback-days", type=int, default=14)
    parser.add_argument("--exposure", default="view_product", help="name of the exposure event")
    parser.add_argument("--add-to-cart", default="add_to_cart")
    parser.add_argument("--begin-checkout", default="begin_checkout")
    parser.add_argument("--refund", default="refund")
    parser.add_argument("--write", help="folder for the marts as Spark computed them")
    return parser.parse_args()


if __name__ == "__main__":
    main()
