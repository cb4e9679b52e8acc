"""Real work from end to end: a style is learnt and painted with, a clip is painted."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from tests.server.conftest import Running, decoded, encoded, noise
from tests.server.test_jobs import events
from tests.video.conftest import times_of, write_clip

import painterly


@pytest.fixture
def _compact(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss network that ships, which is quick."""
    monkeypatch.delenv("PAINTERLY_DATA", raising=False)


@pytest.mark.usefixtures("_compact")
def test_a_style_is_learnt_and_painted_with_at_once(painting: Running) -> None:
    pytest.importorskip("lightning_fabric")
    files = {"painting": ("painting.png", encoded(noise(64, 64)))}
    fields = {"name": "Fresh Paint", "title": "Fresh", "painter": "Nobody", "steps": 2}
    begun = painting.client.post("/api/learn", files=files, data=fields)
    assert begun.status_code == 202, begun.text
    place = begun.headers["location"]
    followed = events(painting, place)
    assert followed[-1]["state"] == "done", followed[-1]["message"]
    assert (followed[-1]["step"], followed[-1]["steps"]) == (2, 2)
    assert decoded(painting.client.get(followed[-1]["preview"]).content).size == (320, 213)

    (entry,) = [style for style in painting.client.get("/api/styles").json()["styles"] if style["learnt"]]
    assert entry == {"name": "fresh-paint", "title": "Fresh", "painter": "Nobody", "licence": "", "learnt": True}
    picture = noise(40, 32)
    answer = painting.stylize("a.png", encoded(picture), style="fresh-paint:1,udnie:1")
    assert answer.status_code == 200, answer.text
    expected = painterly.load("gallery")(picture, style="fresh-paint:1,udnie:1")
    assert np.array_equal(np.asarray(decoded(answer.content)), np.asarray(expected))
    assert painting.client.get(f"{place}/result").content[8:9] == b"{"  # safetensors

    again = painting.client.post("/api/learn", files=files, data=fields)
    assert again.status_code == 409
    assert painting.client.delete("/api/styles/fresh-paint").status_code == 204
    assert painting.stylize(style="fresh-paint").status_code == 422
    assert painting.client.get(f"{place}/result").status_code == 404


def test_a_clip_is_painted(painting: Running, tmp_path: Path) -> None:
    pytest.importorskip("av")
    clip = write_clip(tmp_path / "in.mp4", count=4)
    files = {"clip": ("my clip.mp4", clip.read_bytes())}
    begun = painting.client.post("/api/video", files=files, data={"style": "udnie", "smooth": 0})
    assert begun.status_code == 202, begun.text
    last = events(painting, begun.headers["location"])[-1]
    assert last["state"] == "done", last["message"]
    assert (last["step"], last["steps"]) == (4, 4)
    result = painting.client.get(last["result"])
    assert result.headers["content-type"] == "video/mp4"
    assert result.headers["content-disposition"].startswith("attachment; ")
    made = tmp_path / "out.mp4"
    made.write_bytes(result.content)
    assert times_of(made) == times_of(clip)
    assert decoded(painting.client.get(last["preview"]).content).size == (48, 32)


def test_a_clip_that_is_too_long(painting: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av")
    settings = dataclasses.replace(painting.service.settings, clip_seconds=1.0)
    monkeypatch.setattr(painting.service, "settings", settings)
    clip = write_clip(tmp_path / "in.mp4", count=40)
    begun = painting.client.post("/api/video", files={"clip": ("long.mp4", clip.read_bytes())})
    last = events(painting, begun.headers["location"])[-1]
    assert (last["state"], last["result"]) == ("failed", None)
    assert last["message"] == "the clip is longer than 1 s, the most that is taken here"


def test_a_clip_that_is_damaged(painting: Running, tmp_path: Path) -> None:
    pytest.importorskip("av")
    content = write_clip(tmp_path / "in.mp4", count=4).read_bytes()
    begun = painting.client.post("/api/video", files={"clip": ("bad.mp4", content[:60] + bytes(500))})
    last = events(painting, begun.headers["location"])[-1]
    assert last["state"] == "failed"
    assert last["message"].startswith("bad.mp4 ")
