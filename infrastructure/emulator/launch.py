"""Starts LocalStack in the foreground with Lambda functions as Node.js processes.

usage: launch.py --port 4566 --state <folder> [--node <executable>]
"""

import argparse
import fcntl
import functools
import os
import shutil
import socket
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

SERVICES = (
    "cloudformation,cloudwatch,ecr,events,iam,kms,lambda,logs,"
    "s3,scheduler,secretsmanager,sns,sqs,ssm,stepfunctions,sts"
)
EXECUTOR = "process"


def main() -> None:
    arguments = _parse_arguments()
    state: Path = arguments.state.resolve()
    _claim_state(state)
    _refuse_used_port(arguments.port)
    _configure(arguments.port, state, _find_node(arguments.node))

    import compatibility
    import quotas
    import service_catalog

    compatibility.apply()
    _listen_on_loopback()
    _keep_json_paths()
    _write_no_access_log()
    service_catalog.use()
    quotas.apply()
    _require_process_executor()

    from localstack.runtime import get_current_runtime
    from localstack.runtime.main import main as run_localstack
    from localstack.runtime.shutdown import SHUTDOWN_HANDLERS

    from lambda_executor.executor import host

    host()  # starts the watchdog, while there is one thread
    SHUTDOWN_HANDLERS.register(lambda: _end(get_current_runtime().exit_code))
    try:
        run_localstack()
    except SystemExit as end:
        _end(end.code)
    except BaseException:
        traceback.print_exc()
        _end(1)


def _end(exit_code: int) -> NoReturn:
    """Ends at once. There is nothing to save, while LocalStack would take a second for every few functions to stop them
    and Python would wait for the timers of idle ones."""
    from lambda_executor.executor import shut_down

    shut_down()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launch.py", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=4566, help="port on 127.0.0.1 (default: 4566)")
    parser.add_argument("--state", type=Path, required=True, help="folder for everything LocalStack writes")
    parser.add_argument("--node", default="node", help="Node.js executable that runs the functions (default: node)")
    return parser.parse_args()


def _claim_state(state: Path) -> None:
    """Locks the folder against a second emulator and clears what an earlier one left: nothing of it can be used again.

    The descriptor stays open, and with it the lock held, until the process ends."""
    state.mkdir(parents=True, exist_ok=True)
    lock = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _exit(f"another emulator is using {state}: stop it, or give another folder by --state")
    for leftover in ("tmp", "cache"):
        shutil.rmtree(state / leftover, ignore_errors=True)
        (state / leftover).mkdir()


def _refuse_used_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            _exit(
                f"port {port} cannot be used ({error.strerror}): stop what listens there, or give another by --port"
            )


def _find_node(node: str) -> str:
    found = shutil.which(node)
    if not found:
        _exit(f"no Node.js executable at '{node}': give one by --node")
    return str(Path(found).absolute())


def _configure(port: int, state: Path, node: str) -> None:
    """Sets what LocalStack reads from its environment: what makes it work is fixed, the rest can be overridden."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # a profile or endpoint of the caller would reach LocalStack's own clients
    os.environ.update(
        {
            "DNS_ADDRESS": "0",
            "EMULATOR_NODE": node,
            "FILESYSTEM_ROOT": str(state),
            "GATEWAY_LISTEN": f"127.0.0.1:{port}",
            "LAMBDA_RUNTIME_EXECUTOR": EXECUTOR,
            # Addresses instead of localhost.localstack.cloud, which needs a DNS server on the internet.
            "LOCALSTACK_HOST": f"127.0.0.1:{port}",
            "SQS_ENDPOINT_STRATEGY": "path",
            # Else it guesses, and in a container rewrites the host's resolver configuration.
            "OVERRIDE_IN_DOCKER": "0",
            # Plugins are cached by coarse file times: the cache of an earlier start could hide the executor.
            "XDG_CACHE_HOME": str(state / "cache"),
        }
    )
    defaults = {
        # Else the deployment sleeps a second for each function, which is ready after a tenth of one.
        "CFN_NO_WAIT_ITERATIONS": "300",
        "CFN_VERBOSE_ERRORS": "1",
        "DISABLE_EVENTS": "1",
        "LAMBDA_KEEPALIVE_MS": "60000",
        "SERVICES": SERVICES,
        "SKIP_SSL_CERT_DOWNLOAD": "1",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))
    os.environ.pop("TMPDIR", None)  # LocalStack warns of it, and would use it
    tempfile.tempdir = str(state / "tmp")


def _listen_on_loopback() -> None:
    """LocalStack's server ignores the host of GATEWAY_LISTEN and would answer every machine of the network."""
    from twisted.internet import endpoints

    class LoopbackEndpoint(endpoints.TCP4ServerEndpoint):
        def __init__(self, reactor, port, backlog=50, interface="127.0.0.1"):
            super().__init__(reactor, port, backlog, interface)

    endpoints.TCP4ServerEndpoint = LoopbackEndpoint


def _keep_json_paths() -> None:
    """jsonpath_ng makes its parser anew for each path, which would be a fifth of what a run costs the emulator."""
    import jsonpath_ng.ext

    jsonpath_ng.ext.parse = functools.lru_cache(maxsize=1000)(jsonpath_ng.ext.parse)


def _write_no_access_log() -> None:
    """LocalStack tells of each request itself; the server's own line of it is formatted, and goes nowhere."""
    from twisted.web.http import HTTPFactory

    HTTPFactory.log = lambda self, request: None


def _require_process_executor() -> None:
    """LocalStack answers an unknown executor with a warning and its Docker executor."""
    from localstack.services.lambda_.invocation.runtime_executor import get_runtime_executor

    from lambda_executor.executor import ProcessExecutor

    executor = get_runtime_executor()
    if executor is not ProcessExecutor:
        _exit(f"LocalStack chose {executor.__name__} to run functions instead of {ProcessExecutor.__name__}")


def _exit(reason: str) -> NoReturn:
    sys.exit(f"emulator: {reason}")


if __name__ == "__main__":
    main()
