"""Tars of pictures to tars of pictures, as WebDataset has them: whatever else is in them is carried over."""

from __future__ import annotations

import copy
import posixpath
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from painterly.atomic import disk_reason
from painterly.errors import InputError, OutputError, PainterlyError

__all__ = ["Member", "members", "work_on_shard"]

_EMPTY = bytes(512)
"""What a tar ends with, twice."""

Member = tuple[str, str]
"""The name of a picture in a tar, and why it failed, or ""."""


def members(path: Path) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Everything in a tar.

    Raises:
        InputError: It is none, or is damaged. Python's own reader takes a damaged header for the end.
    """
    count = 0
    try:
        with tarfile.open(path, "r:") as tar:
            whole = path.stat().st_size
            for member in tar:
                if member.isreg() and not member.issparse() and member.offset_data + member.size > whole:
                    raise tarfile.ReadError("unexpected end of data")
                yield tar, member
                count += 1
                tar.members = []  # type: ignore[attr-defined]  # else all of them are kept
        with path.open("rb") as file:
            file.seek(tar.offset)
            end = file.read(512)
    except (tarfile.TarError, EOFError) as error:
        raise InputError(f"{path} is damaged after {count} members ({error}); make it again") from error
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror or error})") from error
    if end != _EMPTY:
        raise InputError(f"{path} is damaged after {count} members; make it again")


def work_on_shard(
    source: Path,
    target: Path,
    wanted: Callable[[str], bool],
    ending: Callable[[Path], str],
    work: Callable[[Path, Path], object],
    failed: Callable[[str, Path], object] = lambda name, path: None,
) -> list[Member]:
    """Make a tar of a tar.

    Args:
        source: The tar to read.
        target: The tar to write.
        wanted: Whether a member is to be worked on, by its name; all others are copied.
        ending: File name ending of what is made of a picture.
        work: Makes one file of another.
        failed: Called with the name and the file of a member that cannot be made; it is left out of the result.

    Returns:
        The pictures, in their order.

    Raises:
        InputError: The tar is damaged.
        OutputError: There is no room for the result.
    """
    found: list[Member] = []
    with tempfile.TemporaryDirectory(prefix="painterly-shard-") as folder:
        here = Path(folder)
        with _writable(target) as output:
            for tar, member in members(source):
                content = tar.extractfile(member) if member.isfile() else None
                if content is None or not wanted(member.name):
                    output.addfile(member, content)
                    continue
                picture = here / f"in{posixpath.splitext(member.name)[1]}"
                picture.write_bytes(content.read())
                end = posixpath.splitext(member.name)[1]
                try:
                    end = ending(picture)
                    result = here / f"out{end}"
                    result.unlink(missing_ok=True)
                    work(picture, result)
                except PainterlyError as error:
                    failed(member.name, picture)
                    found.append((member.name, str(error).replace(str(picture), f"{source}:{member.name}")))
                    continue
                made = copy.copy(member)
                made.name, made.size = posixpath.splitext(member.name)[0] + end, result.stat().st_size
                made.pax_headers = {}  # they repeat name and size where these are long
                with result.open("rb") as file:
                    output.addfile(made, file)
                output.members = []  # type: ignore[attr-defined]
                found.append((member.name, ""))
    return found


class _writable(tarfile.TarFile):  # noqa: N801
    """A tar to write, which says in a sentence what is in the way."""

    def __init__(self, path: Path) -> None:
        self._place = path
        try:
            super().__init__(path, "w")
        except OSError as error:
            raise OutputError(f"cannot write {path} ({disk_reason(error)})") from error

    def addfile(self, *arguments: object) -> None:
        """As `tarfile.TarFile.addfile`."""
        try:
            super().addfile(*arguments)  # type: ignore[arg-type]
        except OSError as error:
            raise OutputError(f"cannot write {self._place} ({disk_reason(error)})") from error
