"""Nothing that a function started outlives the emulator, however the emulator ends."""

import json
import signal
import unittest

import psutil
from support import Emulator, emulator, wait_until

# A handler that starts a child in its process group and one in a session of its own, then answers or blocks for ever.
PARENT = """
const { spawn } = require('node:child_process');
exports.handler = async (event) => {
  const children = [false, true].map((detached) => spawn('sleep', ['600'], { detached, stdio: 'ignore' }).pid);
  console.log(JSON.stringify([process.pid, ...children]));
  require('node:fs').writeFileSync(event.file, JSON.stringify([process.pid, ...children]));
  if (event.block) for (;;);
};
"""


def gone(pids):
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in pids)


class Orphans(unittest.TestCase):
    def started_by(self, running, block):
        """The process ids of an environment that is idle or, by `block`, in an endless loop."""
        name = running.create_function(PARENT, Timeout=300)
        file = running.state / f"pids-{name}"
        event = {"file": str(file), "block": block}
        if block:
            event_bytes = json.dumps(event).encode()
            running.client("lambda").invoke(FunctionName=name, Payload=event_bytes, InvocationType="Event")
        else:
            running.invoke(name, event)
        pids = json.loads(wait_until(lambda: file.exists() and file.read_text(), "the function has run"))
        self.assertFalse(gone(pids))
        return pids

    def assert_nothing_is_left(self, with_signal):
        running = Emulator()
        self.addCleanup(running.remove)
        pids = self.started_by(running, block=False) + self.started_by(running, block=True)
        ended = running.end(with_signal)
        wait_until(lambda: gone(pids), "all processes of functions are gone", 20)
        return ended

    def test_none_after_sigterm_which_ends_the_emulator_cleanly(self):
        self.assertEqual(0, self.assert_nothing_is_left(signal.SIGTERM))

    def test_none_after_sigkill(self):
        self.assertEqual(-signal.SIGKILL, self.assert_nothing_is_left(signal.SIGKILL))

    def test_none_after_a_timeout(self):
        running = emulator()
        name = running.create_function(PARENT, Timeout=1)
        file = running.state / f"pids-{name}"
        answer = running.invoke(name, {"file": str(file), "block": True})
        self.assertEqual("Sandbox.Timedout", answer.payload["errorType"])
        pids = json.loads(file.read_text())
        wait_until(lambda: gone(pids), "all processes of the function are gone", 5)

    def test_none_after_the_function_is_deleted(self):
        running = emulator()
        name = running.create_function(PARENT)
        file = running.state / f"pids-{name}"
        running.invoke(name, {"file": str(file)})
        pids = json.loads(file.read_text())
        running.client("lambda").delete_function(FunctionName=name)
        wait_until(lambda: gone(pids), "all processes of the function are gone", 5)


if __name__ == "__main__":
    unittest.main()
