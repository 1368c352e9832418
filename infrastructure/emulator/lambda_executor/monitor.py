"""Watches what runs for the limits that no invocation may exceed. One thread serves all of them and sleeps when there is
nothing to watch."""

import threading
from dataclasses import dataclass

from lambda_executor.memory import MemoryWatch, children_by_parent
from lambda_executor.storage import StorageWatch

SAMPLE_SECONDS = 0.05
SAMPLES_PER_LISTING = 20


@dataclass(frozen=True, eq=False)
class Watches:
    """Of one execution environment: the memory is sampled every 50 ms, what needs a listing every second."""

    memory: MemoryWatch
    storage: StorageWatch


class Monitor:
    def __init__(self) -> None:
        self._watched: set[Watches] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, watches: Watches) -> None:
        with self._changed:
            self._watched.add(watches)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lambda-monitor", daemon=True)
                self._thread.start()
            self._changed.notify()

    def remove(self, watches: Watches) -> None:
        with self._changed:
            self._watched.discard(watches)

    def _run(self) -> None:
        samples = 0
        pause = threading.Event()
        while True:
            with self._changed:
                if not self._watched:
                    samples = 0
                    self._changed.wait_for(lambda: self._watched)
                watched = list(self._watched)
            samples += 1
            if samples % SAMPLES_PER_LISTING == 0:
                children = children_by_parent()
                for watches in watched:
                    watches.memory.renew_descendants(children)
                    watches.storage.sample()
            for watches in watched:
                watches.memory.sample()
            pause.wait(SAMPLE_SECONDS)
