"""The same steps as pandas_pipeline.py with Polars, streamed where it can stream.

usage: polars_pipeline.py <folder of CSVs> <folder for what it makes>
"""

import json
import sys
from pathlib import Path

import polars as pl

WINDOW = pl.duration(days=14)
DATASETS = ("users", "products", "experiment_assignments", "sessions", "events")


def stage(source: Path, made: Path) -> None:
    for name in DATASETS:
        files = sorted((source / name).glob("*.csv")) or [source / f"{name}.csv"]
        pl.scan_csv(files, infer_schema_length=10_000).sink_parquet(made / f"{name}.parquet")


def utc(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", strict=False)


def clean(made: Path) -> None:
    sessions = pl.scan_parquet(made / "sessions.parquet").select("session_id")
    users = pl.scan_parquet(made / "users.parquet").select("user_id")
    events = (
        pl.scan_parquet(made / "events.parquet")
        .with_columns(utc("event_ts"))
        .drop_nulls(["event_id", "user_id", "event_type", "event_ts"])
        .unique(subset="event_id", keep="any")
        .join(users, on="user_id", how="semi")
        .join(sessions.with_columns(known=True), on="session_id", how="left")
        .filter(pl.col("session_id").is_null() | pl.col("known"))
        .drop("known")
        .with_columns(dt=pl.col("event_ts").dt.date())
        .collect(engine="streaming")
    )
    for (day,), rows in events.partition_by("dt", as_dict=True).items():
        folder = made / "events_clean" / f"dt={day}"
        folder.mkdir(parents=True)
        rows.drop("dt").write_parquet(folder / "events.parquet")


def marts(made: Path) -> pl.DataFrame:
    events = pl.scan_parquet(made / "events_clean" / "*" / "*.parquet").select("user_id", "event_type", "event_ts", "revenue")
    assigned = (
        pl.scan_parquet(made / "experiment_assignments.parquet")
        .group_by("user_id")
        .agg(variants=pl.col("variant").n_unique(), variant=pl.col("variant").first(), assigned_ts=utc("assigned_ts").min())
        .filter(pl.col("variants") == 1)
    )
    exposure = (
        events.filter(pl.col("event_type") == "view_product")
        .join(assigned, on="user_id")
        .filter(pl.col("event_ts") >= pl.col("assigned_ts"))
        .group_by("user_id")
        .agg(variant=pl.col("variant").first(), exposed_at=pl.col("event_ts").min())
        .collect(engine="streaming")
    )
    exposure.write_parquet(made / "user_exposure.parquet")
    outcomes = (
        events.join(exposure.lazy(), on="user_id")
        .filter((pl.col("event_ts") >= pl.col("exposed_at")) & (pl.col("event_ts") < pl.col("exposed_at") + WINDOW))
        .group_by("user_id")
        .agg(
            variant=pl.col("variant").first(),
            events=pl.len(),
            purchases=(pl.col("event_type") == "purchase").sum(),
            revenue=pl.col("revenue").sum(),
        )
        .collect(engine="streaming")
    )
    outcomes.write_parquet(made / "user_outcomes.parquet")
    return outcomes


def main() -> None:
    source, made = Path(sys.argv[1]), Path(sys.argv[2])
    stage(source, made)
    clean(made)
    arms = (
        marts(made)
        .group_by("variant")
        .agg(
            users=pl.len(),
            purchasers=(pl.col("purchases") > 0).sum(),
            events=pl.col("events").sum(),
            cents=(pl.col("revenue").sum() * 100).round().cast(pl.Int64),
        )
        .sort("variant")
    )
    print(json.dumps(arms.to_dicts()))


main()
