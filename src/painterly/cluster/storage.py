"""Files and folders, on this machine or in a store that fsspec knows: one name, one set of verbs."""

from __future__ import annotations

import contextlib
import os
import posixpath
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from painterly.atomic import atomic_path, disk_reason
from painterly.errors import InputError, MissingExtraError, OutputError, UsageError

__all__ = ["Place", "fingerprint_of"]

_LOCAL = ("file", "local")

_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "memory"})
"""Stores in which a file appears when all of it has arrived. Elsewhere it arrives under another name first."""


@dataclass(frozen=True, order=True)
class Place:
    """A file or a folder.

    Attributes:
        path: A local path; or what comes after `://`.
        protocol: What comes before that, such as "s3"; "" for local paths.
    """

    path: str
    protocol: str = ""

    @classmethod
    def parse(cls, name: str | Path) -> Place:
        """From a path, which becomes absolute, or a URL; `file://` is a path."""
        protocol, found, rest = str(name).partition("://")
        if not found or protocol in _LOCAL:
            return cls(str(Path(rest if found else name).expanduser().absolute()))
        return cls(rest.rstrip("/"), protocol)

    def __str__(self) -> str:
        return f"{self.protocol}://{self.path}" if self.protocol else self.path

    @property
    def local(self) -> Path | None:
        """The path, if it is one of this machine's."""
        return None if self.protocol else Path(self.path)

    @property
    def name(self) -> str:
        """The last part."""
        return posixpath.basename(self.path) if self.protocol else Path(self.path).name

    def child(self, relative: str) -> Place:
        """Something below this folder."""
        joined = posixpath.join(self.path, relative) if self.protocol else str(Path(self.path) / relative)
        return Place(joined, self.protocol)

    def inside(self, folder: Place) -> bool:
        """Whether this is a folder or lies below it."""
        if self.protocol != folder.protocol:
            return False
        if self.protocol:
            return self.path == folder.path or self.path.startswith(folder.path + "/")
        return Path(self.path).resolve().is_relative_to(Path(folder.path).resolve())

    def is_folder(self) -> bool:
        """Whether it exists and is a folder."""
        if not self.protocol:
            return Path(self.path).is_dir()
        with self._reading():
            return bool(self.store.isdir(self.path))

    def exists(self) -> bool:
        """Whether there is anything of this name."""
        if not self.protocol:
            return os.path.lexists(self.path)
        with self._reading():
            return bool(self.store.exists(self.path))

    def fetch(self, target: Path) -> None:
        """Copy it to a local file.

        Raises:
            InputError: It cannot be read.
        """
        with self._reading():
            if self.protocol:
                self.store.get_file(self.path, str(target))
            else:
                shutil.copyfile(self.path, target)

    def put(self, source: Path) -> None:
        """Make it a copy of a local file, whole or not at all.

        Raises:
            OutputError: It cannot be written.
        """
        if not self.protocol:
            with atomic_path(Path(self.path)) as temporary:
                shutil.copyfile(source, temporary)
            return
        with self._writing():
            self.store.makedirs(posixpath.dirname(self.path), exist_ok=True)
            if self.protocol in _WHOLE:
                self.store.put_file(str(source), self.path)
                return
            part = posixpath.join(posixpath.dirname(self.path), f".{self.name}.part")
            self.store.put_file(str(source), part)
            if self.store.exists(self.path):
                self.store.rm_file(self.path)
            self.store.mv(part, self.path)

    def write(self, content: bytes) -> None:
        """Make it a small file in a store.

        Raises:
            OutputError: It cannot be written.
        """
        with self._writing():
            self.store.makedirs(posixpath.dirname(self.path), exist_ok=True)
            self.store.pipe_file(self.path, content)

    def read(self) -> bytes:
        """All of a file in a store.

        Raises:
            InputError: It cannot be read.
        """
        with self._reading():
            content: bytes = self.store.cat_file(self.path)
            return content

    def walk(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Every file below a folder of a store, with what the store says about it."""
        with self._reading():
            for _, _, files in self.store.walk(self.path, detail=True):
                for details in files.values():
                    yield Place(_within(details["name"], self.path), self.protocol), details

    def glob(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Every file of a store that matches a pattern."""
        with self._reading():
            for name, details in self.store.glob(self.path, detail=True).items():
                if details.get("type") == "file":
                    yield Place(_within(name, self.path), self.protocol), details

    def fingerprint(self) -> str:
        """What changes when the file does: its size and time, or the store's own word for it; "" if it is not there."""
        try:
            if not self.protocol:
                found = Path(self.path).stat()
                return f"{found.st_size}-{found.st_mtime_ns}"
            with self._reading():
                return fingerprint_of(self.store.info(self.path))
        except (OSError, InputError):
            return ""

    @property
    def store(self) -> Any:
        """The fsspec file system.

        Raises:
            MissingExtraError: fsspec is not installed.
            UsageError: It does not know the protocol, or lacks what that needs.
        """
        return _store(self.protocol)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = "it does not exist" if isinstance(error, FileNotFoundError) else disk_reason(error)
            raise InputError(f"cannot read {self} ({reason})") from error

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(f"cannot write {self} ({disk_reason(error)})") from error


def fingerprint_of(details: dict[str, Any]) -> str:
    """What changes when a file of a store does."""
    for name in (
        "ETag",
        "etag",
        "md5Hash",
        "content_md5",
        "checksum",
        "mtime",
        "LastModified",
        "last_modified",
        "created",
    ):
        if details.get(name) is not None:
            value = details[name].timestamp() if hasattr(details[name], "timestamp") else details[name]
            return f"{details.get('size')}-{value}"
    return str(details.get("size"))


def _within(name: str, like: str) -> str:
    """A store's own name for a file, which may or may not begin with a slash, as its folder was named."""
    return name.lstrip("/") if not like.startswith("/") else "/" + name.lstrip("/")


@cache
def _store(protocol: str) -> Any:
    try:
        import fsspec  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError(f"{protocol}://", "cluster") from error
    try:
        return fsspec.filesystem(protocol)
    except ValueError as error:
        raise UsageError(f"{protocol}:// is no store that fsspec knows") from error
    except ImportError as error:
        raise UsageError(f"{protocol}:// needs another package ({error})") from error
