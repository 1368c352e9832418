"""The process of one execution environment: Node.js, its Runtime API and its limits."""

import queue
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lambda_executor import errors
from lambda_executor.errors import Outcome
from lambda_executor.memory import MemoryWatch
from lambda_executor.monitor import Monitor, Watches
from lambda_executor.output import Output
from lambda_executor.processes import kill_tree
from lambda_executor.runtime_api import Invocation, RuntimeApi
from lambda_executor.storage import StorageWatch
from lambda_executor.watchdog import Watchdog

RUNTIME = Path(__file__).parent / "runtime.mjs"
INIT_LIMIT_SECONDS = 10.0
"""Initialisation that AWS gives away; what exceeds it counts against the timeout of the function."""
HEAP_EXHAUSTED = "JavaScript heap out of memory"


@dataclass(frozen=True)
class Host:
    """What all environments of one LocalStack share."""

    node: str
    api: RuntimeApi
    monitor: Monitor
    watchdog: Watchdog


@dataclass(frozen=True)
class Settings:
    memory_mb: int
    storage_mb: int
    timeout_seconds: float
    task_root: Path
    environment: Mapping[str, str]
    folder: Path
    """What stands for /tmp. It belongs to the environment: a process finds in it what the one before it left, even if
    that one was killed, as on AWS."""


@dataclass(frozen=True)
class Result:
    """An invocation that has ended. `init_output` is what was written before it began."""

    outcome: Outcome
    init_output: str
    output: str
    duration_ms: float
    init_ms: float | None
    """None unless this was the first invocation of the environment."""
    max_memory_bytes: int


@dataclass(frozen=True)
class _Ready:
    pass


@dataclass(frozen=True)
class _InitFailed:
    outcome: Outcome


@dataclass(frozen=True)
class _Answered:
    request_id: str
    outcome: Outcome


@dataclass(frozen=True)
class _Exited:
    return_code: int


@dataclass(frozen=True)
class _MemoryExceeded:
    resident: int


@dataclass(frozen=True)
class _StorageExceeded:
    used: int


_End = _Exited | _MemoryExceeded | _StorageExceeded


