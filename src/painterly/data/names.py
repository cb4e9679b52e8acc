"""Many names in little memory, which processes that read ahead share however often they look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

import numpy as np

__all__ = ["Names"]


class Names(Sequence[str]):
    """Strings, in order, as one text and the places where they end.

    A list of a million strings is a million objects. Whoever looks at one writes into it (its count of references), so
    that every process that was forked ends up with a copy of all of them; this has nothing in it to be written to.

    Args:
        names: The strings; file names that are no proper text are kept as they are.

    Example:
        >>> names = Names(["a.jpg", "b.jpg"])
        >>> len(names), names[1], names == ["a.jpg", "b.jpg"]
        (2, 'b.jpg', True)
    """

    def __init__(self, names: Iterable[str]) -> None:
        text, ends = bytearray(), [0]
        for name in names:
            text += name.encode(errors="surrogateescape")
            ends.append(len(text))
        self._text = np.frombuffer(bytes(text), np.uint8)
        self._ends = np.array(ends, np.int64)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"there are {len(self)} names, and none of number {index}")
        return self._text[self._ends[place] : self._ends[place + 1]].tobytes().decode(errors="surrogateescape")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and not isinstance(other, str) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Names({list(self[:3])}{' and more' if len(self) > 3 else ''})"
