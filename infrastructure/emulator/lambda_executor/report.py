"""The lines AWS puts around a function's own log."""

import math

from lambda_executor.sandbox import Result


def compose_log(request_id: str, version: str, runtime: str, memory_mb: int, result: Result) -> str:
    """The log of one invocation, every line ending in a newline."""
    parts = [] if result.init_ms is None else [f"INIT_START Runtime Version: {runtime}", result.init_output]
    parts += [f"START RequestId: {request_id} Version: {version}", result.output]
    if result.outcome.log_line:
        parts.append(result.outcome.log_line)
    parts += [f"END RequestId: {request_id}", _report(request_id, memory_mb, result)]
    return "".join(part if part.endswith("\n") else f"{part}\n" for part in parts if part)


def _report(request_id: str, memory_mb: int, result: Result) -> str:
    init_ms = result.init_ms or 0.0
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {result.duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(result.duration_ms + init_ms)} ms",
        f"Memory Size: {memory_mb} MB",
        f"Max Memory Used: {math.ceil(result.max_memory_bytes / (1024 * 1024))} MB",
    ]
    if result.init_ms is not None:
        fields.append(f"Init Duration: {init_ms:.2f} ms")
    error_type = result.outcome.error_type
    if error_type == "Sandbox.Timedout":
        fields.append("Status: timeout")
    elif error_type:
        fields += ["Status: error", f"Error Type: {error_type}"]
    return "\t".join(fields)