class Sandbox:
    """Whatever happens to the process arrives as an event in one queue, read by the invoking thread alone.

    A sandbox that failed in any other way than by an error of its handler is `broken`: it takes no further invocation.
    """

    def __init__(self, host: Host, settings: Settings) -> None:
        self.broken = False
        self._host = host
        self._settings = settings
        self._id = uuid.uuid4().hex
        self._events: queue.Queue[_Ready | _InitFailed | _Answered | _End] = queue.Queue()
        self._work: queue.Queue[Invocation | None] = queue.Queue(maxsize=2)
        self._output = Output()
        self._first = True
        self._spawned_at = time.perf_counter()
        self._process = self._spawn()
        self._watches = Watches(
            MemoryWatch(
                self._process.pid,
                settings.memory_mb * 1024 * 1024,
                lambda resident: self._events.put(_MemoryExceeded(resident)),
            ),
            StorageWatch(
                settings.folder,
                settings.storage_mb * 1024 * 1024,
                lambda used: self._events.put(_StorageExceeded(used)),
            ),
        )
        host.watchdog.guard(self._process.pid)
        self._output.start()
        self._reaper = threading.Thread(target=self._reap, name="lambda-reaper", daemon=True)
        self._reaper.start()

    def invoke(self, request_id: str, function_arn: str, payload: bytes, trace_id: str) -> Result | None:
        """None when the process had ended since its last answer: nothing was run, another sandbox can take it."""
        self._host.monitor.add(self._watches)
        try:
            return self._invoke(request_id, function_arn, payload, trace_id)
        finally:
            self._host.monitor.remove(self._watches)

    def kill(self) -> None:
        """Ends the process with all it started. May be called from any thread, repeatedly."""
        self.broken = True
        if self._process.poll() is None:
            kill_tree(self._process.pid)
        self._reaper.join()

    # What the runtime reports (see RuntimeEvents)

    def next_invocation(self) -> Invocation | None:
        self._events.put(_Ready())
        return self._work.get()

    def init_failed(self, outcome: Outcome) -> None:
        self._events.put(_InitFailed(outcome))

    def answered(self, request_id: str, outcome: Outcome) -> None:
        self._events.put(_Answered(request_id, outcome))

    # The life of the process

    def _spawn(self) -> subprocess.Popen:
        memory = self._settings.memory_mb
        private = {
            "AWS_LAMBDA_RUNTIME_API": self._host.api.register(self._id, self),
            "HOME": str(self._settings.folder),
            "TMPDIR": str(self._settings.folder),
        }
        return subprocess.Popen(
            # The shares of the heap are those of AWS's own bootstrap.
            [
                self._host.node,
                f"--max-old-space-size={memory * 9 // 10}",
                f"--max-semi-space-size={max(1, memory // 20)}",
                str(RUNTIME),
            ],
            cwd=self._settings.task_root,
            env={**self._settings.environment, **private},
            stdin=subprocess.DEVNULL,
            stdout=self._output.write_end,
            stderr=self._output.write_end,
            start_new_session=True,
        )

    def _reap(self) -> None:
        return_code = self._process.wait()
        kill_tree(self._process.pid)
        self._host.watchdog.release(self._process.pid)
        self._host.api.unregister(self._id)
        self._work.put(None)
        self._events.put(_Exited(return_code))

    # An invocation

    def _invoke(self, request_id: str, function_arn: str, payload: bytes, trace_id: str) -> Result | None:
        cold, self._first = self._first, False
        failure = self._await_ready(request_id)
        if not cold and (failure or self._process.poll() is not None):
            self.broken = True
            return None
        init_ms = (time.perf_counter() - self._spawned_at) * 1000 if cold else None
        init_output = self._output.take()

        started = time.perf_counter()
        if failure is None:
            timeout = self._settings.timeout_seconds
            deadline_ms = int((time.time() + timeout) * 1000)
            self._work.put(Invocation(request_id, function_arn, payload, trace_id, deadline_ms))
            outcome = self._await_answer(request_id, started + timeout)
        else:
            outcome = failure
        duration_ms = (time.perf_counter() - started) * 1000
        if not self.broken:
            outcome = self._held_to_limits(request_id, outcome)
        if self.broken:
            self.kill()
        return Result(outcome, init_output, self._output.take(), duration_ms, init_ms, self._watches.memory.peak)

    def _await_ready(self, request_id: str) -> Outcome | None:
        """None once the runtime asks for work, or is still busy initialising when the free time is over."""
        until = time.perf_counter() + INIT_LIMIT_SECONDS
        while True:
            event = self._next_event(until)
            match event:
                case None | _Ready():
                    return None
                case _InitFailed(outcome):
                    self.broken = True
                    return outcome
                case _Exited() | _MemoryExceeded() | _StorageExceeded():
                    return self._broken_by(event, request_id)

    def _await_answer(self, request_id: str, until: float) -> Outcome:
        while True:
            event = self._next_event(until)
            match event:
                case None:
                    self.broken = True
                    return errors.timed_out(request_id, self._settings.timeout_seconds)
                case _Answered(answered_id, outcome) if answered_id == request_id:
                    return outcome
                case _InitFailed(outcome):
                    self.broken = True
                    return outcome
                case _Exited() | _MemoryExceeded() | _StorageExceeded():
                    return self._broken_by(event, request_id)

    def _held_to_limits(self, request_id: str, outcome: Outcome) -> Outcome:
        """Looks once more, as the invocation may have been shorter than the pause between two samples."""
        memory, storage = self._watches.memory, self._watches.storage
        memory.sample()
        if memory.peak > memory.limit:
            return self._broken_by(_MemoryExceeded(memory.peak), request_id)
        storage.sample()
        if storage.used > storage.limit:
            return self._broken_by(_StorageExceeded(storage.used), request_id)
        return outcome

    def _broken_by(self, event: _End, request_id: str) -> Outcome:
        self.broken = True
        if isinstance(event, _MemoryExceeded):
            used = event.resident // (1024 * 1024)
            return errors.out_of_memory(request_id, f"{used} MB used of {self._settings.memory_mb} MB")
        if isinstance(event, _StorageExceeded):
            used = event.used // (1024 * 1024)
            return errors.no_space_left(request_id, f"/tmp holds {used} MB of {self._settings.storage_mb} MB")
        if HEAP_EXHAUSTED in self._output.peek():
            return errors.out_of_memory(request_id, HEAP_EXHAUSTED)
        return errors.exited(request_id, event.return_code)

    def _next_event(self, until: float):
        try:
            return self._events.get(timeout=max(0.0, until - time.perf_counter()))
        except queue.Empty:
            return None
