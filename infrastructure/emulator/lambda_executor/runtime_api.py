"""The Lambda Runtime API: the HTTP interface by which a runtime fetches invocations and answers them.

One server serves all execution environments of the process; each has its own path prefix, which is part of the value of
AWS_LAMBDA_RUNTIME_API. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from lambda_executor.errors import MAX_RESPONSE_BYTES, Outcome, response_too_large

VERSION = "2018-06-01"


@dataclass(frozen=True)
class Invocation:
    request_id: str
    function_arn: str
    payload: bytes
    trace_id: str
    deadline_ms: int
    """Unix time in milliseconds."""


class RuntimeEvents(Protocol):
    """What an execution environment hears from its runtime."""

    def next_invocation(self) -> Invocation | None:
        """Called when the runtime asks for work; blocks until there is some. None ends the connection."""

    def init_failed(self, outcome: Outcome) -> None: ...

    def answered(self, request_id: str, outcome: Outcome) -> None: ...


class RuntimeApi:
    def __init__(self) -> None:
        self._environments: dict[str, RuntimeEvents] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.environments = self._environments
        threading.Thread(target=self._server.serve_forever, name="lambda-runtime-api", daemon=True).start()

    def register(self, environment_id: str, events: RuntimeEvents) -> str:
        """The value of AWS_LAMBDA_RUNTIME_API for this environment."""
        self._environments[environment_id] = events
        return f"127.0.0.1:{self._server.server_port}/{environment_id}"

    def unregister(self, environment_id: str) -> None:
        self._environments.pop(environment_id, None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # many environments start at once
    environments: dict[str, RuntimeEvents]

    def handle_error(self, request: object, client_address: object) -> None:
        """A runtime that was killed resets its connection, and its end is reported elsewhere."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet: with Nagle's delay a warm invocation takes 40 ms longer
    server: _Server

    def do_GET(self) -> None:
        environment, route = self._route()
        if environment is None or route != ["invocation", "next"]:
            return self._answer(404)
        invocation = environment.next_invocation()
        if invocation is None:
            self.close_connection = True
            return None
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_id,
        }
        return self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        environment, route = self._route()
        body = self._read_body()
        match route if environment else []:
            case ["init", "error"]:
                environment.init_failed(Outcome(body or b"{}", self._error_type()))
            case ["invocation", request_id, ("response" | "error") as kind]:
                if body is None:
                    environment.answered(request_id, response_too_large())
                    return self._answer(413, b"{}")
                error_type = self._error_type() if kind == "error" else None
                environment.answered(request_id, Outcome(body, error_type))
            case _:
                return self._answer(404)
        return self._answer(202, b"{}")

    def _route(self) -> tuple[RuntimeEvents | None, list[str]]:
        """The environment and the path below `/<environment>/2018-06-01/runtime/`."""
        match self.path.split("/"):
            case ["", environment_id, version, "runtime", *rest] if version == VERSION:
                return self.server.environments.get(environment_id), rest
        return None, []

    def _read_body(self) -> bytes | None:
        """None for a body above the limit, which is read but not kept."""
        length = int(self.headers["Content-Length"])
        if length <= MAX_RESPONSE_BYTES:
            return self.rfile.read(length)
        while length > 0:
            length -= len(self.rfile.read(min(length, 1 << 20)))
        return None

    def _error_type(self) -> str:
        return self.headers.get("Lambda-Runtime-Function-Error-Type", "Unhandled")

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: a request line per call says nothing that the function's log does not."""
