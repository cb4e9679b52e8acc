"""A process of its own, which may be killed without harm to anything else.

Started anew, never forked, and spoken to in lines of JSON over its standard input and output: nothing is pickled, no
lock is shared that a killed process could hold, and the server that waits for it stays as light as it is. Pools of the
standard library give up when one of their processes is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from painterly.errors import PainterlyError

__all__ = ["Child", "ChildLostError"]

_LONGEST_LINE = 1 << 22


class ChildLostError(PainterlyError):
    """The process has gone."""


class Child:
    """A process that answers.

    Args:
        process: The process, with pipes to it.

    Attributes:
        pid: Its number.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    @classmethod
    async def start(cls, module: str, environment: Mapping[str, str], **setup: Any) -> Child:
        """Start a process.

        Args:
            module: What it runs, which makes a `painterly.server.speech.Speech`.
            environment: What its environment has beside this process's.
            **setup: What it is told first.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", module),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **environment},
            limit=_LONGEST_LINE,
            start_new_session=True,
        )
        child = cls(process)
        with contextlib.suppress(ChildLostError):  # whoever listens is told
            await child.say(**setup)
        return child

    async def say(self, **message: Any) -> None:
        """Tell it something.

        Raises:
            ChildLostError: It has gone.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            await self._process.stdin.drain()
        except (OSError, RuntimeError) as error:
            raise ChildLostError("the process has gone") from error

    async def hear(self) -> dict[str, Any]:
        """What it says next.

        Raises:
            ChildLostError: It has gone.
        """
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
            message: dict[str, Any] = json.loads(line)
        except (OSError, ValueError) as error:  # nothing, or half a line
            raise ChildLostError("the process has gone") from error
        return message

    async def ask(self, **message: Any) -> dict[str, Any]:
        """Tell it something and hear what it answers.

        Raises:
            ChildLostError: It has gone.
        """
        await self.say(**message)
        return await self.hear()

    async def gone(self) -> int:
        """Wait until it has ended; returns its exit status, negative for a signal."""
        return await self._process.wait()

    def kill(self) -> None:
        """End it, and all that it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.pid, signal.SIGKILL)
            else:
                self._process.kill()

    async def end(self, patience: float = 0.0) -> int:
        """Have it end, and wait until it has.

        Args:
            patience: Seconds in which it may do so by itself, once it is asked.

        Returns:
            Its exit status, negative for a signal.
        """
        if patience > 0 and self._process.returncode is None:
            with contextlib.suppress(asyncio.TimeoutError, ProcessLookupError):
                self._process.terminate()
                await asyncio.wait_for(self._process.wait(), patience)
        self.kill()
        return await self._process.wait()

    def memory(self) -> int | None:
        """Bytes that it holds now, or None where the system does not say."""
        try:
            with open(f"/proc/{self.pid}/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError, AttributeError):
            return None
