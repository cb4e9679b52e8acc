"""The HTTP API under load, on loopback: what is served, refused and lost, how soon, and in how much memory."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from painterly.errors import MissingExtraError, OutputError, UsageError
from painterly.images.reading import read_picture, resize_longest
from painterly.resources.describe import describe_machine

__all__ = ["LoadTable", "Server", "benchmark_serving", "import_httpx", "memory_of", "started_server"]

_START_SECONDS = 180.0
_REQUEST_SECONDS = 300.0


@dataclass
class LoadTable:
    """What came out.

    Attributes:
        machine: See `painterly.resources.describe_machine`.
        clients: How many asked at once, each for one picture after the other.
        size: Width and height of the pictures.
        seconds: How long, until the last was answered.
        served: Pictures that came back whole and in the right size.
        refused: Requests that were told to come again later (429), and did.
        lost: Everything else: connections that broke, other statuses, pictures of another size.
        median: Seconds from request to picture.
        slowest: The 99th percentile of that.
        memory: Bytes of the server and of its processes, `before` (after a picture in every style), `after`, and at
            most (`peak`, looked at twice a second).
        reasons: Of what was lost, with their counts.
    """

    machine: dict[str, Any]
    clients: int
    size: tuple[int, int]
    seconds: float = 0.0
    served: int = 0
    refused: int = 0
    lost: int = 0
    median: float = 0.0
    slowest: float = 0.0
    memory: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {**vars(self), "size": list(self.size)}


@dataclass(frozen=True)
class Server:
    """A server that was started for measuring.

    Attributes:
        address: Where, such as `http://127.0.0.1:8123`.
        process: It.
    """

    address: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.address.rsplit(":", 1)[1])

    def children(self) -> list[int]:
        """Numbers of the processes that it started; empty where the system does not tell."""
        pid = self.process.pid
        with contextlib.suppress(OSError):
            return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []


def import_httpx() -> Any:
    """httpx, or the extra that brings it.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import httpx
    except ImportError as error:
        raise MissingExtraError("measuring the server", "studio") from error
    return httpx


@contextlib.contextmanager
def started_server(options: Sequence[str] = ()) -> Iterator[Server]:
    """A server of its own on a free port of this machine, ended afterwards.

    Args:
        options: Of `painterly serve`.

    Raises:
        OutputError: It does not start, or does not end by itself.
    """
    httpx = import_httpx()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "painterly", "serve", "--port", str(port), *options]
    environment = {key: value for key, value in os.environ.items() if key != "PAINTERLY_TOKEN"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        until = time.monotonic() + _START_SECONDS
        while True:
            if process.poll() is not None:
                raise OutputError(f"the server did not start: {(process.communicate()[1] or '').strip()[-300:]}")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{server.address}/ready", timeout=5).status_code == 200:
                    break
            if time.monotonic() > until:
                raise OutputError(f"the server was not ready after {_START_SECONDS:.0f} s")
            time.sleep(0.1)
        yield server
        process.send_signal(signal.SIGTERM)
        try:
            _, said = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            raise OutputError("the server did not end within a minute of SIGTERM") from None
        if process.returncode:
            raise OutputError(f"the server ended with status {process.returncode}: {said.strip()[-300:]}")
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def benchmark_serving(
    picture: str | Path,
    *,
    clients: int = 64,
    seconds: float = 60.0,
    size: int = 256,
    options: Sequence[str] = (),
    report: Callable[[str], object] = lambda text: None,
) -> LoadTable:
    """Ask a server for paintings from many clients at once, in all styles in turn.

    Args:
        picture: Any picture.
        clients: How many ask at once.
        seconds: For how long; what was asked for by then is still waited for.
        size: Longest side of the picture in pixels.
        options: Of `painterly serve`.
        report: Called with a line about each stage.

    Raises:
        UsageError: There are no clients, or there is no time.
        OutputError: The server does not start.
        MissingExtraError: httpx is not installed.
    """
    if clients < 1 or seconds <= 0:
        raise UsageError("at least one client and some seconds are needed")
    small = resize_longest(read_picture(picture).convert("RGB"), size)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=90)
    table = LoadTable(describe_machine(), clients, small.size)
    with started_server(options) as server:
        asyncio.run(_load(server, file.getvalue(), table, seconds, report))
    return table


async def _load(
    server: Server, picture: bytes, table: LoadTable, seconds: float, report: Callable[[str], object]
) -> None:
    httpx = import_httpx()
    limits = httpx.Limits(max_connections=table.clients + 4)
    async with httpx.AsyncClient(base_url=server.address, timeout=_REQUEST_SECONDS, limits=limits) as client:
        styles = [one["name"] for one in (await client.get("/api/styles")).json()["styles"]]
        for style in styles:  # networks are made when they are first asked for
            (await _ask(client, picture, style)).raise_for_status()
        table.memory["before"] = table.memory["peak"] = await memory_of(client)
        report(f"{table.clients} clients for {seconds:g} s")
        turns, reasons = itertools.cycle(styles), Counter[str]()
        times: list[float] = []
        began = time.monotonic()
        watching = asyncio.create_task(_watch(client, table))
        await asyncio.gather(
            *(_client(client, picture, turns, began + seconds, table, times, reasons) for _ in range(table.clients))
        )
        table.seconds = time.monotonic() - began
        watching.cancel()
        table.memory["after"] = await memory_of(client)
    table.served, table.lost, table.reasons = len(times), sum(reasons.values()), dict(reasons)
    if times:
        table.median = statistics.median(times)
        table.slowest = sorted(times)[min(len(times) - 1, int(0.99 * len(times)))]


async def _client(
    client: Any,
    picture: bytes,
    styles: Iterator[str],
    until: float,
    table: LoadTable,
    times: list[float],
    reasons: Counter[str],
) -> None:
    """One client: asks, waits for the answer, asks again; comes again later when it is told to."""
    httpx = import_httpx()
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            answer = await _ask(client, picture, next(styles))
        except httpx.HTTPError as error:
            reasons[type(error).__name__] += 1
            continue
        if answer.status_code == 429:
            table.refused += 1
            await asyncio.sleep(min(float(answer.headers["retry-after"]), max(0.0, until - time.monotonic())))
        elif answer.status_code != 200:
            reasons[f"status {answer.status_code}"] += 1
        elif _size(answer.content) != table.size:
            reasons["no picture, or one of another size"] += 1
        else:
            times.append(time.monotonic() - began)


async def _ask(client: Any, picture: bytes, style: str) -> Any:
    return await client.post("/api/stylize", files={"picture": ("photo.jpg", picture)}, data={"style": style})


async def _watch(client: Any, table: LoadTable) -> None:
    while True:
        with contextlib.suppress(import_httpx().HTTPError):
            table.memory["peak"] = max(table.memory["peak"], await memory_of(client))
        await asyncio.sleep(0.5)


async def memory_of(client: Any) -> int:
    """Bytes that the server and its processes hold, by its own account."""
    lines = (await client.get("/metrics")).text.splitlines()
    return round(sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("painterly_resident_bytes{")))


def _size(content: bytes) -> tuple[int, int] | None:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            return picture.size
    except OSError:
        return None
