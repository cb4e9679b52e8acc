"""The measuring of the server: what it counts as served and lost, and that abuse is seen for what it does."""

from __future__ import annotations

import asyncio
import io
import itertools
from collections import Counter
from typing import Any

import pytest
from PIL import Image

from painterly.errors import OutputError, UsageError
from painterly.folders import DEMO_PICTURE

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi")

from painterly.benchmarks import abuse, serving  # noqa: E402


def jpeg(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "JPEG")
    return file.getvalue()


def test_load_on_a_server_of_its_own() -> None:
    table = serving.benchmark_serving(DEMO_PICTURE, clients=3, seconds=0.3, size=32)
    assert table.served >= 3
    assert (table.lost, table.reasons) == (0, {})
    assert 0 < table.median <= table.slowest <= table.seconds
    assert 0 < table.memory["before"] <= table.memory["peak"]
    assert table.to_dict()["size"] == list(table.size)
    assert max(table.size) == 32


def test_abuse_of_a_server_of_its_own() -> None:
    seen: list[str] = []
    rows = abuse.benchmark_abuse(
        DEMO_PICTURE, times=4, kinds=["wrong types", "path tricks"], report=lambda row: seen.append(row.what)
    )
    assert seen == ["wrong types", "path tricks"]
    assert all(row.right and row.works and row.memory > 0 for row in rows), rows
    assert [sum(row.answers.values()) for row in rows] == [row.tries for row in rows]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(500), "status 500"),
        (httpx.Response(200, content=b"no picture"), "no picture, or one of another size"),
        (httpx.Response(200, content=jpeg(8, 9)), "no picture, or one of another size"),
        (httpx.ReadError("gone"), "ReadError"),
    ],
)
def test_what_counts_as_lost(answer: Any, reason: str) -> None:
    table = serving.LoadTable({}, 1, (8, 8))
    times: list[float] = []
    reasons: Counter[str] = Counter()

    async def run() -> None:
        until = asyncio.get_running_loop().time() + 0.05

        def answered(request: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        async with httpx.AsyncClient(transport=httpx.MockTransport(answered), base_url="http://a") as client:
            await serving._client(client, b"", itertools.repeat("x"), until, table, times, reasons)

    asyncio.run(run())
    assert set(reasons) == {reason}
    assert not times


def test_refusals_are_no_losses() -> None:
    table = serving.LoadTable({}, 1, (8, 8))
    answers = itertools.chain([httpx.Response(429, headers={"retry-after": "0"})] * 3, itertools.repeat(None))
    times: list[float] = []
    reasons: Counter[str] = Counter()

    async def run() -> None:
        until = asyncio.get_running_loop().time() + 0.2
        transport = httpx.MockTransport(lambda request: next(answers) or httpx.Response(200, content=jpeg(8, 8)))
        async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
            await serving._client(client, b"", itertools.repeat("x"), until, table, times, reasons)

    asyncio.run(run())
    assert table.refused == 3
    assert not reasons
    assert times


@pytest.mark.parametrize(("clients", "seconds"), [(0, 1.0), (1, 0.0)])
def test_nothing_to_measure(clients: int, seconds: float) -> None:
    with pytest.raises(UsageError, match="at least one client"):
        serving.benchmark_serving(DEMO_PICTURE, clients=clients, seconds=seconds)


def test_a_server_that_does_not_start() -> None:
    with (
        pytest.raises(OutputError, match=r"did not start: .*--queue must be at least 1"),
        serving.started_server(["--queue", "0"]),
    ):
        pass


def test_bombs_are_what_they_say() -> None:
    Image.MAX_IMAGE_PIXELS, limit = None, Image.MAX_IMAGE_PIXELS
    try:
        with Image.open(io.BytesIO(abuse._png(300, 200, 200))) as picture:
            picture.load()
            assert picture.size == (300, 200)
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    assert len(abuse._png(15_000, 15_000, 15_000)) < 50_000
