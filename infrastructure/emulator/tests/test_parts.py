"""The small parts of the executor, each by itself."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest.mock import patch

import psutil
from support import wait_until

from lambda_executor import errors
from lambda_executor.environment import function_environment
from lambda_executor.layers import merge_layers
from lambda_executor.memory import MemoryWatch
from lambda_executor.monitor import Monitor, Watches
from lambda_executor.output import Output
from lambda_executor.processes import kill_tree
from lambda_executor.storage import StorageWatch
from lambda_executor.watchdog import Watchdog

IDLE = [sys.executable, "-c", "import time; time.sleep(600)"]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "for own_session in (False, True):\n"
    "    child = subprocess.Popen(['sleep', '600'], start_new_session=own_session)\n"
    "    print(child.pid, flush=True)\n"
    "time.sleep(600)",
]


def ended(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Processes(unittest.TestCase):
    def parent_with_children(self):
        parent = subprocess.Popen(PARENT, stdout=subprocess.PIPE, start_new_session=True)
        self.addCleanup(parent.stdout.close)
        self.addCleanup(parent.wait)
        return parent.pid, [int(parent.stdout.readline()) for _ in range(2)]

    def test_killing_a_tree_reaches_children_in_sessions_of_their_own(self):
        leader, children = self.parent_with_children()
        kill_tree(leader)
        wait_until(lambda: all(map(ended, [leader, *children])), "all have ended", 5)

    def test_killing_a_tree_that_has_ended_is_harmless(self):
        process = subprocess.Popen(["true"], start_new_session=True)
        process.wait()
        kill_tree(process.pid)

    def test_the_watchdog_kills_what_it_guards_and_spares_what_was_released(self):
        leader, children = self.parent_with_children()
        released = subprocess.Popen(IDLE, start_new_session=True)
        self.addCleanup(released.wait)
        self.addCleanup(released.kill)
        watchdog = Watchdog()
        watchdog.guard(leader)
        watchdog.guard(released.pid)
        watchdog.release(released.pid)
        watchdog.close()
        wait_until(lambda: all(map(ended, [leader, *children])), "all have ended", 5)
        self.assertIsNone(released.poll())


class Memory(unittest.TestCase):
    def watched(self, code, limit):
        process = subprocess.Popen([sys.executable, "-c", code])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        exceeded = []
        watch = MemoryWatch(process.pid, limit, exceeded.append)
        monitor = Monitor()
        watches = Watches(watch, StorageWatch(Path("/nowhere"), limit, exceeded.append))
        monitor.add(watches)
        self.addCleanup(monitor.remove, watches)
        return watch, exceeded

    def test_going_over_the_limit_is_reported_once_with_the_memory_used(self):
        watch, exceeded = self.watched("kept = b'x' * 100_000_000; import time; time.sleep(600)", 50_000_000)
        wait_until(lambda: exceeded, "the limit was exceeded", 10)
        samples_later = threading.Event()
        samples_later.wait(0.3)
        self.assertEqual(1, len(exceeded))
        self.assertGreater(exceeded[0], 50_000_000)
        self.assertGreaterEqual(watch.peak, exceeded[0])

    def test_staying_below_the_limit_is_not_reported(self):
        watch, exceeded = self.watched("import time; time.sleep(600)", 500_000_000)
        wait_until(lambda: watch.peak > 0, "it was sampled", 5)
        self.assertEqual([], exceeded)

    def test_a_process_that_ended_counts_nothing(self):
        process = subprocess.Popen(["true"])
        watch = MemoryWatch(process.pid, 1, lambda resident: None)
        process.wait()
        watch.sample()
        self.assertEqual(0, watch.peak)


class Storage(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def test_what_lies_below_a_folder_counts_with_what_it_takes_on_the_disk_and_links_for_nothing(self):
        (self.folder / "a/b").mkdir(parents=True)
        (self.folder / "a/b/deep.bin").write_bytes(b"x" * 1_000_000)
        (self.folder / "top.bin").write_bytes(b"x" * 500_000)
        (self.folder / "elsewhere").symlink_to(sys.executable)
        watch = StorageWatch(self.folder, 10_000_000, lambda used: None)
        watch.sample()
        self.assertAlmostEqual(1_500_000, watch.used, delta=20_000)

    def test_going_over_the_limit_is_reported_once_with_what_is_used(self):
        exceeded = []
        watch = StorageWatch(self.folder, 400_000, exceeded.append)
        watch.sample()
        self.assertEqual([], exceeded)
        (self.folder / "large.bin").write_bytes(b"x" * 500_000)
        watch.sample()
        watch.sample()
        self.assertEqual([watch.used], exceeded)

    def test_a_folder_that_is_gone_holds_nothing(self):
        watch = StorageWatch(self.folder / "absent", 0, lambda used: None)
        watch.sample()
        self.assertEqual(0, watch.used)


class OutputTest(unittest.TestCase):
    def output_of(self, script):
        output = Output()
        process = subprocess.Popen(["sh", "-c", script], stdout=output.write_end, stderr=output.write_end)
        output.start()
        process.wait()
        return output

    def test_everything_written_before_the_end_is_there_in_order(self):
        output = self.output_of("for i in 1 2 3; do echo out $i; echo err $i >&2; done")
        self.assertEqual("out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n", output.take())
        self.assertEqual("", output.take())

    def test_more_than_a_pipe_holds_does_not_block_the_writer(self):
        self.assertEqual(1_000_000, len(self.output_of("head -c 1000000 /dev/zero").take()))

    def test_bytes_that_are_no_text_are_replaced(self):
        self.assertEqual("\ufffda", self.output_of(r"printf '\377a'").take())


class Layers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def layer(self, name, files):
        for path, text in files.items():
            file = self.root / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return self.root / name

    def test_later_layers_win_and_no_layer_is_changed(self):
        first = self.layer("first", {"a/x": "1", "a/y": "1"})
        second = self.layer("second", {"a/y": "2", "b": "2"})
        opt = self.root / "opt"
        merge_layers([first, second], opt)
        self.assertEqual({"a/x": "1", "a/y": "2", "b": "2"}, self.texts(opt))
        self.assertEqual({"a/x": "1", "a/y": "1"}, self.texts(first))

    def test_symbolic_links_stay_links(self):
        layer = self.layer("layer", {"lib.so.1": "x"})
        (layer / "lib.so").symlink_to("lib.so.1")
        merge_layers([layer], self.root / "opt")
        self.assertEqual("lib.so.1", str((self.root / "opt" / "lib.so").readlink()))

    def test_no_layers_give_an_empty_folder_and_a_second_merge_changes_nothing(self):
        merge_layers([], self.root / "opt")
        merge_layers([self.layer("late", {"x": "1"})], self.root / "opt")
        self.assertEqual({}, self.texts(self.root / "opt"))

    def texts(self, folder):
        return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


class Environment(unittest.TestCase):
    def test_packages_are_looked_for_in_the_layers_then_the_code_then_the_functions_own_path(self):
        seen = function_environment({"NODE_PATH": "/own"}, "nodejs22.x", Path("/task"), Path("/opt"))
        self.assertEqual("/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/task:/own", seen["NODE_PATH"])

    def test_of_the_host_only_its_path_is_taken(self):
        with patch.dict(os.environ, {"AWS_PROFILE": "host", "SECRET": "1", "PATH": "/bin"}):
            seen = function_environment({"AWS_REGION": "us-east-1"}, "nodejs22.x", Path("/task"), Path("/opt"))
        self.assertEqual("/opt/bin:/bin", seen["PATH"])
        self.assertFalse({"AWS_PROFILE", "SECRET"} & seen.keys())


class Errors(unittest.TestCase):
    def test_an_exit_is_described_as_aws_does(self):
        cases = {
            0: "Runtime exited without providing a reason",
            1: "Runtime exited with error: exit status 1",
            -9: "Runtime exited with error: signal: killed",
            -6: "Runtime exited with error: signal: aborted",
            -11: "Runtime exited with error: signal: segmentation fault",
        }
        for code, expected in cases.items():
            with self.subTest(code=code):
                self.assertIn(f"RequestId: r Error: {expected}", errors.exited("r", code).payload.decode())


if __name__ == "__main__":
    unittest.main()
