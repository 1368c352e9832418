"""What keeps the emulator from starting is said in one line, before anything runs."""

import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import psutil
from support import EMULATOR, NODE, emulator, free_port


class Launch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def refusal(self, launcher=EMULATOR / "launch.py", port=None, state=None, node=NODE):
        arguments = ["--port", str(port or free_port()), "--state", state or self.folder / "state", "--node", node]
        ended = subprocess.run([sys.executable, launcher, *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(1, ended.returncode, ended.stderr)
        return ended.stderr

    def test_a_used_port_is_named(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            self.assertRegex(self.refusal(port=port), rf"^emulator: port {port} cannot be used .+ --port\n$")

    def test_a_state_folder_of_a_running_emulator_is_named(self):
        running = emulator()
        self.assertRegex(
            self.refusal(state=running.state), rf"^emulator: another emulator is using {running.state}: .+ --state\n$"
        )

    def test_it_listens_on_loopback_alone(self):
        listening = [
            connection.laddr.ip
            for connection in psutil.Process(emulator().process.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        self.assertTrue(listening)
        self.assertEqual({"127.0.0.1"}, set(listening))

    def test_a_missing_node_is_named(self):
        self.assertEqual(
            "emulator: no Node.js executable at 'no-such-node': give one by --node\n",
            self.refusal(node="no-such-node"),
        )

    def test_it_ends_rather_than_fall_back_to_docker(self):
        copy = self.folder / "emulator"
        shutil.copytree(EMULATOR, copy, ignore=shutil.ignore_patterns("*.dist-info", "tests"))
        self.assertIn(
            "emulator: LocalStack chose DockerRuntimeExecutor to run functions instead of ProcessExecutor",
            self.refusal(launcher=copy / "launch.py"),
        )


if __name__ == "__main__":
    unittest.main()
