"""What a server on the open net meets, on loopback: every kind is tried many times, and ordinary work has to go on."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import time
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import pack
from typing import Any

from painterly.benchmarks.serving import Server, import_httpx, memory_of, started_server
from painterly.errors import OutputError
from painterly.images.reading import read_picture, resize_longest

__all__ = ["ABUSES", "AbuseRow", "benchmark_abuse"]

_SILENCE = 2.0
"""Seconds of silence in a request that the server bears here."""

_BYTES = 2_000_000
"""Largest request here."""


@dataclass(frozen=True)
class AbuseRow:
    """One kind of abuse.

    Attributes:
        what: Which.
        tries: How often it was tried.
        answers: What came back, with counts: statuses, or "closed".
        right: Whether every answer is one that it should get.
        works: Whether an ordinary picture was painted afterwards, the right way.
        memory: Bytes of the server and its processes after it.
    """

    what: str
    tries: int
    answers: dict[str, int]
    right: bool
    works: bool
    memory: int

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return vars(self).copy()


Answers = list[str]


@dataclass(frozen=True)
class _Target:
    """Whom to abuse, and an ordinary picture."""

    server: Server
    client: Any
    picture: bytes
    times: int

    async def post(self, path: str = "/api/stylize", **request: Any) -> str:
        """The status of an answer."""
        return str((await self.client.post(path, **request)).status_code)

    async def picture_of(self, content: bytes, name: str = "photo.png", **fields: str) -> str:
        """The status when that is sent as a picture."""
        return await self.post(files={"picture": (name, content)}, data=fields)


def benchmark_abuse(
    picture: str | Path,
    *,
    times: int = 32,
    kinds: Sequence[str] | None = None,
    options: Sequence[str] = (),
    report: Callable[[AbuseRow], object] = lambda row: None,
) -> list[AbuseRow]:
    """Abuse a server of its own.

    Args:
        picture: An ordinary one.
        times: How often each kind is tried, at once where that is worse.
        kinds: Names from `ABUSES`; by default all.
        options: Further ones of `painterly serve`.
        report: Called with each row as it comes.

    Raises:
        OutputError: The server does not start, or not end.
        MissingExtraError: httpx is not installed.
    """
    file = io.BytesIO()
    resize_longest(read_picture(picture).convert("RGB"), 128).save(file, "PNG")
    limits = ["--upload-seconds", f"{_SILENCE:g}", "--bytes", str(_BYTES), "--queue", str(2 * times)]
    with started_server([*limits, *options]) as server:
        return asyncio.run(_all(server, file.getvalue(), times, list(kinds or ABUSES), report))


async def _all(
    server: Server, picture: bytes, times: int, kinds: list[str], report: Callable[[AbuseRow], object]
) -> list[AbuseRow]:
    httpx = import_httpx()
    rows = []
    limits = httpx.Limits(max_connections=times + 4)
    async with httpx.AsyncClient(base_url=server.address, timeout=120, limits=limits) as client:
        target = _Target(server, client, picture, times)
        for what in kinds:
            attempt, right = ABUSES[what]
            answers = await attempt(target)
            if not answers:
                continue  # it cannot be tried on this system
            works = (await target.picture_of(picture)) == "200"
            memory = await memory_of(client)
            fine = all(answer in right for answer in answers)
            rows.append(AbuseRow(what, len(answers), dict(Counter(answers)), fine, works, memory))
            report(rows[-1])
            if server.process.poll() is not None:
                raise OutputError(f"the server ended: {what}")
    return rows


async def _bombs(target: _Target) -> Answers:
    """PNGs of a few kilobytes that say they are 60,000 pixels wide and high, or really are 15,000."""
    liar, honest = _png(60_000, 60_000, 1), _png(15_000, 15_000, 15_000)
    return await _together(target.picture_of(liar if one % 2 else honest) for one in range(target.times))


async def _half_open(target: _Target) -> Answers:
    """Uploads that fall silent in the middle, all at once, while an ordinary picture must still be painted."""
    head = b"POST /api/stylize HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
    head += b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"

    async def one() -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.server.port)
        try:
            writer.write(head)
            await writer.drain()
            return _status(await asyncio.wait_for(reader.read(1000), 30 * _SILENCE))
        except TimeoutError:
            return "still open"
        except OSError:
            return "closed"
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    answers, ordinary = await asyncio.gather(
        _together(one() for _ in range(target.times)), target.picture_of(target.picture)
    )
    return [*answers, *([] if ordinary == "200" else [f"ordinary work: {ordinary}"])]


async def _too_large(target: _Target) -> Answers:
    """More bytes than are allowed, half of them without saying how many."""

    async def endless() -> Any:
        yield b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
        for _ in range(4 * _BYTES // 65_536):
            yield bytes(65_536)

    async def one(number: int) -> str:
        httpx = import_httpx()
        try:
            if number % 2:
                return await target.picture_of(bytes(2 * _BYTES))
            kind = {"content-type": "multipart/form-data; boundary=x"}
            return await target.post(content=endless(), headers=kind)
        except httpx.TransportError:  # it need not listen to the end
            return "closed"

    return await _together(one(number) for number in range(target.times))


async def _wrong_types(target: _Target) -> Answers:
    """Texts, programs and nothing at all for pictures; JSON for forms; half a picture."""
    wrong = [b"", b"hello", b"<html></html>", b"\x7fELF" + bytes(100), b"GIF89a", target.picture[:200], bytes(5000)]
    answers = await _together(target.picture_of(wrong[one % len(wrong)]) for one in range(target.times))
    answers.append(await target.post(json={"picture": "photo.png"}))
    answers.append(await target.post(data={"style": "great-wave"}))
    answers.append(await target.post(content=b"--x--", headers={"content-type": "multipart/form-data"}))
    for fields in ({"strength": "nan"}, {"strength": "2"}, {"size": "-1"}, {"size": "1e9"}, {"color": "red"}):
        answers.append(await target.picture_of(target.picture, **fields))
    return answers


async def _path_tricks(target: _Target) -> Answers:
    """Names that lead elsewhere, in styles, files and addresses."""
    answers = []
    for name in ("../../etc/passwd", "/etc/passwd", "..%2f..%2fetc%2fpasswd", "a\x00b", "C:\\windows", "x" * 5000):
        answers.append(await target.picture_of(target.picture, style=name))
        learn = {"files": {"painting": (name[:50], target.picture)}, "data": {"name": f"../{name}"}}
        answers.append(await target.post("/api/learn", **learn))
        for path in (f"/static/{name}", f"/api/jobs/{name}/result", f"/api/styles/{name}"):
            safe = path.replace("\x00", "%00")[:2000]
            answers.append(_status(await _raw(target, f"GET {safe.replace(' ', '%20')} HTTP/1.1")))
    return answers


async def _strangers(target: _Target) -> Answers:
    """Requests that other pages make in somebody's browser."""
    answers = []
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        files = {"picture": ("a.png", target.picture)}
        answers += await _together(target.post(files=files, headers=headers) for _ in range(target.times // 3))
    return answers


async def _leaving(target: _Target) -> Answers:
    """Clients that go away in the middle of their request's work; their work must not be waited for."""

    async def one(number: int) -> str:
        ask = asyncio.create_task(target.picture_of(target.picture, size="512"))
        await asyncio.wait({ask}, timeout=0.02 * (number % 10))
        ask.cancel()
        with contextlib.suppress(asyncio.CancelledError, import_httpx().HTTPError):
            return await ask
        return "left"

    answers = await _together(one(number) for number in range(target.times))
    until = time.monotonic() + 60
    while (waiting := await _gauge(target, "painterly_queue_pictures")) and time.monotonic() < until:
        await asyncio.sleep(0.1)
    return [*answers, *(["still queued"] if waiting else [])]


async def _killed(target: _Target) -> Answers:
    """Processes that paint, killed in the middle of it: what they painted must come back all the same."""
    if not target.server.children():
        return []
    answers = []
    for _ in range(max(2, target.times // 16)):
        asked = asyncio.gather(*(target.picture_of(target.picture, size="512") for _ in range(4)))
        until = time.monotonic() + 60
        while not await _gauge(target, "painterly_running_pictures") and not asked.done() and time.monotonic() < until:
            await asyncio.sleep(0.01)
        for pid in target.server.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        answers += await asked
    return answers


Attempt = Callable[[_Target], Awaitable[Answers]]
ABUSES: dict[str, tuple[Attempt, tuple[str, ...]]] = {
    "decompression bombs": (_bombs, ("413",)),
    "half-open uploads": (_half_open, ("408", "closed")),
    "too many bytes": (_too_large, ("413", "closed")),
    "wrong types": (_wrong_types, ("400", "415", "422")),
    "path tricks": (_path_tricks, ("400", "404", "405", "422")),
    "other origins and hosts": (_strangers, ("400", "403", "421")),
    "clients that go away": (_leaving, ("left", "200")),
    "killed workers": (_killed, ("200",)),
}
"""By name, what is tried, and the answers that it may get."""


async def _together(asks: Any) -> Answers:
    return list(await asyncio.gather(*asks))


async def _raw(target: _Target, line: str) -> bytes:
    """The answer to a request line as it is, which a client would put right."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.server.port)
    writer.write(f"{line}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode("latin-1"))
    answer = await asyncio.wait_for(reader.read(1000), 30)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return answer


async def _gauge(target: _Target, name: str) -> float:
    lines = (await target.client.get("/metrics")).text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name} "))


def _status(answer: bytes) -> str:
    words = answer.split(b" ", 2)
    return words[1].decode() if len(words) > 1 else "closed"


def _png(width: int, height: int, rows: int) -> bytes:
    """A PNG of one grey, that many rows of which are there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    line = bytes(width // 8 + 2)
    data = b"".join(packer.compress(line) for _ in range(rows)) + packer.flush()
    head = pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
