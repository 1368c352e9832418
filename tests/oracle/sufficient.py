"""What the makers of fixtures share: exact sufficient statistics of integer rows, and where fixtures go."""

import json
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent / "fixtures"


def write(name, packages, data):
    """Writes fixtures/<name>.json with the versions of the packages that the numbers come from."""
    document = {"made_with": {package: version(package) for package in packages}, **data}
    (HERE / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")


def moment_matrix(*columns):
    """n, sums and cross products of integer columns as decimal strings."""
    columns = [[int(v) for v in column] for column in columns]
    product = lambda a, b: str(sum(u * v for u, v in zip(a, b)))
    return {
        "n": str(len(columns[0])),
        "sums": [str(sum(column)) for column in columns],
        "products": [[product(a, b) for b in columns] for a in columns],
    }
