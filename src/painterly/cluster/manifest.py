"""What was begun, what is done, and what failed: lines of JSON that are only ever added to.

A target is noted as begun before anybody writes it. So a target that exists and was never begun belongs to somebody
else and is left alone, and one that was begun but is not done is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from painterly.atomic import disk_reason
from painterly.cluster.storage import Place
from painterly.errors import InputError, OutputError

__all__ = ["MANIFEST", "Manifest"]

MANIFEST = "painterly-manifest"
"""Name of the manifest in an output: a file with the ending `.jsonl`, or in a store a folder."""


class Manifest:
    """The manifest of an output. Its lines are on disk; what they say is looked up in a file that goes with the run.

    Args:
        place: A local file, or the URL of a folder, in which every call of `add` makes a small file: stores cannot
            append.
        work: Digest of what is done to pictures; lines of other work do not count.

    Raises:
        InputError: It cannot be read, or is no manifest.
        OutputError: It cannot be written.
    """

    def __init__(self, place: Place, work: str) -> None:
        self.place, self.work = place, work
        self._run, self._parts = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}", 0
        self._folder = tempfile.TemporaryDirectory(prefix="painterly-manifest-")
        self._index = sqlite3.connect(Path(self._folder.name) / "index.sqlite", isolation_level=None)
        self._index.execute("PRAGMA journal_mode = OFF")
        self._index.execute("PRAGMA synchronous = OFF")
        # All by the digest of the target.
        self._index.execute("CREATE TABLE done (key BLOB PRIMARY KEY, source BLOB, failed INTEGER) WITHOUT ROWID")
        self._index.execute("CREATE TABLE begun (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._index.execute("CREATE TABLE claimed (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._file: Any = None
        try:
            self._read()
            if place.local is not None:
                self._open(place.local)
        except BaseException:
            self.close()
            raise

    def done(self, source: str, fingerprint: str, target: str) -> int | None:
        """How many pictures failed in what was made of a file, which has not changed since; None if nothing was."""
        found = self._index.execute("SELECT source, failed FROM done WHERE key = ?", (_key(target),)).fetchone()
        return int(found[1]) if found is not None and found[0] == _key(source, fingerprint) else None

    def begun(self, target: str) -> bool:
        """Whether a target is this work's to replace."""
        return self._index.execute("SELECT 1 FROM begun WHERE key = ?", (_key(target),)).fetchone() is not None

    def claim(self, target: str) -> bool:
        """Take a target for one source of this run; False if another source has it."""
        return self._index.execute("INSERT OR IGNORE INTO claimed VALUES (?)", (_key(target),)).rowcount == 1

    def begin(self, targets: Sequence[str]) -> None:
        """Note that targets are about to be written; when this returns, the lines are on the disk.

        Raises:
            OutputError: They cannot be written.
        """
        self.add([{"status": "begun", "target": target} for target in targets], keep=True)
        self._index.executemany("INSERT OR IGNORE INTO begun VALUES (?)", [(_key(target),) for target in targets])

    def add(self, entries: Sequence[dict[str, Any]], *, keep: bool = False) -> None:
        """Append entries: `status` ("run", "begun", "done" or "failed") and what belongs to it.

        Args:
            entries: What happened.
            keep: Whether they must have reached the disk when this returns.

        Raises:
            OutputError: They cannot be written.
        """
        if not entries:
            return
        lines = "".join(json.dumps({**one, "work": self.work}, ensure_ascii=False) + "\n" for one in entries).encode()
        if self._file is None:
            self.place.child(f"{self._run}-{self._parts:08d}.jsonl").write(lines)
            self._parts += 1
            return
        try:
            self._file.write(lines)
            self._file.flush()
            if keep:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise OutputError(f"cannot write {self.place} ({disk_reason(error)})") from error

    def close(self) -> None:
        """Let go of the files."""
        if self._file is not None:
            self._file.close()
        self._index.close()
        self._folder.cleanup()

    def _open(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
            if path.stat().st_size and not _ends_a_line(path):
                self._file.write(b"\n")  # a crash cut the last line short; the next one is not to suffer from it
        except OSError as error:
            raise OutputError(f"cannot write {path} ({disk_reason(error)})") from error

    def _read(self) -> None:
        self._index.execute("BEGIN")
        for entry in self._entries():
            status, key = entry["status"], _key(entry.get("target", ""))
            if status == "begun" and entry["work"] != self.work:  # whatever was there is not ours any more
                self._index.execute("DELETE FROM done WHERE key = ?", (key,))
                self._index.execute("DELETE FROM begun WHERE key = ?", (key,))
            elif status == "begun":
                self._index.execute("INSERT OR IGNORE INTO begun VALUES (?)", (key,))
            elif status == "done" and entry["work"] == self.work:
                source = _key(entry["source"], entry["fingerprint"])
                self._index.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", (key, source, entry["failed"]))
        self._index.execute("COMMIT")

    def _entries(self) -> Iterator[dict[str, Any]]:
        """All whole lines, oldest first."""
        known = 0
        for number, line in enumerate(self._lines()):
            with contextlib.suppress(ValueError, TypeError, KeyError):  # a crash may have cut a line short
                entry = json.loads(line)
                if entry["status"] == "done":
                    _ = entry["source"], entry["fingerprint"], int(entry["failed"])
                _ = entry["status"], entry["work"]
                known += 1
                yield entry
            if number == 100 and not known:
                raise InputError(f"{self.place} is not a manifest of painterly's; name another with --manifest")

    def _lines(self) -> Iterator[str]:
        path = self.place.local
        if path is None:
            if self.place.is_folder():
                for part in sorted(found for found, _ in self.place.walk()):
                    yield from part.read().decode(errors="replace").splitlines()
            return
        if path.is_dir():
            raise InputError(f"{path} is a folder; name a file with --manifest")
        if path.exists():
            try:
                with path.open(encoding="utf-8", errors="replace") as file:
                    yield from file
            except OSError as error:
                raise InputError(f"cannot read {path} ({error.strerror or error})") from error


def _key(*parts: str) -> bytes:
    """What parts are known by: long enough that no two of billions are the same."""
    return hashlib.blake2b("\0".join(parts).encode(errors="surrogateescape"), digest_size=16).digest()


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
