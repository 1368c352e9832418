"""Merges layers the way AWS unpacks them into /opt."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path


def merge_layers(layers: Sequence[Path], target: Path) -> None:
    """Makes `target` hold the files of all `layers`; where two have the same path, the later layer wins.

    Files are hard links, so a large layer takes neither time nor space again. `target` appears complete or not at all.
    """
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    merged = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        merged.chmod(0o755)
        for layer in layers:
            shutil.copytree(layer, merged, symlinks=True, dirs_exist_ok=True, copy_function=_replace_by_link)
        merged.rename(target)
    except BaseException:
        shutil.rmtree(merged)
        raise


def _replace_by_link(source: str, destination: str) -> None:
    Path(destination).unlink(missing_ok=True)
    os.link(source, destination, follow_symlinks=False)
