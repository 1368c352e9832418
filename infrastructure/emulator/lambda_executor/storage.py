"""Holds invocations to the size of their /tmp by measuring the folder that stands for it.

A quota of the file system needs rights, or a file system of its own. Measuring works everywhere, and costs a look at each
file: once a second while an invocation runs, and once when it answers.
"""

import os
from collections.abc import Callable
from pathlib import Path


class StorageWatch:
    """One folder under observation. `used` and `limit` are in bytes."""

    def __init__(self, folder: Path, limit: int, on_exceeded: Callable[[int], None]) -> None:
        self.used = 0
        self.limit = limit
        self._folder = folder
        self._on_exceeded = on_exceeded
        self._exceeded = False

    def sample(self) -> None:
        self.used = _used(self._folder)
        if self.used > self.limit and not self._exceeded:
            self._exceeded = True
            self._on_exceeded(self.used)


def _used(folder: Path) -> int:
    """What the files below a folder take on the disk. What vanishes meanwhile takes nothing."""
    used, folders = 0, [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        used += _blocks(entry)
        except OSError:
            continue
    return used


def _blocks(entry: os.DirEntry) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return 0
