"""New styles and clips: begun, followed, cancelled, lost, and what they leave behind."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.server.conftest import Running, Start, decoded, encoded, noise, until

from painterly.server.jobs import FINAL

PAINTING = encoded(noise(64, 48))


@pytest.fixture
def server(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Running:
    """One whose jobs do nothing; see `fake_job`."""
    monkeypatch.setattr("painterly.server.jobs.JOB", "fake_job")
    monkeypatch.setenv("PAINTERLY_STYLES", str(tmp_path / "styles"))
    return start(jobs_waiting=1)


def learn(server: Running, name: str, **fields: Any) -> httpx.Response:
    files = {"painting": ("painting.png", PAINTING)}
    return server.client.post("/api/learn", files=files, data={"name": name, **fields})


def state(server: Running, place: str) -> dict[str, Any]:
    found: dict[str, Any] = server.client.get(place).json()
    return found


def events(server: Running, place: str) -> list[dict[str, Any]]:
    found = []
    with server.client.stream("GET", f"{place}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        kind = ""
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            kind = value if name == "event" else kind
            if name == "data":
                assert kind == "job"
                found.append(json.loads(value))
    return found


def test_a_job_from_its_beginning_to_its_end(server: Running) -> None:
    begun = learn(server, "A Style", title="The Painting")
    assert begun.status_code == 202
    place = begun.headers["location"]
    assert place == f"/api/jobs/{begun.json()['id']}"
    assert begun.json()["style"] == "a-style"
    followed = events(server, place)
    assert followed[-1] == state(server, place)
    last = followed[-1]
    assert (last["state"], last["kind"], last["name"], last["step"], last["steps"]) == (
        "done",
        "learn",
        "The Painting",
        4,
        4,
    )
    steps = [event["step"] for event in followed]
    assert steps == sorted(steps)
    assert decoded(server.client.get(last["preview"]).content).size == (8, 8)
    result = server.client.get(last["result"])
    assert result.content == b"style"
    assert result.headers["content-disposition"] == 'attachment; filename="a-style.safetensors"'
    assert server.client.get("/api/jobs").json() == {"jobs": [last]}
    assert server.client.delete(place).status_code == 204
    assert server.client.get(place).status_code == 404
    assert list((server.service.folder / "jobs").iterdir()) == []


def test_a_job_that_is_cancelled(server: Running) -> None:
    place = learn(server, "long").headers["location"]
    until(lambda: state(server, place)["step"] == 1)
    pid = next(iter(server.service.jobs)).child.pid  # type: ignore[union-attr]
    assert server.client.get(f"{place}/result").status_code == 404
    assert server.client.delete(place).status_code == 204
    assert state(server, place)["state"] == "cancelled"
    until(lambda: not alive(pid))
    assert events(server, place)[0]["state"] == "cancelled"
    assert server.client.delete(place).status_code == 204
    assert server.client.delete(place).status_code == 404


def test_jobs_wait_for_each_other_and_have_a_bound(server: Running) -> None:
    first, second = (learn(server, name).headers["location"] for name in ("long one", "long two"))
    until(lambda: state(server, first)["state"] == "running")
    assert state(server, second)["state"] == "queued"
    third = learn(server, "long three")
    assert third.status_code == 429
    assert int(third.headers["retry-after"]) >= 1
    assert 'painterly_jobs{kind="learn",state="queued"} 1.0' in server.client.get("/metrics").text
    server.client.delete(second)  # which never began
    server.client.delete(first)
    until(lambda: learn(server, "long four").status_code == 202)


def test_a_job_that_is_lost(server: Running) -> None:
    place = learn(server, "crash").headers["location"]
    assert events(server, place)[-1]["state"] == "failed"
    assert "was lost" in state(server, place)["message"]
    place = learn(server, "long").headers["location"]
    until(lambda: state(server, place)["step"] == 1)
    job = server.service.jobs.find(place.rsplit("/", 1)[-1])
    assert job.child is not None
    os.kill(job.child.pid, signal.SIGKILL)
    assert events(server, place)[-1]["state"] == "failed"
    assert [path.name for path in job.folder.iterdir()] == ["preview.jpg"]


def test_a_job_that_cannot_be_done_says_why(server: Running) -> None:
    place = learn(server, "wrong").headers["location"]
    last = events(server, place)[-1]
    assert (last["state"], last["message"], last["result"]) == ("failed", "the painting is all black", None)


def test_a_job_that_takes_too_long(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("painterly.server.jobs.JOB", "fake_job")
    monkeypatch.setenv("PAINTERLY_STYLES", str(tmp_path))
    server = start(job_seconds=1.0)
    last = events(server, learn(server, "long").headers["location"])[-1]
    assert (last["state"], last["message"]) == ("failed", "it took longer than 1 s")


def test_results_are_kept_for_a_while(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("painterly.server.jobs.JOB", "fake_job")
    monkeypatch.setenv("PAINTERLY_STYLES", str(tmp_path))
    server = start(keep_seconds=1.0)
    place = learn(server, "short").headers["location"]
    assert events(server, place)[-1]["state"] == "done"
    until(lambda: server.client.get(place).status_code == 404)
    assert list((server.service.folder / "jobs").iterdir()) == []


def test_stopping_ends_jobs(server: Running) -> None:
    place = learn(server, "long").headers["location"]
    until(lambda: state(server, place)["step"] == 1)
    pid = next(iter(server.service.jobs)).child.pid  # type: ignore[union-attr]
    server.service.stopping.set()
    last = events(server, place)[-1]
    assert (last["state"], last["message"]) == ("cancelled", "the server was stopped")
    assert learn(server, "late").status_code == 503
    server.stop()
    assert not alive(pid)


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a.b", "a:1", "a,b", "..", " ", "x" * 65, "nul\0", "-\x1b[0m"]
)
def test_names_that_no_style_can_have(server: Running, name: str) -> None:
    answer = learn(server, name)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_names_that_are_taken(server: Running, tmp_path: Path) -> None:
    for name in ("Starry Night", "upscale-x4", "great_wave"):
        answer = learn(server, name)
        assert answer.status_code == 409
        assert "choose another name" in answer.json()["detail"]
    assert learn(server, "long").status_code == 202
    assert "being learnt already" in learn(server, "Long").json()["detail"]


@pytest.mark.parametrize(
    ("content", "status"), [(b"", 415), (b"nothing", 415), (PAINTING[:20], 400)], ids=["empty", "text", "cut"]
)
def test_paintings_that_are_none(server: Running, content: bytes, status: int) -> None:
    answer = server.client.post("/api/learn", files={"painting": ("a.png", content)}, data={"name": "mine"})
    assert answer.status_code == status
    assert list((server.service.folder / "jobs").iterdir()) == []


def test_clips_that_are_none(server: Running) -> None:
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"
    for content in (b"", PAINTING, playlist, b"ffconcat version 1.0\nfile /etc/passwd\n", bytes(500)):
        answer = server.client.post("/api/video", files={"clip": ("a.mp4", content)})
        assert answer.status_code == 415


def test_jobs_that_are_not_there(server: Running) -> None:
    for place in ("", "/events", "/preview", "/result"):
        answer = server.client.get(f"/api/jobs/nothing{place}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_styles_that_cannot_be_forgotten(server: Running) -> None:
    assert server.client.delete("/api/styles/starry-night").status_code == 409
    assert server.client.delete("/api/styles/nothing").status_code == 404
    assert server.client.delete("/api/styles/..%2fx").status_code == 404


def test_states_are_those_of_the_contract() -> None:
    assert FINAL == ("done", "failed", "cancelled")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
