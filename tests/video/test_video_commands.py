"""`painterly video`, `camera`, `evaluate flicker` and `benchmark video`, as somebody types them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.video.conftest import times_of, write_clip

from painterly.commands import main

pytest.importorskip("av")

SMALL = ("--model", "starry-night-small", "--backend", "torch")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["painterly", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            main()
        captured = capfd.readouterr()
        return int(leaving.value.code or 0), captured.out, captured.err

    return run


def test_video(run: Run, tmp_path: Path) -> None:
    source, target = write_clip(tmp_path / "in.mp4", count=3), tmp_path / "out.mp4"
    status, out, err = run("video", source, "-o", target, *SMALL, "--json")
    assert status == 0
    about = json.loads(out)
    assert (about["frames"], about["width"], about["height"]) == (3, 48, 32)
    assert about["shares"]["network"] > 0
    assert "3 frames in" in err
    status, _, err = run("video", source, "-o", target, *SMALL)
    assert (status, err.count("\n")) == (1, 1)
    assert "exists; add --overwrite" in err
    status, _, err = run("video", source, "-o", tmp_path / "large.mp4", "--enlarge", 4, "--style", "udnie")
    assert status == 2
    assert "--enlarge does not paint; leave out --style" in err


def test_enlarge(run: Run, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", count=1, width=16, height=16)
    status, _, err = run("video", source, "--enlarge", 4, "--backend", "torch", "--crf", 30)
    assert status == 0, err
    assert len(times_of(tmp_path / "in-x4.mp4")) == 1


def test_camera(run: Run, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", times=[0, 128])
    status, _, err = run("camera", "--device", source, "-o", tmp_path / "out.mp4", "--size", 32, *SMALL)
    assert status == 0, err
    assert "frames painted" in err
    status, _, err = run("camera", "--device", tmp_path / "none", "-o", tmp_path / "other.mp4", *SMALL)
    assert status == 1
    assert "does not exist" in err


def test_flicker_and_benchmark(run: Run, tmp_path: Path) -> None:
    from PIL import Image

    Image.radial_gradient("L").convert("RGB").resize((360, 240)).save(tmp_path / "photo.png")
    status, out, err = run(
        *("evaluate", "flicker", "--photos", tmp_path / "photo.png", "--model", "starry-night-small"),
        *("--motion", "still", "--count", 2),
    )
    assert status == 0, err
    assert out.splitlines()[2].startswith("| starry-night-small | still ")
    status, out, _ = run("benchmark", "video", "--sizes", "32x32", "--count", 2, "-m", "starry-night-small", "--json")
    rows = json.loads(out)["rows"]
    assert [row["smooth"] for row in rows] == [0, 0.8]
    assert all(row["frames"] == 2 and row["frames_per_second"] > 0 for row in rows)
    status, _, err = run("benchmark", "video", "--sizes", "33x32")
    assert status == 2
    assert "even widths and heights" in err


def test_without_the_extra(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from painterly.video import pyav

    pyav.import_av.cache_clear()
    monkeypatch.setitem(sys.modules, "av", None)
    status, _, err = run("video", tmp_path / "in.mp4")
    pyav.import_av.cache_clear()
    assert status == 1
    assert err == "painterly: video needs an optional dependency: install it with  pip install 'painterly[video]'\n"
