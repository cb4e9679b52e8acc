"""- for pictures that come and go through pipes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from painterly.batch import Outcome, plan_jobs, work_on_files
from painterly.batch.make import Files
from painterly.errors import UsageError
from painterly.images import SaveOptions, open_strips, read_picture
from painterly.images.animation import Animation, read_frames, save_animation

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 30, 3), np.uint8))


def convert(source: Any, target: Any, options: SaveOptions | None = None, format: str | None = None) -> list[Outcome]:
    files, silent = Files(options=options or SaveOptions()), lambda outcome: None
    return work_on_files(source, target, lambda p: p, suffix="s", format=format, files=files, report=silent)


def animation(path: Path) -> bytes:
    frames = [(NOISE.rotate(90 * number).quantize(64).convert("RGB"), 40.0) for number in range(3)]
    save_animation(frames, path, Animation(3))
    return path.read_bytes()


class Pipe(io.BytesIO):
    """Standard input or output of a process."""

    def __init__(self, content: bytes = b"", *, terminal: bool = False) -> None:
        super().__init__(content)
        self.terminal = terminal

    @property
    def buffer(self) -> Pipe:
        return self

    def isatty(self) -> bool:
        return self.terminal


def run(monkeypatch: pytest.MonkeyPatch, content: bytes, target: Any, **options: Any) -> tuple[Outcome, bytes]:
    out = Pipe(terminal=options.pop("terminal", False))
    monkeypatch.setattr("sys.stdin", Pipe(content))
    monkeypatch.setattr("sys.stdout", out)
    (outcome,) = convert(options.pop("source", "-"), target, **options)
    return outcome, out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP", "AVIF"])
def test_in_and_out(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    file = io.BytesIO()
    NOISE.save(file, kind)
    outcome, content = run(monkeypatch, file.getvalue(), None)
    assert not outcome.error
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.size) == (kind, NOISE.size)


def test_in_another_format(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    NOISE.save(file, "PNG")
    _, content = run(monkeypatch, file.getvalue(), "-", format="tif")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), np.asarray(NOISE))


def test_to_a_file_and_from_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    NOISE.save(tmp_path / "a.png")
    outcome, content = run(monkeypatch, (tmp_path / "a.png").read_bytes(), tmp_path / "b.png")
    assert (outcome.error, content) == ("", b"")
    assert np.array_equal(np.asarray(read_picture(tmp_path / "b.png")), np.asarray(NOISE))
    _, content = run(monkeypatch, b"", "-", source=str(tmp_path / "b.png"))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), np.asarray(NOISE))


def test_an_animation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    content = animation(tmp_path / "a.gif")
    _, found = run(monkeypatch, content, "-")
    (tmp_path / "b.gif").write_bytes(found)
    assert len(list(read_frames(tmp_path / "b.gif"))) == 3


def test_sixteen_bits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pyvips")
    file = io.BytesIO()
    NOISE.save(file, "JPEG")
    _, found = run(monkeypatch, file.getvalue(), "-", options=SaveOptions(depth=16))
    (tmp_path / "b.png").write_bytes(found)
    assert open_strips(tmp_path / "b.png").dtype == np.uint16


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"text", "is not a picture")])
def test_what_is_no_picture(monkeypatch: pytest.MonkeyPatch, content: bytes, words: str) -> None:
    outcome, found = run(monkeypatch, content, "-")
    assert outcome.error.startswith(f"standard input {words}")
    assert found == b""


def test_a_terminal_is_no_place_for_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="standard output is a terminal"):
        run(monkeypatch, b"", "-", terminal=True)


def test_what_does_not_go_together(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        NOISE.save(tmp_path / name)
    with pytest.raises(UsageError, match=r"standard input\) goes alone"):
        plan_jobs(["-", "a.png"], None, suffix="s")
    with pytest.raises(UsageError, match="standard output is one file, but there are 2"):
        plan_jobs([str(tmp_path)], Path("-"), suffix="s")
    with pytest.raises(UsageError, match="has no name to keep in"):
        plan_jobs(["-"], tmp_path, suffix="s")
    with pytest.raises(UsageError, match=r"cannot write '\.xyz'"):
        plan_jobs(["-"], Path("a.xyz"), suffix="s")
