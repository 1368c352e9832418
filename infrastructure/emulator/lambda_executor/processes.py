"""Ends processes together with everything they started."""

import os
import signal

import psutil


def kill_tree(leader_pid: int) -> None:
    """Kills a process group by its leader, and those descendants that left the group for a session of their own."""
    try:
        descendants = psutil.Process(leader_pid).children(recursive=True)
    except psutil.NoSuchProcess:
        descendants = []
    try:
        os.killpg(leader_pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # the whole group has ended already
    except PermissionError:
        pass  # macOS answers so when only zombies are left in the group
    for process in descendants:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
