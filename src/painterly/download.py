"""Downloads that survive interruption: resumed, checked, and only then given their name."""

from __future__ import annotations

import hashlib
import http.client
import logging
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from painterly.errors import InputError, OutputError
from painterly.progress import console

__all__ = ["download"]

log = logging.getLogger(__name__)

_CHUNK = 1 << 16


def download(url: str, path: Path, *, sha256: str = "", timeout: float = 30.0) -> Path:
    """Fetch a file, unless it is there already.

    What arrives is kept in `<path>.part`; a later call goes on from there where the server allows it. The file gets its
    name only when it is complete and its checksum is right.

    Args:
        url: Address, http or https.
        path: Where the file shall be.
        sha256: Leading digits (or all) of the SHA-256 that it must have; empty for no check.
        timeout: Seconds without a byte after which the attempt fails.

    Returns:
        `path`.

    Raises:
        InputError: The server cannot be reached, breaks off, or sends something else than was expected.
        OutputError: The file cannot be written.
    """
    if path.is_file():
        return path
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _fetch(url, part, timeout)
        if sha256 and not _digest(part).startswith(sha256.lower()):
            part.unlink()
            raise InputError(f"{url} sent a file whose SHA-256 does not begin with {sha256}; it was thrown away")
        part.replace(path)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as error:
        reason = getattr(error, "reason", None) or error
        raise InputError(f"cannot download {url} ({reason}); put the file at {path} yourself, or try again") from error
    except OSError as error:
        raise OutputError(f"cannot write {path} ({error.strerror or error})") from error
    return path


def _fetch(url: str, part: Path, timeout: float) -> None:
    """Append to `part` what is missing of it."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:
            if error.headers.get("Content-Range") in (None, f"bytes */{have}"):
                return  # nothing is left to send; the checksum decides whether it is the right file
            part.unlink()  # longer than the file is: it was another one
        raise
    with response:
        resumed = response.status == 206
        length = response.headers.get("Content-Length")
        total = int(length) + (have if resumed else 0) if length else None
        if resumed:
            log.info("going on with %s from byte %d", url, have)
        done = have if resumed else 0
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        with (
            Progress(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=console()) as progress,
            part.open("ab" if resumed else "wb") as file,
        ):
            task = progress.add_task(part.name.removesuffix(".part"), total=total, completed=done)
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                progress.update(task, completed=done)
    if total is not None and done != total:
        raise http.client.IncompleteRead(b"", total - done)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
