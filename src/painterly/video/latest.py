"""A place for one thing: whoever comes to fetch it gets the newest, and what nobody fetched in time is gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["Latest"]

T = TypeVar("T")


class Latest(Generic[T]):
    """Between something that does not wait, such as a camera, and something slower.

    Attributes:
        dropped: How many were replaced before anybody fetched them.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._item: list[T] = []
        self._ended = False
        self._error: BaseException | None = None
        self._change = threading.Condition()

    @property
    def ended(self) -> bool:
        """Whether nothing more comes."""
        return self._ended

    def put(self, item: T) -> None:
        """Leave the newest."""
        with self._change:
            self.dropped += len(self._item)
            self._item = [item]
            self._change.notify()

    def end(self, error: BaseException | None = None) -> None:
        """Say that no more comes.

        Args:
            error: Why, if something went wrong; raised where things are fetched.
        """
        with self._change:
            self._ended, self._error = True, self._error or error
            self._change.notify()

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._change:
                while not self._item and not self._ended:
                    self._change.wait()
                if not self._item:
                    if self._error is not None:
                        raise self._error
                    return
                (item,), self._item = self._item, []
            yield item
