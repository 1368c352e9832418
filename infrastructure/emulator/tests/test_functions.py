"""Behaviour of functions as a caller of the Lambda API sees it."""

import json
import re
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support import ROLE, archive, emulator, wait_until


class FunctionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = emulator()

    def failure(self, code, event=None, **options):
        """The error a function with this code answers, and its log."""
        answer = self.emulator.invoke(self.emulator.create_function(code, **options), event)
        self.assertIsNotNone(answer.function_error, answer.payload)
        return answer.payload, answer.log


class HandlerErrors(FunctionTest):
    def test_a_thrown_error_is_answered_with_name_message_and_trace_and_logged_with_its_causes(self):
        error, log = self.failure(
            "exports.handler = async () => { throw new TypeError('no column x', "
            "{ cause: Object.assign(new Error('row 7'), { code: 'E7' }) }) }"
        )
        self.assertEqual(("TypeError", "no column x"), (error["errorType"], error["errorMessage"]))
        self.assertIn("at exports.handler", "\n".join(error["trace"]))
        logged = json.loads(re.search(r"Invoke Error \t (.*)", log)[1])
        self.assertEqual(("row 7", "E7"), (logged["cause"]["errorMessage"], logged["cause"]["code"]))
        self.assertIn("Status: error\tError Type: TypeError", log)

    def test_a_thrown_value_that_is_no_error_is_answered_by_its_type(self):
        error, _ = self.failure("exports.handler = async () => { throw 'plain' }")
        self.assertEqual({"errorType": "string", "errorMessage": "plain", "trace": []}, error)

    def test_an_unhandled_rejection_fails_the_invocation_and_the_next_one_runs_in_a_new_process(self):
        name = self.emulator.create_function(
            "exports.handler = async (event) => { if (!event) return process.pid; "
            "Promise.reject(new Error('lost')); await new Promise(() => setTimeout(() => {}, 60000)) }"
        )
        before = self.emulator.invoke(name).payload
        self.assertEqual("Runtime.UnhandledPromiseRejection", self.emulator.invoke(name, 1).payload["errorType"])
        self.assertNotEqual(before, self.emulator.invoke(name).payload)

    def test_an_exception_outside_the_handlers_promise_fails_the_invocation(self):
        error, _ = self.failure(
            "exports.handler = () => new Promise(() => setTimeout(() => { throw new RangeError('late') }, 1))"
        )
        self.assertEqual(("RangeError", "late"), (error["errorType"], error["errorMessage"]))

    def test_a_handler_that_takes_a_callback_is_refused_by_name(self):
        error, _ = self.failure("exports.handler = (event, context, callback) => callback(null, 1)")
        self.assertEqual("Runtime.CallbackHandlerDeprecated", error["errorType"])


class InitErrors(FunctionTest):
    def test_a_missing_file_is_an_import_module_error(self):
        error, log = self.failure("", Handler="absent.handler")
        self.assertEqual("Runtime.ImportModuleError", error["errorType"])
        self.assertIn("Cannot find module 'absent'", error["errorMessage"])
        self.assertIn("Error Type: Runtime.ImportModuleError", log)

    def test_a_missing_package_is_an_import_module_error(self):
        error, _ = self.failure("require('not-in-the-bundle'); exports.handler = async () => 1")
        self.assertEqual("Runtime.ImportModuleError", error["errorType"])
        self.assertIn("not-in-the-bundle", error["errorMessage"])

    def test_a_missing_export_is_handler_not_found(self):
        error, _ = self.failure("exports.other = async () => 1")
        self.assertEqual("Runtime.HandlerNotFound", error["errorType"])
        self.assertEqual("index.handler is undefined or not exported", error["errorMessage"])

    def test_invalid_code_is_a_user_code_syntax_error(self):
        error, _ = self.failure("exports.handler = async () => {")
        self.assertEqual("Runtime.UserCodeSyntaxError", error["errorType"])

    def test_an_error_thrown_while_loading_keeps_its_own_name_and_reaches_the_log(self):
        error, log = self.failure("console.log('loading'); throw new RangeError('bad setting')")
        self.assertEqual(("RangeError", "bad setting"), (error["errorType"], error["errorMessage"]))
        self.assertIn("loading", log)

    def test_a_function_that_fails_to_load_is_loaded_again_by_the_next_invocation(self):
        name = self.emulator.create_function("throw new Error(`process ${process.pid}`)")
        messages = {self.emulator.invoke(name).payload["errorMessage"] for _ in range(2)}
        self.assertEqual(2, len(messages))

    def test_es_modules_and_nested_handler_names_load(self):
        files = {"src/main.mjs": "export const api = { handler: async (event) => event + 1 }"}
        self.assertEqual(
            3, self.emulator.invoke(self.emulator.create_function(files, Handler="src/main.api.handler"), 2).payload
        )

    def test_a_runtime_other_than_nodejs_makes_the_function_fail_with_the_reason(self):
        lambda_ = self.emulator.client("lambda")
        lambda_.create_function(
            FunctionName="a-python-function",
            Role=ROLE,
            Runtime="python3.13",
            Handler="index.handler",
            Code={"ZipFile": archive({"index.py": ""})},
        )

        def failed():
            state = lambda_.get_function_configuration(FunctionName="a-python-function")
            return state if state["State"] != "Pending" else None

        state = wait_until(failed, "the function has failed")
        self.assertEqual("Failed", state["State"])
        self.assertIn("runtime python3.13; this emulator runs nodejs functions only", state["StateReason"])


