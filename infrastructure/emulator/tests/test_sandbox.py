"""One execution environment without LocalStack."""

import json
import tempfile
import threading
import unittest
from pathlib import Path
from unittest.mock import patch

from support import NODE, wait_until

from lambda_executor import sandbox as sandbox_module
from lambda_executor.environment import function_environment
from lambda_executor.memory import MemoryMonitor
from lambda_executor.report import compose_log
from lambda_executor.runtime_api import RuntimeApi
from lambda_executor.sandbox import Host, Sandbox, Settings
from lambda_executor.watchdog import Watchdog


class SandboxTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = Host(NODE, RuntimeApi(), MemoryMonitor(), Watchdog())
        cls.addClassCleanup(cls.host.watchdog.close)

    def sandbox(self, code, timeout_seconds=10.0, memory_mb=256, **variables):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        task_root = Path(folder.name)
        (task_root / "index.js").write_text(code)
        given = {"_HANDLER": "index.handler", **variables}
        environment = function_environment(given, "nodejs22.x", task_root, task_root / "opt")
        started = Sandbox(self.host, Settings(memory_mb, timeout_seconds, task_root, environment))
        self.addCleanup(started.kill)
        return started

    def invoke(self, sandbox, event=None, request_id="r1"):
        return sandbox.invoke(request_id, "arn", json.dumps(event).encode(), "trace")

    def test_an_initialisation_beyond_its_free_time_counts_against_the_timeout_but_does_not_fail(self):
        code = "const until = Date.now() + 600; while (Date.now() < until); exports.handler = async () => 'ready'"
        with patch.object(sandbox_module, "INIT_LIMIT_SECONDS", 0.1):
            result = self.invoke(self.sandbox(code))
        self.assertEqual(b'"ready"', result.outcome.payload)
        self.assertGreater(result.duration_ms, 300)

    def test_an_initialisation_that_never_ends_times_out(self):
        with patch.object(sandbox_module, "INIT_LIMIT_SECONDS", 0.1):
            result = self.invoke(self.sandbox("for (;;);", timeout_seconds=0.5))
        self.assertEqual("Sandbox.Timedout", result.outcome.error_type)

    def test_a_process_that_ended_after_its_answer_takes_no_further_invocation(self):
        sandbox = self.sandbox("exports.handler = async () => { setTimeout(() => process.exit(5), 20) }")
        self.assertIsNone(self.invoke(sandbox).outcome.error_type)
        wait_until(lambda: sandbox._process.poll() is not None, "the process has ended")
        self.assertIsNone(self.invoke(sandbox, request_id="r2"))
        self.assertTrue(sandbox.broken)

    def test_killing_it_during_an_invocation_ends_that_as_an_exit_error(self):
        sandbox = self.sandbox("exports.handler = () => new Promise(() => setInterval(() => {}, 1000))")
        killer = threading.Timer(0.3, sandbox.kill)
        killer.start()
        outcome = self.invoke(sandbox).outcome
        killer.join()
        self.assertEqual("Runtime.ExitError", outcome.error_type)
        self.assertEqual(
            "RequestId: r1 Error: Runtime exited with error: signal: killed",
            json.loads(outcome.payload)["errorMessage"],
        )

    def test_killing_it_again_and_before_it_is_ready_is_harmless(self):
        sandbox = self.sandbox("exports.handler = async () => 1")
        folder = sandbox._folder
        for _ in range(3):
            sandbox.kill()
        self.assertFalse(folder.exists())

    def test_an_answer_is_any_json_and_nothing_is_null(self):
        sandbox = self.sandbox("exports.handler = async (event) => event?.value")
        for event, expected in (({"value": {"ä": [1, None]}}, {"ä": [1, None]}), ({"value": 0}, 0), (None, None)):
            self.assertEqual(expected, json.loads(self.invoke(sandbox, event).outcome.payload))

    def test_an_answer_that_is_no_json_is_an_error_of_the_handler(self):
        result = self.invoke(self.sandbox("exports.handler = async () => 1n"))
        self.assertEqual("TypeError", result.outcome.error_type)

    def test_the_json_log_format_gives_one_object_a_line(self):
        code = "exports.handler = async () => console.error('two\\nlines')"
        output = self.invoke(self.sandbox(code, AWS_LAMBDA_LOG_FORMAT="JSON")).output
        logged = json.loads(output)
        self.assertEqual(("ERROR", "r1", "two\nlines"), (logged["level"], logged["requestId"], logged["message"]))

    def test_the_memory_reported_is_the_highest_so_far(self):
        sandbox = self.sandbox(
            "exports.handler = async (n) => { const held = Buffer.alloc(n, 1); "
            "await new Promise(r => setTimeout(r, 200)); return held.length }"
        )
        first = self.invoke(sandbox, 80_000_000).max_memory_bytes
        self.assertGreater(first, 80_000_000)
        self.assertGreaterEqual(self.invoke(sandbox, 1).max_memory_bytes, first)

    def test_the_log_of_an_invocation_without_output_is_start_end_and_report(self):
        sandbox = self.sandbox("exports.handler = async () => 1")
        self.invoke(sandbox)
        log = compose_log("r2", "$LATEST", "nodejs22.x", 256, self.invoke(sandbox, request_id="r2"))
        self.assertRegex(
            log,
            r"^START RequestId: r2 Version: \$LATEST\nEND RequestId: r2\nREPORT RequestId: r2\tDuration: [\d.]+ ms\t"
            r"Billed Duration: \d+ ms\tMemory Size: 256 MB\tMax Memory Used: \d+ MB\n$",
        )


if __name__ == "__main__":
    unittest.main()
