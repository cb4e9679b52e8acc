"""The application inside another one, which says nothing to it of its start."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.server.conftest import encoded, noise

from painterly.server import ServerSettings, create_app


def test_in_another_application(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("painterly.server.pool.WORKER", "fake_worker")
    monkeypatch.setattr("painterly.server.jobs.JOB", "fake_job")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("FAKE_FOLDER", str(tmp_path))
    monkeypatch.setenv("PAINTERLY_STYLES", str(tmp_path))

    async def use() -> None:
        inner, outer = create_app(ServerSettings(grace_seconds=1.0)), FastAPI()
        outer.mount("/painting", inner)
        transport = httpx.ASGITransport(outer)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            picture = {"picture": ("a.png", encoded(noise(40, 32)))}
            answer = await client.post("/painting/api/stylize", files=picture)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
            painting = {"painting": ("a.png", encoded(noise(40, 32)))}
            begun = await client.post("/painting/api/learn", files=painting, data={"name": "mine"})
            assert begun.headers["location"].startswith("/painting/api/jobs/")
            assert (await client.get(begun.headers["location"])).status_code == 200
            assert (await client.get("/painting/health")).json()["status"] == "ok"
        await inner.state.service.close()

    asyncio.run(use())


def test_the_server_itself_stays_light() -> None:
    code = (
        "import sys, painterly.server.app, painterly.server.running, painterly.commands.serve\n"
        "assert 'torch' not in sys.modules, 'torch'\nassert 'openvino' not in sys.modules, 'openvino'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_settings_need_no_extra() -> None:
    code = (
        "import sys; sys.modules['fastapi'] = None\n"
        "import painterly.commands.serve, painterly.commands.studio\n"
        "from painterly.errors import MissingExtraError\n"
        "try:\n    from painterly.server import create_app\n"
        "except MissingExtraError as error:\n    assert 'painterly[studio]' in str(error)\n"
        "else:\n    raise AssertionError"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
