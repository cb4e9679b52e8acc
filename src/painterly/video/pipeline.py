"""Three things at once: reading the next frames, working on this one, writing those before it."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Shares", "overlap"]

In = TypeVar("In")
Out = TypeVar("Out")

_WAIT = 0.1
"""Seconds between looks at whether somebody has stopped."""

_DEPTH = 3
"""Frames that may wait between two stages: enough to ride out one that takes longer, and no memory to speak of."""


@dataclass
class Shares:
    """How long each stage was at work, in seconds; they overlap, so that the longest is what all wait for.

    Attributes:
        decoding: Reading, decoding, conversion to RGB.
        network: Painting.
        encoding: Conversion from RGB, encoding, writing.
        whole: From the first to the last.
    """

    decoding: float = 0.0
    network: float = 0.0
    encoding: float = 0.0
    whole: float = 0.0

    @property
    def bottleneck(self) -> str:
        """The stage that was longest at work."""
        return max(("decoding", "network", "encoding"), key=lambda name: getattr(self, name))


class _Stop:
    """Set once, by whoever fails first; keeps what it failed with."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.error: BaseException | None = None

    def set(self, error: BaseException | None = None) -> None:
        if not self.event.is_set():
            self.error = error
            self.event.set()


class _Pipe(Generic[In]):
    """A queue of few that lets go when all is stopped."""

    def __init__(self, depth: int, stop: _Stop) -> None:
        self._queue: queue.Queue[tuple[In] | None] = queue.Queue(depth)
        self._stop = stop

    def put(self, item: In) -> None:
        self._put((item,))

    def end(self) -> None:
        self._put(None)

    def _put(self, item: tuple[In] | None) -> None:
        while not self._stop.event.is_set():
            with contextlib.suppress(queue.Full):
                self._queue.put(item, timeout=_WAIT)
                return

    def __iter__(self) -> Iterator[In]:
        while not self._stop.event.is_set():
            try:
                item = self._queue.get(timeout=_WAIT)
            except queue.Empty:
                continue
            if item is None:
                return
            yield item[0]


def overlap(
    read: Iterable[In],
    work: Callable[[In], Out],
    write: Callable[[Out], object],
    *,
    done: Callable[[Out], object] = lambda out: None,
    depth: int = _DEPTH,
) -> Shares:
    """Run three stages side by side: reading and writing each in a thread of its own, the work in this one.

    What was worked on is written before this returns or raises, unless writing is what failed.

    Args:
        read: What is read; it is closed at the end if it can be.
        work: What is done with each.
        write: Where that goes.
        done: Called here after each, to show how far it is.
        depth: How many may wait between two stages.

    Returns:
        How long each stage was at work.

    Raises:
        Exception: Whatever a stage raised first; KeyboardInterrupt too.
    """
    shares, stop, broken = Shares(), _Stop(), _Stop()
    given: _Pipe[In] = _Pipe(depth, stop)
    made: _Pipe[Out] = _Pipe(depth, broken)

    def reading() -> None:
        try:
            for item in _timed(read, shares):
                given.put(item)
                if stop.event.is_set():
                    break
            given.end()
        except BaseException as error:  # handed over to the thread that can raise it
            stop.set(error)
        finally:
            close: Any = getattr(read, "close", None)
            if close is not None:
                close()

    def writing() -> None:
        try:
            for item in made:
                begin = time.perf_counter()
                write(item)
                shares.encoding += time.perf_counter() - begin
        except BaseException as error:
            broken.set(error)
            stop.set()

    threads = [threading.Thread(target=target, daemon=True) for target in (reading, writing)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    try:
        for item in given:
            start = time.perf_counter()
            out = work(item)
            shares.network += time.perf_counter() - start
            made.put(out)
            done(out)
    except BaseException as error:
        stop.set(error)
    finally:
        stop.set()
        made.end()
        for thread in threads:
            thread.join()
    shares.whole = time.perf_counter() - begin
    failure = broken.error or stop.error
    if failure is not None:
        raise failure
    return shares


def _timed(items: Iterable[In], shares: Shares) -> Iterator[In]:
    source = iter(items)
    try:
        while True:
            begin = time.perf_counter()
            try:
                item = next(source)
            except StopIteration:
                return
            finally:
                shares.decoding += time.perf_counter() - begin
            yield item
    finally:
        close: Any = getattr(source, "close", None)
        if close is not None:
            close()
