"""The ways an invocation fails in the service rather than in the handler, named and worded as AWS does."""

import json
import signal
from dataclasses import dataclass
from datetime import datetime, timezone

MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100
"""Largest answer of a synchronous invocation."""


@dataclass(frozen=True)
class Outcome:
    """What an invocation answers: JSON bytes and, for a failure, the name of its error."""

    payload: bytes
    error_type: str | None = None
    log_line: str | None = None
    """What the service itself adds to the function's log."""


def _failure(error_type: str, message: str, log_line: str) -> Outcome:
    payload = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
    return Outcome(payload, error_type, log_line)


def timed_out(request_id: str, timeout_seconds: float) -> Outcome:
    reason = f"Task timed out after {timeout_seconds:.2f} seconds"
    message = f"RequestId: {request_id} Error: {reason}"
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return _failure("Sandbox.Timedout", message, f"{now} {request_id} {reason}")


def exited(request_id: str, return_code: int) -> Outcome:
    """`return_code` as subprocess gives it: negative for the signal that ended the process."""
    message = f"RequestId: {request_id} Error: {_describe_exit(return_code)}"
    return _failure("Runtime.ExitError", message, f"{message}\nRuntime.ExitError")


def out_of_memory(request_id: str, detail: str) -> Outcome:
    """`detail` goes to the log only: AWS tells the caller no more than that the process was killed."""
    message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    return _failure("Runtime.OutOfMemory", message, f"{message}\nRuntime.OutOfMemory: {detail}")


def no_space_left(request_id: str, detail: str) -> Outcome:
    """On AWS the write fails, and with it most likely the function. `detail` goes to the log only."""
    message = f"RequestId: {request_id} Error: Runtime exited with error: ENOSPC: no space left on device, write"
    return _failure("Runtime.ExitError", message, f"{message}\nRuntime.ExitError: {detail}")


def response_too_large() -> Outcome:
    message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
    return _failure("Function.ResponseSizeTooLarge", message, message)


def _describe_exit(return_code: int) -> str:
    if return_code == 0:
        return "Runtime exited without providing a reason"
    if return_code > 0:
        return f"Runtime exited with error: exit status {return_code}"
    names = {signal.SIGKILL: "killed", signal.SIGABRT: "aborted", signal.SIGSEGV: "segmentation fault"}
    number = -return_code
    return f"Runtime exited with error: signal: {names.get(number) or signal.Signals(number).name}"
