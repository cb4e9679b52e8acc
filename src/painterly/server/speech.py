"""The other end of `painterly.server.child`: a process that is told what to do, and answers, in lines of JSON."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["Speech"]


class Speech:
    """Standard input and output, kept for lines of JSON: what else prints goes to standard error.

    When whoever started this process has gone, it goes too, with all that it started, whatever it is doing.
    """

    def __init__(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to answer
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        # Not through sys.stdin: what is forked from here closes that, and would wait for ever for the lock of the
        # thread that reads it.
        self._in = os.dup(sys.stdin.fileno())
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), sys.stdin.fileno())
        self._lock = threading.Lock()
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while True:
            yield self._said.get()

    def say(self, **message: Any) -> None:
        """Answer."""
        with self._lock:
            try:
                self._out.write(json.dumps(message) + "\n")
                self._out.flush()
            except OSError:
                _leave()

    def _listen(self) -> None:
        rest = b""
        while piece := os.read(self._in, 1 << 16):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._said.put(json.loads(line))
        _leave()


def _leave() -> None:
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
