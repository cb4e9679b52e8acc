"""Work in processes of its own, asked for piece by piece, so that contestants can take turns.

What a process does to its allocator stays with it, as does what its memory looks like.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

__all__ = ["Worker"]

_CONTEXT = multiprocessing.get_context("spawn")


class Worker:
    """A process that holds something to call.

    Args:
        make: A function of a module, which the process calls once, with `arguments`, for a dict of functions.
        arguments: For it; they have to be picklable.

    Raises:
        RuntimeError: The process failed; its traceback is in the message.
    """

    def __init__(self, make: Callable[..., dict[str, Callable[..., Any]]], *arguments: Any) -> None:
        self._pipe, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(theirs, make, arguments), daemon=True)
        self._process.start()
        theirs.close()
        self._receive()

    def ask(self, name: str, *arguments: Any) -> Any:
        """Call one of the functions there, and wait for what it returns."""
        self._pipe.send((name, arguments))
        return self._receive()

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()

    def _receive(self) -> Any:
        try:
            error, result = self._pipe.recv()
        except EOFError:
            self._process.join()
            raise RuntimeError(f"a benchmark's process ended with exit status {self._process.exitcode}") from None
        if error is not None:
            raise RuntimeError(error)
        return result


def _serve(pipe: Connection, make: Callable[..., dict[str, Callable[..., Any]]], arguments: tuple[Any, ...]) -> None:
    try:
        functions = make(*arguments)
        pipe.send((None, None))
        while True:
            name, given = pipe.recv()
            pipe.send((None, functions[name](*given)))
    except (EOFError, KeyboardInterrupt):
        return
    except Exception:
        pipe.send((traceback.format_exc(), None))
