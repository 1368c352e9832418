"""What the notebook asks of pyarrow: the rows of a Parquet file, which the test has written beside it as JSON."""

import json
from decimal import Decimal


class Table:
    def __init__(self, rows):
        self.rows = rows

    def to_pylist(self):
        return self.rows


def read_table(file):
    with open(f"{file}.json", encoding="utf-8") as lines:
        types, *rows = (json.loads(line, parse_float=Decimal) for line in lines)
    return Table([{name: typed(value, types[name]) for name, value in row.items()} for row in rows])


def typed(value, kind):
    if value is None:
        return None
    if kind.startswith("DECIMAL"):
        return Decimal(value)
    return float(value) if kind == "DOUBLE" else value
