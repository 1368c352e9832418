"""Reads the files of the benchmark Pollock with readers that others use, and scores them and what was read already.

    python pollock.py <checkout of HPI-Information-Systems/Pollock> <folder>

`folder` has a folder for each reader that was run already, with `<file>_converted.csv` for each file. The readers are called as in the
benchmark's `sut` (Polars, which it has not, as pandas is), and the benchmark's own code scores what they read. Prints JSON.
"""

import csv
import functools
import json
import os
import re
import statistics
import sys
import warnings
from collections import Counter

import duckdb
import pandas
import polars

checkout, folder = sys.argv[1:]
sys.path.insert(0, checkout)
from pollock import metrics  # noqa: E402

warnings.simplefilter("ignore")
database = duckdb.connect()
# The same values come again in each file.
metrics.normalize_cell = functools.lru_cache(maxsize=None)(metrics.normalize_cell)


def place(*names):
    return os.path.join(checkout, "polluted_files", *names)


def parameters(file):
    """As `load_parameters` of the benchmark's `sut/utils.py`."""
    with open(place("parameters", f"{file}_parameters.json")) as text:
        told = json.load(text)
    names = [name.strip() for name in told["column_names"]]
    return {
        "encoding": told["encoding"],
        "delimiter": told["delimiter"] or ",",
        "quote": told["quotechar"] or '"',
        "escape": told["escapechar"] or '"',
        "line_end": told["row_delimiter"],
        "header": int(told["header_lines"]),
        "preamble": int(told["preamble_lines"]),
        "columns": names or [f"col_{i}" for i in range(max(1, int(told["n_columns"])))],
    }


LENIENT = {"strict_mode": False, "ignore_errors": True, "null_padding": True}


def duckdb_alone(file, _):
    return database.read_csv(file, **LENIENT).df()


def duckdb_told(file, told):
    return database.read_csv(
        file,
        delimiter=told["delimiter"],
        quotechar=told["quote"],
        escapechar=told["escape"],
        skiprows=told["preamble"] + told["header"],
        header=False,
        columns={name: "VARCHAR" for name in told["columns"]},
        auto_detect=False,
        **LENIENT,
    ).df()


def pandas_alone(file, _):
    return pandas.read_csv(file, dtype=object, on_bad_lines="skip", sep=None, engine="python")


def pandas_told(file, told):
    options = {"encoding": told["encoding"], "delimiter": told["delimiter"][0]}
    if told["quote"] != '"':
        options["quotechar"] = told["quote"][0]
    if told["escape"] != told["quote"]:
        options |= {"escapechar": told["escape"][0], "doublequote": False}
    if told["line_end"] != "\r\n" and told["line_end"]:
        options["lineterminator"] = told["line_end"][0]
    if told["preamble"] > 0:
        options["skiprows"] = told["preamble"]
    return pandas.read_csv(file, dtype=object, on_bad_lines="skip", engine="c", **options)


def polars_alone(file, _):
    return polars.read_csv(file, infer_schema=False, ignore_errors=True, truncate_ragged_lines=True).to_pandas()


def polars_told(file, told):
    return polars.read_csv(
        file,
        infer_schema=False,
        ignore_errors=True,
        truncate_ragged_lines=True,
        separator=told["delimiter"][0],
        quote_char=told["quote"][0],
        skip_rows=told["preamble"],
        eol_char="\r" if told["line_end"] == "\r" else "\n",
    ).to_pandas()


def csv_alone(file, told):
    with open(file, newline="", encoding=told["encoding"]) as text:
        dialect = csv.Sniffer().sniff(text.read())
        text.seek(0)
        return list(csv.reader(text, dialect))


def csv_told(file, told):
    doubled = told["escape"] == told["quote"]
    with open(file, newline="", encoding=told["encoding"]) as text:
        return list(
            csv.reader(
                text,
                delimiter=told["delimiter"][0],
                quotechar=told["quote"][0],
                doublequote=doubled,
                escapechar=None if doubled else told["escape"][0],
            )
        )[told["preamble"] :]


