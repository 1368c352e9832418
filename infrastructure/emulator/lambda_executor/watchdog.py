"""A companion process that kills what LocalStack would leave behind, however LocalStack ends.

LocalStack tells it over a pipe which process groups live (`+pid`, `-pid`). The kernel closes that pipe when LocalStack
ends, SIGKILL included, and the companion then kills every group still listed. It runs in a session of its own, so
a Ctrl-C meant for LocalStack does not reach it first.
"""

import subprocess
import sys
import threading
from pathlib import Path


class Watchdog:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            stdin=subprocess.PIPE,
            start_new_session=True,
            # Imports `lambda_executor` from the folder above, whatever the caller's own path is.
            cwd=Path(__file__).parent.parent,
        )

    def guard(self, pid: int) -> None:
        """Has the group led by `pid` killed when this process ends."""
        self._tell(f"+{pid}\n")

    def release(self, pid: int) -> None:
        """To be called once the group has ended, so that a reused id is never killed."""
        self._tell(f"-{pid}\n")

    def close(self) -> None:
        """Kills what is still guarded and ends the companion."""
        with self._lock:
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        with self._lock:
            if not self._process.stdin.closed:
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


def _watch() -> None:
    guarded: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        if line[0] == "+":
            guarded.add(pid)
        else:
            guarded.discard(pid)
    if guarded:
        sys.path[0] = str(Path(__file__).parent.parent)
        from lambda_executor.processes import kill_tree

        for pid in guarded:
            kill_tree(pid)


if __name__ == "__main__":
    _watch()
