"""What is to be worked on, one after the other, however many there are."""

from __future__ import annotations

import glob
import os
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from painterly.cluster.storage import Place, fingerprint_of
from painterly.errors import InputError

__all__ = ["SHARD", "Source", "check_inputs", "list_sources"]

SHARD = ".tar"
"""File name ending of shards: tars of pictures, as WebDataset has them."""


@dataclass(frozen=True)
class Source:
    """A picture, a clip or a shard of them.

    Attributes:
        place: Where it is.
        relative: Its path below the folder that was named.
        fingerprint: What changes when it does.
    """

    place: Place
    relative: str
    fingerprint: str

    @property
    def shard(self) -> bool:
        """Whether it is a tar."""
        return self.relative.lower().endswith(SHARD)


def list_sources(inputs: Sequence[str], suffixes: frozenset[str], leave_out: Place | None = None) -> Iterator[Source]:
    """Find everything that is named, without holding a list of it.

    Files of a folder come as the file system has them. A store lists one of its folders at a time.

    Args:
        inputs: Files, folders (searched to the bottom), shards and glob patterns; paths or URLs.
        suffixes: File name endings of what is looked for in folders, besides shards.
        leave_out: A folder that is not searched: where results go.

    Yields:
        What there is; a file that is named but does not exist has no fingerprint.
    """
    wanted = suffixes | {SHARD}
    for name in inputs:
        place = Place.parse(name)
        if place.protocol:
            yield from _in_store(place, wanted, leave_out)
        elif place.is_folder():
            yield from _in_folder(place.path, wanted, None if leave_out is None else leave_out.local)
        elif not Path(place.path).exists() and glob.has_magic(place.path):
            for match in glob.iglob(place.path, recursive=True):
                if Path(match).is_file():
                    yield _file(Place(match))
        else:
            yield _file(place)


def check_inputs(inputs: Sequence[str], suffixes: frozenset[str], leave_out: Place | None = None) -> None:
    """Make sure that there is something in each of the inputs.

    Raises:
        InputError: There is not.
    """
    for name in inputs:
        if next(list_sources([name], suffixes, leave_out), None) is None:
            found = "matches nothing" if glob.has_magic(name) else "holds nothing to work on"
            raise InputError(f"{name} {found} ({', '.join(sorted(suffixes | {SHARD}))} are looked for)")


def _file(place: Place) -> Source:
    return Source(place, place.name, place.fingerprint())


def _in_folder(folder: str, wanted: frozenset[str], leave_out: Path | None) -> Iterator[Source]:
    leave = None if leave_out is None else str(leave_out.resolve())
    waiting = [folder]
    while waiting:
        top = waiting.pop()
        try:
            entries = os.scandir(top)
        except OSError as error:
            raise InputError(f"cannot read {top} ({error.strerror or error})") from error
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if leave is None or os.path.realpath(entry.path) != leave:
                        waiting.append(entry.path)
                elif posixpath.splitext(entry.name)[1].lower() in wanted:
                    place = Place(entry.path)
                    yield Source(place, os.path.relpath(entry.path, folder), place.fingerprint())


def _in_store(place: Place, wanted: frozenset[str], leave_out: Place | None) -> Iterator[Source]:
    if glob.has_magic(place.path):
        for found, details in place.glob():
            yield Source(found, found.name, fingerprint_of(details))
    elif place.is_folder():
        for found, details in place.walk():
            if posixpath.splitext(found.name)[1].lower() not in wanted:
                continue
            if leave_out is None or not found.inside(leave_out):
                yield Source(found, found.path[len(place.path) :].lstrip("/"), fingerprint_of(details))
    else:
        yield _file(place)