class Limits(FunctionTest):
    def test_a_timeout_answers_as_aws_does_kills_the_process_and_leaves_a_working_function(self):
        name = self.emulator.create_function(
            "exports.handler = async (event) => { if (event) for (;;); return process.pid }", Timeout=1
        )
        before = self.emulator.invoke(name).payload
        answer = self.emulator.invoke(name, 1)
        self.assertEqual("Sandbox.Timedout", answer.payload["errorType"])
        self.assertRegex(
            answer.payload["errorMessage"], r"^RequestId: [-0-9a-f]+ Error: Task timed out after 1\.00 seconds$"
        )
        self.assertRegex(answer.log, r"\n\S+Z [-0-9a-f]+ Task timed out after 1\.00 seconds\nEND")
        self.assertIn("Status: timeout", answer.log)
        after = self.emulator.invoke(name).payload
        self.assertNotEqual(before, after)

    def test_a_process_that_exits_is_an_exit_error_with_its_status(self):
        error, _ = self.failure("exports.handler = async () => process.exit(3)")
        self.assertEqual("Runtime.ExitError", error["errorType"])
        self.assertRegex(error["errorMessage"], r"Error: Runtime exited with error: exit status 3$")

    def test_a_process_that_exits_with_success_is_an_exit_error_too(self):
        error, _ = self.failure("exports.handler = async () => process.exit(0)")
        self.assertRegex(error["errorMessage"], r"Error: Runtime exited without providing a reason$")

    def test_memory_outside_the_heap_counts_against_the_limit(self):
        error, log = self.failure(
            "exports.handler = async () => { const kept = []; "
            "for (let i = 0; i < 40; i++) { "
            "kept.push(Buffer.alloc(16e6, 1)); await new Promise(r => setTimeout(r, 10)) } }"
        )
        self.assertEqual("Runtime.OutOfMemory", error["errorType"])
        self.assertRegex(error["errorMessage"], r"Error: Runtime exited with error: signal: killed$")
        self.assertIn("MB used of 256 MB", log)
        self.assertIn("Status: error\tError Type: Runtime.OutOfMemory", log)

    def test_memory_taken_at_once_and_held_when_answering_counts_against_the_limit(self):
        error, _ = self.failure("exports.handler = async () => { globalThis.kept = Buffer.alloc(300e6, 1) }")
        self.assertEqual("Runtime.OutOfMemory", error["errorType"])

    def test_an_exhausted_heap_is_out_of_memory(self):
        error, _ = self.failure(
            "exports.handler = async () => { const kept = []; for (;;) kept.push({ a: [kept.length] }) }",
            MemorySize=192,
        )
        self.assertEqual("Runtime.OutOfMemory", error["errorType"])

    def test_memory_of_child_processes_counts_against_the_limit(self):
        error, _ = self.failure(
            "exports.handler = () => new Promise(() => require('node:child_process').spawn(process.execPath, "
            "['-e', 'globalThis.kept = Buffer.alloc(300e6, 1); setInterval(() => {}, 1000)']))"
        )
        self.assertEqual("Runtime.OutOfMemory", error["errorType"])

    def test_a_function_within_its_limit_reports_what_it_used(self):
        name = self.emulator.create_function(
            "exports.handler = async () => { globalThis.kept = Buffer.alloc(64e6, 1) }"
        )
        used = int(re.search(r"Max Memory Used: (\d+) MB", self.emulator.invoke(name).log)[1])
        self.assertTrue(100 < used < 256, used)

    def test_an_answer_above_six_megabytes_is_refused_and_the_function_stays_usable(self):
        name = self.emulator.create_function("exports.handler = async (size) => 'x'.repeat(size)")
        answer = self.emulator.invoke(name, 6 * 1024 * 1024 + 200)
        self.assertEqual("Function.ResponseSizeTooLarge", answer.payload["errorType"])
        self.assertIn("(6291556 bytes)", answer.payload["errorMessage"])
        self.assertEqual(6_000_000, len(self.emulator.invoke(name, 6_000_000).payload))

    def test_a_request_above_the_limit_of_its_kind_is_refused(self):
        name = self.emulator.create_function("exports.handler = async (event) => event.length")
        lambda_ = self.emulator.client("lambda")
        self.assertEqual(6_000_000, self.emulator.invoke(name, "x" * 6_000_000).payload)
        for kind, size in (("RequestResponse", 6 * 1024 * 1024), ("Event", 1024 * 1024)):
            payload = json.dumps("x" * size).encode()
            with self.assertRaises(lambda_.exceptions.RequestTooLargeException):
                lambda_.invoke(FunctionName=name, InvocationType=kind, Payload=payload)

    def test_a_full_disk_ends_the_invocation_and_stays_full_for_the_next_process(self):
        name = self.emulator.create_function(
            "const fs = require('node:fs'), file = require('node:os').tmpdir() + '/kept'; "
            "exports.handler = async (mb) => { "
            "if (mb) fs.writeFileSync(file, Buffer.alloc(mb * 2 ** 20, 1)); else fs.rmSync(file); return process.pid }",
            EphemeralStorage={"Size": 512},
            MemorySize=1024,
        )
        self.assertIsNone(self.emulator.invoke(name, 500).function_error)
        answer = self.emulator.invoke(name, 520)
        self.assertEqual("Runtime.ExitError", answer.payload["errorType"])
        self.assertIn("ENOSPC", answer.payload["errorMessage"])
        self.assertRegex(answer.log, r"/tmp holds 52\d MB of 512 MB")
        self.assertIsNone(self.emulator.invoke(name, 0).function_error)


