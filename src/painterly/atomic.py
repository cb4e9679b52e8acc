"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from painterly.errors import OutputError

__all__ = ["atomic_path", "check_writable", "disk_reason"]

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends, and is removed if it fails.

    The temporary name keeps the suffix, so that writers which look at it behave. Data reaches the disk before the name
    does, so that a crash leaves the old file or the new one.

    Raises:
        OutputError: The file cannot be written; whatever was at `path` is untouched.
    """
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path} ({disk_reason(error)})") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def check_writable(path: Path, *, overwrite: bool) -> None:
    """Refuse early what would be refused after the work.

    Raises:
        OutputError: `path` exists and may not be replaced, is a folder, or lies in something that is not a folder.
    """
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file")
    if (path.exists() or path.is_symlink()) and not overwrite:
        raise OutputError(f"{path} exists; add --overwrite to replace it")
    parent = path.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise OutputError(f"cannot write {path}: {parent} is not a folder")
    if not os.access(parent, os.W_OK):
        raise OutputError(f"cannot write {path}: no permission to write into {parent}")


def disk_reason(error: OSError) -> str:
    """Why a file cannot be written, for messages."""
    if error.errno in _FULL:
        return "the disk is full; make room and try again"
    return error.strerror or str(error)
