"""LocalStack's side: turns function versions into sandboxes and invocations into results."""

import os
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path

from localstack import config
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from lambda_executor.environment import function_environment
from lambda_executor.layers import merge_layers
from lambda_executor.monitor import Monitor
from lambda_executor.report import compose_log
from lambda_executor.runtime_api import RuntimeApi
from lambda_executor.sandbox import Host, Sandbox, Settings
from lambda_executor.watchdog import Watchdog

NODE_VARIABLE = "EMULATOR_NODE"


class UnsupportedFunction(Exception):
    """The function cannot run as a Node.js process. LocalStack reports it as the reason of the state Failed."""


@cache
def host() -> Host:
    """To be called once before there are several threads, as `cache` alone could make two."""
    return Host(os.environ[NODE_VARIABLE], RuntimeApi(), Monitor(), Watchdog())


def shut_down() -> None:
    """Ends all processes of functions, including those LocalStack forgets when it stops its services."""
    host().watchdog.close()


class ProcessExecutor(RuntimeExecutor):
    """One execution environment for LocalStack. Its process is replaced when it broke, so an environment, and its folder,
    outlive crashes and timeouts as they do on AWS. LocalStack never runs two invocations at a time in it."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self._lock = threading.Lock()
        self._stopped = False
        self._folder: Path | None = None
        self._settings: Settings | None = None
        self._sandbox: Sandbox | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        """Does not wait for the initialisation: how that ends belongs to the first invocation and its log."""
        function = self.function_version.config
        task_root = function.code.get_unzipped_code_location()
        self._folder = Path(tempfile.mkdtemp(prefix="lambda-sandbox-"))
        self._settings = Settings(
            memory_mb=function.memory_size,
            storage_mb=function.ephemeral_storage.size,
            timeout_seconds=function.timeout,
            task_root=task_root,
            environment=function_environment(
                env_vars, function.runtime, task_root, opt_folder(self.function_version)
            ),
            folder=self._folder,
        )
        self._usable_sandbox()

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            sandbox, self._sandbox = self._sandbox, None
        if sandbox:
            sandbox.kill()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id = payload["invoke-id"]
        result = None
        while result is None:
            result = self._usable_sandbox().invoke(
                request_id, payload["invoked-function-arn"], payload["payload"].encode(), payload["trace-id"]
            )
        function = self.function_version
        logs = compose_log(
            request_id, function.id.qualifier, function.config.runtime, function.config.memory_size, result
        )
        outcome = result.outcome
        return InvocationResult(request_id, outcome.payload, is_error=outcome.error_type is not None, logs=logs)

    def _usable_sandbox(self) -> Sandbox:
        with self._lock:
            if self._stopped:
                raise RuntimeError(f"execution environment {self.id} was stopped")
            if self._sandbox is None or self._sandbox.broken:
                self._sandbox = Sandbox(host(), self._settings)
            return self._sandbox

    def get_logs(self) -> str:
        return ""  # every line belongs to an invocation and is in its result

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        """An address rather than a name: it makes SDKs address buckets by path instead of by host."""
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}"

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        function = function_version.config
        if not (function.runtime or "").startswith("nodejs"):
            kind = f"runtime {function.runtime}" if function.runtime else "a container image"
            raise UnsupportedFunction(
                f"{function_version.id.function_name} has {kind}; this emulator runs nodejs functions only. "
                "The usual source is a CDK construct that adds a custom resource: use one that does not."
            )
        function.code.prepare_for_execution()
        for layer in function.layers:
            layer.code.prepare_for_execution()
        merge_layers(
            [layer.code.get_unzipped_code_location() for layer in function.layers], opt_folder(function_version)
        )

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        shutil.rmtree(opt_folder(function_version), ignore_errors=True)


def opt_folder(function_version: FunctionVersion) -> Path:
    return Path(tempfile.gettempdir(), "lambda-opt", function_version.config.internal_revision)
