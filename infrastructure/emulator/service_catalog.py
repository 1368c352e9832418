"""LocalStack's index of all services of AWS, kept with the installed packages.

LocalStack would build it at the first request of every fresh state folder, which takes seconds and 400 MB that it
does not give back. Here it is built once, in a process of its own: by `python service_catalog.py`, or else by the
first start.
"""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(sys.prefix, "share", "localstack")


def use() -> None:
    """Makes LocalStack read the index, and builds it where it is missing. To be called before LocalStack starts."""
    from localstack import config
    from localstack.aws.spec import _get_catalog_filename

    if not (FOLDER / _get_catalog_filename()).exists():
        subprocess.run([sys.executable, __file__], check=True)
    config.dirs.static_libs = str(FOLDER)


def _build() -> None:
    import compatibility

    compatibility.apply()
    from localstack.aws.spec import _get_catalog_filename, build_service_index_cache

    FOLDER.mkdir(parents=True, exist_ok=True)
    unfinished = FOLDER / f"unfinished-{os.getpid()}"
    build_service_index_cache(str(unfinished))
    unfinished.rename(FOLDER / _get_catalog_filename())


if __name__ == "__main__":
    _build()
