"""What the tests share: the import path, a Node.js executable, and a running emulator."""

import atexit
import base64
import functools
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from pathlib import Path

EMULATOR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(EMULATOR))
NODE = os.environ.get("EMULATOR_NODE") or shutil.which("node")
DEADLINE_SECONDS = 60
END_SECONDS = 10
ROLE = "arn:aws:iam::000000000000:role/any"


def wait_until(condition, what: str, deadline_seconds: float = DEADLINE_SECONDS):
    """The first true value of `condition`; fails when there is none before the deadline."""
    until = time.monotonic() + deadline_seconds
    while time.monotonic() < until:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not within {deadline_seconds} s: {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def archive(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


class Emulator:
    """One LocalStack, started through launch.py."""

    def __init__(self) -> None:
        import boto3
        from botocore.config import Config

        self.port = free_port()
        self.state = Path(tempfile.mkdtemp(prefix="emulator-test-"))
        self.log = self.state / "emulator.log"
        environment = {**os.environ, "AWS_PROFILE": "of-the-host", "LAMBDA_KEEPALIVE_MS": "600000"}
        command = [sys.executable, EMULATOR / "launch.py"]
        command += ["--port", str(self.port), "--state", self.state, "--node", NODE]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        session = boto3.Session("test", "test", region_name="us-east-1")
        self.client = functools.cache(
            lambda service: session.client(
                service,
                endpoint_url=f"http://127.0.0.1:{self.port}",
                config=Config(max_pool_connections=50, retries={"max_attempts": 0}, read_timeout=120),
            )
        )
        wait_until(self._healthy, "the emulator is healthy")

    def _healthy(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the emulator ended:\n{self.log.read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_localstack/health", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def end(self, with_signal: signal.Signals) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=END_SECONDS)

    def remove(self) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        shutil.rmtree(self.state)

    def create_function(self, code: str | dict[str, str | bytes], **options) -> str:
        """The name of a new, active function. `code` is index.js or several files."""
        name = f"f-{uuid.uuid4().hex[:12]}"
        files = code if isinstance(code, dict) else {"index.js": code}
        lambda_ = self.client("lambda")
        parameters = {
            "Runtime": "nodejs22.x",
            "Handler": "index.handler",
            "Timeout": 10,
            "MemorySize": 256,
            **options,
        }
        lambda_.create_function(FunctionName=name, Role=ROLE, Code={"ZipFile": archive(files)}, **parameters)
        lambda_.get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
        )
        return name

    def invoke(self, name: str, event: object = None, **options) -> "Answer":
        payload = json.dumps(event).encode()
        return Answer(self.client("lambda").invoke(FunctionName=name, Payload=payload, LogType="Tail", **options))


class Answer:
    def __init__(self, response: dict) -> None:
        self.payload = json.loads(response["Payload"].read() or b"null")
        self.function_error = response.get("FunctionError")
        self.log = base64.b64decode(response.get("LogResult", "")).decode()


@functools.cache
def emulator() -> Emulator:
    """The one emulator of all tests that do not end it."""
    started = Emulator()
    atexit.register(started.remove)
    return started
