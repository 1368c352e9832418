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
from lambda_executor.monitor import Monitor
from lambda_executor.report import compose_log
from lambda_executor.runtime_api import RuntimeApi
from lambda_executor.sandbox import Host, Sandbox, Settings
from lambda_executor.watchdog import Watchdog


class SandboxTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host = Host(NODE, RuntimeApi(), Monitor(), Watchdog())
        cls.addClassCleanup(cls.host.watchdog.close)

    def folder(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Path(folder.name)

    def sandbox(self, code, timeout_seconds=10.0, memory_mb=256, storage_mb=512, folder=None, **variables):
        task_root = self.folder()
        (task_root / "index.js").write_text(code)
        given = {"_HANDLER": "index.handler", **variables}
        environment = function_environment(given, "nodejs22.x", task_root, task_root / "opt")
        settings = Settings(memory_mb, storage_mb, timeout_seconds, task_root, environment, folder or self.folder())
        started = Sandbox(self.host, settings)
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
        for _ in range(3):
            sandbox.kill()
        self.assertIsNotNone(sandbox._process.poll())

    WRITER = (
        "const fs = require('node:fs'), os = require('node:os'); exports.handler = async ({ mb, remove, wait }) => { "
        "fs.mkdirSync(`${os.tmpdir()}/spill`, { recursive: true }); const file = `${os.tmpdir()}/spill/${mb}.bin`; "
        "fs.writeFileSync(file, Buffer.alloc(mb * 2 ** 20, 1)); if (remove) fs.rmSync(file); "
        "await new Promise((resolve) => setTimeout(resolve, wait ?? 0)); return mb }"
    )

    def test_a_file_larger_than_its_disk_ends_an_invocation_as_soon_as_it_is_seen(self):
        result = self.invoke(self.sandbox(self.WRITER, storage_mb=20), {"mb": 30, "wait": 60_000})
        self.assertEqual("Runtime.ExitError", result.outcome.error_type)
        self.assertRegex(json.loads(result.outcome.payload)["errorMessage"], r"ENOSPC: no space left on device, write$")
        self.assertIn("/tmp holds 30 MB of 20 MB", result.outcome.log_line)

    def test_what_invocations_leave_on_the_disk_adds_up_until_it_is_full(self):
        sandbox = self.sandbox(self.WRITER, storage_mb=20)
        self.assertIsNone(self.invoke(sandbox, {"mb": 9}).outcome.error_type)
        self.assertIsNone(self.invoke(sandbox, {"mb": 10}, "r2").outcome.error_type)
        result = self.invoke(sandbox, {"mb": 2}, "r3")
        self.assertEqual("Runtime.ExitError", result.outcome.error_type)
        self.assertTrue(sandbox.broken)

    def test_what_was_removed_takes_no_disk(self):
        sandbox = self.sandbox(self.WRITER, storage_mb=20)
        for attempt in range(3):
            result = self.invoke(sandbox, {"mb": 15, "remove": True}, f"r{attempt}")
            self.assertIsNone(result.outcome.error_type)

    def test_a_process_finds_what_the_one_before_it_left_when_it_was_killed(self):
        folder = self.folder()
        first = self.sandbox(self.WRITER, timeout_seconds=0.5, folder=folder)
        self.assertEqual("Sandbox.Timedout", self.invoke(first, {"mb": 3, "wait": 60_000}).outcome.error_type)
        reader = "const fs = require('node:fs'), os = require('node:os'); " + (
            "exports.handler = async () => fs.statSync(`${os.tmpdir()}/spill/3.bin`).size"
        )
        second = self.sandbox(reader, folder=folder)
        self.assertEqual(str(3 * 2**20).encode(), self.invoke(second).outcome.payload)

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