class Logs(FunctionTest):
    def test_both_streams_keep_their_order_between_start_and_end_and_reach_cloudwatch(self):
        name = self.emulator.create_function(
            "process.stdout.write('loading\\n'); exports.handler = async () => { for (let i = 0; i < 50; i++) "
            "(i % 2 ? process.stderr : process.stdout).write(`line ${i}\\n`) }"
        )
        log = self.emulator.invoke(name).log
        lines = log.splitlines()
        self.assertRegex(lines[0], "^INIT_START Runtime Version: nodejs22.x")
        self.assertEqual("loading", lines[1])
        self.assertRegex(lines[2], r"^START RequestId: [-0-9a-f]+ Version: \$LATEST$")
        self.assertEqual([f"line {i}" for i in range(50)], lines[3:53])
        self.assertRegex(lines[53], "^END RequestId: ")
        self.assertRegex(
            lines[54],
            r"^REPORT RequestId: \S+\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB"
            r"\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms$",
        )

        logs = self.emulator.client("logs")

        def stored():
            try:
                events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
            except logs.exceptions.ResourceNotFoundException:
                return None
            return [event["message"].rstrip("\n") for event in events]

        self.assertEqual(lines, wait_until(stored, "the log is in CloudWatch"))

    def test_console_lines_carry_time_request_and_level_and_stay_one_line(self):
        name = self.emulator.create_function(
            "exports.handler = async (e, c) => { console.warn('a\\nb', { n: 1 }); return c.awsRequestId }"
        )
        answer = self.emulator.invoke(name)
        self.assertRegex(answer.log, rf"\d{{4}}-\S+Z\t{answer.payload}\tWARN\ta\rb {{ n: 1 }}\n")

    def test_a_warm_invocation_logs_only_its_own_lines(self):
        name = self.emulator.create_function("exports.handler = async (e) => console.log(`event ${e}`)")
        self.emulator.invoke(name, 1)
        log = self.emulator.invoke(name, 2).log
        self.assertIn("event 2", log)
        self.assertNotIn("event 1", log)
        self.assertNotIn("Init Duration", log)