READERS = {
    "duckdb": duckdb_alone,
    "duckdbTold": duckdb_told,
    "pandas": pandas_alone,
    "pandasTold": pandas_told,
    "polars": polars_alone,
    "polarsTold": polars_told,
    "csv": csv_alone,
    "csvTold": csv_told,
}


def load(reader, file, target):
    """Writes what a reader makes of a file; that it cannot be read, as the benchmark wants it."""
    try:
        loaded = READERS[reader](place("csv", file), parameters(file))
        if isinstance(loaded, list):
            with open(target, "w", newline="") as out:
                csv.writer(out).writerows(loaded)
        else:
            loaded.to_csv(target, index=False)
    except Exception as error:  # noqa: BLE001 - whatever a reader raises, it has not read the file
        with open(target, "w") as out:
            out.write(f"Application Error\n{error}")


def measures(clean, loaded):
    """The ten measures of a file, as the benchmark's `evaluate.py` has them."""
    try:
        success = metrics.successful_csv(loaded)
        return [success, *(metrics.header_record_cell_measures_csv(clean, loaded) if success else [0] * 9)]
    except Exception:  # noqa: BLE001 - as there
        return [0] * 10


def rows_of(file):
    """The records of a file, each with its cells in their columns: how many there are of each."""
    with open(file, encoding="utf-8-sig", newline="") as text:
        rows = [[metrics.normalize_cell(cell.replace("\r\n", "\n")) for cell in row] for row in csv.reader(text)][1:]
    for row in rows:
        while row and row[-1] == "":
            row.pop()
    return Counter(tuple(row) for row in rows if row)


def rows(clean, loaded, is_read):
    """Records that were read as they are, records read that are none of the file, and those of the file that were not read."""
    source = rows_of(clean)
    read = rows_of(loaded) if is_read else Counter()
    right = (source & read).total()
    return {"right": right, "other": read.total() - right, "notRead": source.total() - right}


def kind_of(file):
    """The kind of pollution: for a file with one polluted row, whichever row and column that is."""
    return re.sub(r"(_?row)?(_?\d+)?(_col\d+|_0x20)$", "", name) if (name := file.removesuffix(".csv")).startswith("row_") else name


def scored(reader, files, weights):
    target = os.path.join(folder, reader)
    os.makedirs(target, exist_ok=True)
    of, kinds = {}, {}
    for file in files:
        loaded = os.path.join(target, f"{file}_converted.csv")
        if not os.path.exists(loaded):
            load(reader, file, loaded)
        of[file] = [float(value) for value in measures(place("clean", file), loaded)]
        found = rows(place("clean", file), loaded, of[file][0] == 1)
        kind = kinds.setdefault(kind_of(file), Counter())
        kind.update(files=1, otherFiles=int(found["other"] > 0), **found)
    means = [statistics.fmean(of[file][i] for file in files) for i in range(10)]
    total = sum(weights.values())
    return {
        "success": round(means[0], 4),
        "headerF1": round(means[3], 4),
        "recordF1": round(means[6], 4),
        "cellF1": round(means[9], 4),
        "simple": round(sum(means), 4),
        "weighted": round(sum(sum(of[file]) * weights[file] for file in files) / total, 4),
        "rows": dict(sum(kinds.values(), Counter())),
        "kinds": {kind: [counts[of] for of in ("files", "right", "other", "notRead")] for kind, counts in sorted(kinds.items())},
    }


def main():
    files = sorted(name for name in os.listdir(place("csv")) if name.endswith("csv"))
    with open(os.path.join(checkout, "pollock_weights.json")) as text:
        weights = json.load(text)
    readers = [*sorted(set(os.listdir(folder)) - set(READERS)), *READERS]
    print(json.dumps({reader: scored(reader, files, weights) for reader in readers}))


main()
