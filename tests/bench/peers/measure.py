"""Runs a command as a process of its own and tells what it took, with all its children, as the last line of its output.

usage: measure.py <command> [arguments...]
"""

import json
import os
import sys
import time

began = time.monotonic()
child = os.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(child, 0)
print(
    json.dumps(
        {
            "seconds": round(time.monotonic() - began, 3),
            "cpuSeconds": round(used.ru_utime + used.ru_stime, 3),
            # Linux tells kilobytes, macOS bytes.
            "peakMb": round(used.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)),
        }
    )
)
sys.exit(os.waitstatus_to_exitcode(status))
