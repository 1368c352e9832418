"""Collects what a process writes, standard output and standard error in the order written."""

import os
import selectors
import threading

KEPT_BYTES = 16 * 1024 * 1024
"""Of an endless stream only its end is kept."""


class Output:
    """One pipe for both streams: give `write_end` to the process as stdout and stderr, then call `start`."""

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._lock = threading.Lock()
        self._buffer = bytearray()
        self._open = True

    def start(self) -> None:
        """Closes this process's write end and collects in the background until the last writer is gone."""
        os.close(self.write_end)
        threading.Thread(target=self._collect, name="lambda-output", daemon=True).start()

    def peek(self) -> str:
        """Everything written so far and not yet taken. Node.js writes to pipes synchronously, so what a handler
        wrote before it answered is in here."""
        with self._lock:
            self._drain()
            return self._buffer.decode(errors="replace")

    def take(self) -> str:
        """The same, and forgets it."""
        with self._lock:
            self._drain()
            text = self._buffer.decode(errors="replace")
            self._buffer.clear()
            return text

    def _collect(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._read_end, selectors.EVENT_READ)
            while self._open:
                selector.select()
                with self._lock:
                    self._drain()
        os.close(self._read_end)

    def _drain(self) -> None:
        while self._open:
            try:
                chunk = os.read(self._read_end, 65536)
            except BlockingIOError:
                return
            if not chunk:
                self._open = False
            self._buffer += chunk
            del self._buffer[:-KEPT_BYTES]
