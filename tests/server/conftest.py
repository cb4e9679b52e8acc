from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

import httpx
import numpy as np
from fastapi import FastAPI
from PIL import Image

from painterly.server import ServerSettings, create_app
from painterly.server.running import free_socket, make_server
from painterly.server.service import Service

DEADLINE = 60.0


def until(true: Callable[[], Any], seconds: float = DEADLINE) -> Any:
    """What a condition gives, once that is something."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
    return found


def noise(width: int, height: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(values).convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@dataclass
class Running:
    """A server on a port of this machine, and somebody who asks it."""

    app: FastAPI
    client: httpx.Client
    port: int
    stop: Callable[[], None]
    seen: Path
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def service(self) -> Service:
        service: Service = self.app.state.service
        return service

    def stylize(self, name: str = "a.png", content: bytes | None = None, **fields: Any) -> httpx.Response:
        content = encoded(noise(40, 32)) if content is None else content
        return self.client.post("/api/stylize", files={"picture": (name, content)}, data=fields)

    def metric(self, name: str, **labels: str) -> float:
        return self.service.metrics.registry.get_sample_value(name, labels) or 0.0

    def connect(self) -> socket.socket:
        """A connection, closed at the latest with the server."""
        self.connections.append(socket.create_connection(("127.0.0.1", self.port), DEADLINE))
        return self.connections[-1]


Start = Callable[..., Running]


def run(settings: ServerSettings, seen: Path, *, page: bool = False) -> Running:
    app = create_app(settings, page=page)
    listening = free_socket("127.0.0.1", 0)
    started = threading.Event()
    server = make_server(app, ready=started.set)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    assert started.wait(DEADLINE)
    port = listening.getsockname()[1]
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE, trust_env=False)

    def stop() -> None:
        client.close()
        for connection in running.connections:
            connection.close()
        server.should_exit = True
        thread.join(DEADLINE / 2)
        server.force_exit = True  # a connection that the test has left open is not waited for any longer
        thread.join(DEADLINE / 2)
        assert not thread.is_alive()

    running = Running(app, client, port, stop, seen)
    return running


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    """Start servers whose processes only copy; see `fake_worker`."""
    monkeypatch.setattr("painterly.server.pool.WORKER", "fake_worker")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    seen = tmp_path / "seen"
    seen.mkdir()
    monkeypatch.setenv("FAKE_FOLDER", str(seen))
    servers: list[Running] = []

    def start(*, page: bool = False, **settings: Any) -> Running:
        servers.append(run(ServerSettings(**{"grace_seconds": 1.0, **settings}), seen, page=page))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def painting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that paints, one for all tests."""
    server = run(ServerSettings(workers=1, grace_seconds=1.0), tmp_path_factory.mktemp("seen"))
    yield server
    server.stop()
