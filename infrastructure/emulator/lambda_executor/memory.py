"""Holds invocations to their memory limit by sampling resident memory.

RLIMIT_AS is no way to do this (V8 reserves far more address space than it uses), cgroups need rights and Linux.
Sampling works everywhere and sees what is allocated outside V8's heap. The list of a process's descendants is renewed
more rarely than they are sampled, because listing all processes of a machine is what costs.
"""

from collections import defaultdict
from collections.abc import Callable

import psutil


class MemoryWatch:
    """One process tree under observation. `peak` and `limit` are in bytes."""

    def __init__(self, pid: int, limit: int, on_exceeded: Callable[[int], None]) -> None:
        self.peak = 0
        self.limit = limit
        self._on_exceeded = on_exceeded
        self._root = psutil.Process(pid)
        self._descendants: list[psutil.Process] = []
        self._exceeded = False

    @property
    def pid(self) -> int:
        return self._root.pid

    def sample(self) -> None:
        resident = sum(_resident(process) for process in (self._root, *self._descendants))
        self.peak = max(self.peak, resident)
        if resident > self.limit and not self._exceeded:
            self._exceeded = True
            self._on_exceeded(resident)

    def renew_descendants(self, children: dict[int, list[psutil.Process]]) -> None:
        found, todo = [], [self.pid]
        while todo:
            for child in children.get(todo.pop(), ()):
                found.append(child)
                todo.append(child.pid)
        self._descendants = found


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0  # ended, or a zombie


def children_by_parent() -> dict[int, list[psutil.Process]]:
    children: dict[int, list[psutil.Process]] = defaultdict(list)
    for process in psutil.process_iter():
        try:
            children[process.ppid()].append(process)
        except psutil.Error:
            continue  # ended since it was listed
    return children
