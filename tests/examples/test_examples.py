"""The examples run, as somebody would run them, and do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, folder: Path, *options: str) -> str:
    """What an example prints."""
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    environment.pop("PAINTERLY_DATA", None)  # offline, with nothing but what ships
    command = [sys.executable, str(EXAMPLES / name), *options]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def pixels(path: Path) -> npt.NDArray[np.uint8]:
    """A picture that an example wrote."""
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_a_denoiser_learns(tmp_path: Path) -> None:
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    rows, columns = np.mgrid[0:64, 0:80]
    for number in range(3):
        waves = np.stack([np.sin(rows / (5 + number + c)) * np.cos(columns / 9) for c in range(3)], 2)
        Image.fromarray((127 + 100 * waves).astype(np.uint8)).save(photographs / f"{number}.jpg")
    text = run("denoise.py", tmp_path, "--photos", "photographs", "--steps", "60", "--size", "32")
    noisy, restored = (re.search(rf"{word}: ([\d.]+) dB, perceptual ([\d.]+)", text) for word in ("noisy", "restored"))
    assert noisy is not None
    assert restored is not None
    assert float(restored[1]) > float(noisy[1])
    assert float(restored[2]) < float(noisy[2])
    assert pixels(tmp_path / "denoised.png").shape == (64, 3 * 80, 3)


def test_tiles_of_your_network_are_the_whole_in_less_memory(tmp_path: Path) -> None:
    text = run("tile_your_network.py", tmp_path, "--size", "640", "--tile", "128")
    differences = [float(value) for value in re.findall(r"largest difference: ([\d.e-]+)", text)]
    assert len(differences) == 2
    assert max(differences) < 1e-4
    peaks = {size: (whole, tiled) for size, whole, tiled in _peaks(text)}
    assert peaks[640][1] < peaks[640][0] / 2


def _peaks(text: str) -> list[tuple[int, int, int]]:
    found = re.findall(r"(\d+) x \d+, (whole|tiled): (\d+) MB", text)
    sizes = sorted({int(size) for size, _, _ in found})
    return [(size, *(int(mb) for s, _, mb in found if int(s) == size)) for size in sizes]  # type: ignore[misc]


def test_painting_in_every_way(tmp_path: Path) -> None:
    text = run("stylise_from_python.py", tmp_path, "--size", "96")
    assert {path.name for path in (tmp_path / "paintings").rglob("*.png")} >= {
        "great-wave.png",
        "mixed.png",
        "halves.png",
    }
    assert pixels(tmp_path / "paintings" / "halves.png").shape == (64, 96, 3)
    assert "batch: (2, 3, 64, 96)" in text
    tiled = re.search(r"tiled: at most ([\d.]+) of 255", text)
    assert tiled is not None
    assert float(tiled[1]) < 0.26


def test_a_new_style_is_learnt(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    Image.fromarray(draw.integers(0, 256, (64, 64, 3), np.uint8)).save(tmp_path / "painting.png")
    Image.fromarray(draw.integers(0, 256, (48, 64, 3), np.uint8)).save(tmp_path / "photo.png")
    text = run("new_style.py", tmp_path, "painting.png", "photo.png", "--steps", "2", "--size", "32")
    assert "2 steps in" in text
    plain, mixed = (pixels(tmp_path / f"my-style{end}") for end in (".png", ".mixed.png"))
    assert plain.shape == mixed.shape == (48, 64, 3)
    assert (plain != mixed).any()


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_examples_say_how_they_are_run(name: str) -> None:
    assert f"python examples/{name}" in (EXAMPLES / name).read_text(encoding="utf-8")
