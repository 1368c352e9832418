"""Reads the Parquet files of a drop with pyarrow, the reader of pandas, Spark and Athena users, and checks types and values.

On demand, since pyarrow is large:
    node infrastructure/run.mjs tests/integration/interop/write-parquet.ts /tmp/parquet
    python3 -m venv /tmp/pyarrow && /tmp/pyarrow/bin/pip install pyarrow
    /tmp/pyarrow/bin/python tests/integration/interop/check_pyarrow.py /tmp/parquet
"""

import datetime
import decimal
import pathlib
import sys

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

EVENT_TYPES = {
    "event_id": pa.int64(),
    "user_id": pa.int64(),
    "event_name": pa.string(),
    "event_ts": pa.timestamp("us"),
    "quantity": pa.int64(),
    "revenue": pa.decimal128(18, 2),
}
CLEAN_TYPES = EVENT_TYPES | {"is_purchase": pa.bool_(), "net_revenue": pa.decimal128(18, 2)}


def check(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"wrong: {what}")


def check_types(schema: pa.Schema, expected: dict[str, pa.DataType], what: str) -> None:
    for name, data_type in expected.items():
        found = schema.field(name).type
        check(found == data_type, f"{what}.{name} is {found}, not {data_type}")


def check_events(rows: list[dict], what: str) -> None:
    by_id = {row["event_id"]: row for row in rows}
    long = by_id[999999999999999999]
    check(long["event_ts"] == datetime.datetime(2024, 3, 2, 21, 59, 59, 123456), f"{what}: {long['event_ts']}")
    check(long["revenue"] == decimal.Decimal("1234567890123.45"), f"{what}: {long['revenue']}")
    check(by_id[6]["event_name"] == "ça va ☕", f"{what}: {by_id[6]['event_name']}")
    check(by_id[6]["quantity"] is None and by_id[6]["currency"] is None, f"{what}: missing values")


def main(root: pathlib.Path) -> None:
    files = sorted(root.rglob("*.parquet"))
    check(len(files) > 0, f"there is no Parquet file in {root}")
    rows = sum(pq.read_table(file, partitioning=None).num_rows for file in files)

    staged = next(root.glob("processed/staged/events/*/events.parquet"))
    check_types(pq.read_schema(staged), EVENT_TYPES, "staged events")
    check_events(pq.read_table(staged, partitioning=None).to_pylist(), "staged events")

    run = next(root.glob("processed/events_clean/run_id=*"))
    clean = ds.dataset(run, partitioning="hive").to_table()
    check_types(clean.schema, CLEAN_TYPES, "clean events")
    check_events(clean.to_pylist(), "clean events")
    check(set(clean["dt"].to_pylist()) == {"2024-03-02"}, "clean events by day")

    outcomes = pq.read_table(next(root.glob("processed/marts/user_outcomes/*/*.parquet")), partitioning=None)
    revenue = dict(zip(outcomes["user_id"].to_pylist(), outcomes["revenue"].to_pylist()))
    check(revenue[1] == decimal.Decimal("1234567890133.44"), f"user_outcomes: {revenue}")
    print(f"pyarrow {pa.__version__} reads {len(files)} files, {rows} rows, with the right types and values")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