class Environment(FunctionTest):
    def test_a_function_sees_what_aws_defines_and_nothing_of_the_host(self):
        name = self.emulator.create_function(
            "exports.handler = async (e, c) => ({ ...process.env, cwd: process.cwd(), fn: c.functionName, "
            "arn: c.invokedFunctionArn, left: c.getRemainingTimeInMillis(), memory: c.memoryLimitInMB })",
            Environment={"Variables": {"OWN": "1"}},
        )
        seen = self.emulator.invoke(name).payload
        self.assertEqual(name, seen["AWS_LAMBDA_FUNCTION_NAME"])
        self.assertEqual("256", seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
        self.assertEqual(f"/aws/lambda/{name}", seen["AWS_LAMBDA_LOG_GROUP_NAME"])
        self.assertEqual("AWS_Lambda_nodejs22.x", seen["AWS_EXECUTION_ENV"])
        self.assertEqual(f"http://127.0.0.1:{self.emulator.port}", seen["AWS_ENDPOINT_URL"])
        self.assertEqual("us-east-1", seen["AWS_REGION"])
        self.assertEqual("1", seen["OWN"])
        self.assertEqual(seen["LAMBDA_TASK_ROOT"], seen["cwd"])
        self.assertEqual((name, "256"), (seen["fn"], seen["memory"]))
        self.assertTrue(seen["arn"].endswith(f":function:{name}"))
        self.assertTrue(9000 < seen["left"] <= 10000)
        self.assertFalse(
            {"AWS_PROFILE", "EMULATOR_NODE", "FILESYSTEM_ROOT", "SHELL", "USER", "VIRTUAL_ENV"} & seen.keys()
        )

    def test_files_in_the_temporary_folder_survive_warm_invocations_and_go_with_the_function(self):
        name = self.emulator.create_function(
            "const fs = require('node:fs'), file = require('node:os').tmpdir() + '/count'; "
            "exports.handler = async () => { "
            "const n = fs.existsSync(file) ? +fs.readFileSync(file) + 1 : 1; fs.writeFileSync(file, String(n)); "
            "return { n, folder: process.env.TMPDIR, home: process.env.HOME } }"
        )
        first, second = (self.emulator.invoke(name).payload for _ in range(2))
        self.assertEqual((1, 2), (first["n"], second["n"]))
        self.assertEqual(second["folder"], second["home"])
        self.assertTrue(Path(second["folder"]).is_dir())
        self.emulator.client("lambda").delete_function(FunctionName=name)
        wait_until(lambda: not Path(second["folder"]).exists(), "the folder is gone")


class Layers(FunctionTest):
    def layer(self, files):
        answer = self.emulator.client("lambda").publish_layer_version(
            LayerName=f"layer-{uuid.uuid4().hex[:12]}",
            Content={"ZipFile": archive(files)},
            CompatibleRuntimes=["nodejs22.x"],
        )
        return answer["LayerVersionArn"]

    def test_packages_of_all_layers_resolve_and_a_later_layer_wins(self):
        first = self.layer(
            {
                "nodejs/node_modules/only-first/index.js": "module.exports = 'first'",
                "nodejs/node_modules/both/index.js": "module.exports = 'first'",
            }
        )
        second = self.layer({"nodejs/node_modules/both/index.js": "module.exports = 'second'"})
        code = "exports.handler = async () => [require('only-first'), require('both')]"
        name = self.emulator.create_function(code, Layers=[first, second])
        self.assertEqual(["first", "second"], self.emulator.invoke(name).payload)
        swapped = self.emulator.create_function(code, Layers=[second, first])
        self.assertEqual(["first", "first"], self.emulator.invoke(swapped).payload)


class Concurrency(FunctionTest):
    def test_one_environment_serves_invocations_one_after_another(self):
        name = self.emulator.create_function("let n = 0; exports.handler = async () => [process.pid, ++n]")
        answers = [self.emulator.invoke(name).payload for _ in range(5)]
        self.assertEqual([1, 2, 3, 4, 5], [n for _, n in answers])
        self.assertEqual(1, len({pid for pid, _ in answers}))

    def test_twenty_parallel_cold_starts_all_answer_from_processes_of_their_own(self):
        name = self.emulator.create_function(
            "exports.handler = async (e) => { await new Promise(r => setTimeout(r, 1500)); return [e, process.pid] }",
            Timeout=60,
        )
        with ThreadPoolExecutor(20) as pool:
            answers = [answer.payload for answer in pool.map(lambda i: self.emulator.invoke(name, i), range(20))]
        self.assertEqual(list(range(20)), [event for event, _ in answers])
        self.assertEqual(20, len({pid for _, pid in answers}))

    def test_a_new_version_of_the_code_replaces_running_processes(self):
        name = self.emulator.create_function("exports.handler = async () => 'old'")
        self.assertEqual("old", self.emulator.invoke(name).payload)
        lambda_ = self.emulator.client("lambda")
        lambda_.update_function_code(
            FunctionName=name, ZipFile=archive({"index.js": "exports.handler = async () => 'new'"})
        )
        lambda_.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
        )
        self.assertEqual("new", self.emulator.invoke(name).payload)


if __name__ == "__main__":
    unittest.main()
