"""The way of the original, with pandas and pyarrow: CSVs to Parquet, clean events by day, marts, sums of each variant.

usage: pandas_pipeline.py <folder of CSVs> <folder for what it makes>
"""

import json
import sys
from pathlib import Path

import pandas as pd

WINDOW = pd.Timedelta(days=14)
DATASETS = ("users", "products", "experiment_assignments", "sessions", "events")


def stage(source: Path, made: Path) -> None:
    for name in DATASETS:
        files = sorted((source / name).glob("*.csv")) or [source / f"{name}.csv"]
        rows = pd.concat([pd.read_csv(file, dtype_backend="pyarrow", engine="pyarrow") for file in files])
        rows.to_parquet(made / f"{name}.parquet", index=False)


def clean(made: Path) -> None:
    events = pd.read_parquet(made / "events.parquet")
    events["event_ts"] = pd.to_datetime(events["event_ts"], errors="coerce", utc=True)
    events = events.dropna(subset=["event_id", "user_id", "event_type", "event_ts"])
    events = events.drop_duplicates(subset="event_id", keep="first")
    sessions = pd.read_parquet(made / "sessions.parquet", columns=["session_id"])
    users = pd.read_parquet(made / "users.parquet", columns=["user_id"])
    known_session = events["session_id"].isna() | events["session_id"].isin(sessions["session_id"])
    events = events[events["user_id"].isin(users["user_id"]) & known_session]
    events["dt"] = events["event_ts"].dt.strftime("%Y-%m-%d")
    events.to_parquet(made / "events_clean", partition_cols=["dt"], index=False)


def marts(made: Path) -> pd.DataFrame:
    events = pd.read_parquet(made / "events_clean", columns=["user_id", "event_type", "event_ts", "revenue"])
    assigned = pd.read_parquet(made / "experiment_assignments.parquet")
    assigned["assigned_ts"] = pd.to_datetime(assigned["assigned_ts"], utc=True)
    assigned = assigned.groupby("user_id", as_index=False).agg(
        variants=("variant", "nunique"), variant=("variant", "first"), assigned_ts=("assigned_ts", "min")
    )
    assigned = assigned[assigned["variants"] == 1]

    views = events.loc[events["event_type"] == "view_product", ["user_id", "event_ts"]].merge(assigned, on="user_id")
    views = views[views["event_ts"] >= views["assigned_ts"]]
    exposure = views.groupby("user_id", as_index=False).agg(
        variant=("variant", "first"), exposed_at=("event_ts", "min")
    )
    exposure.to_parquet(made / "user_exposure.parquet", index=False)

    after = events.merge(exposure, on="user_id")
    after = after[(after["event_ts"] >= after["exposed_at"]) & (after["event_ts"] < after["exposed_at"] + WINDOW)]
    after["purchase"] = after["event_type"] == "purchase"
    outcomes = after.groupby("user_id", as_index=False).agg(
        variant=("variant", "first"), events=("event_type", "size"), purchases=("purchase", "sum"), revenue=("revenue", "sum")
    )
    outcomes.to_parquet(made / "user_outcomes.parquet", index=False)
    return outcomes


def main() -> None:
    source, made = Path(sys.argv[1]), Path(sys.argv[2])
    stage(source, made)
    clean(made)
    outcomes = marts(made)
    outcomes["purchased"] = outcomes["purchases"] > 0
    arms = outcomes.groupby("variant").agg(
        users=("user_id", "size"), purchasers=("purchased", "sum"), events=("events", "sum"), revenue=("revenue", "sum")
    )
    print(
        json.dumps(
            [
                {
                    "variant": variant,
                    "users": int(arm.users),
                    "purchasers": int(arm.purchasers),
                    "events": int(arm.events),
                    "cents": round(arm.revenue * 100),
                }
                for variant, arm in arms.iterrows()
            ]
        )
    )


main()
