"""Which pictures are a benchmark, and the pairs made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from painterly.data.degradation import DEGRADATIONS, Degradation, degrade
from painterly.errors import InputError
from painterly.evaluation.benchmark import BenchmarkSet, find_sets


def noise(path: Path, mode: str = "RGB", size: tuple[int, int] = (30, 26)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def contents(sets: list[BenchmarkSet]) -> dict[str, list[str]]:
    return {one.name: [path.name for path in one.pictures] for one in sets}


def test_every_sub_folder_with_pictures_is_a_set_and_the_smallest_comes_first(tmp_path: Path) -> None:
    for name in ("Large/b.png", "Large/a.jpg", "Small/c.png", "Same/d.BMP"):
        noise(tmp_path / name)
    (tmp_path / "Nothing").mkdir()
    (tmp_path / "readme.txt").write_text("not a picture")
    found = find_sets(tmp_path)
    assert contents(found) == {"Same": ["d.BMP"], "Small": ["c.png"], "Large": ["a.jpg", "b.png"]}
    assert list(contents(found)) == ["Same", "Small", "Large"]


def test_a_folder_of_pictures_is_one_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise(tmp_path / "Set1" / "a.png")
    assert contents(find_sets(tmp_path / "Set1")) == {"Set1": ["a.png"]}
    monkeypatch.chdir(tmp_path / "Set1")
    assert contents(find_sets(".")) == {"Set1": ["a.png"]}


def test_low_resolution_copies_are_passed_over(tmp_path: Path) -> None:
    for name in ("img_001_SRF_4_HR.png", "img_001_SRF_4_LR.png", "b_LRx4.png"):
        noise(tmp_path / "Set" / name)
    assert contents(find_sets(tmp_path)) == {"Set": ["img_001_SRF_4_HR.png"]}


@pytest.mark.parametrize("name", ["a.txt", "x4_LR.png"])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    with pytest.raises(InputError, match="holds no pictures"):
        find_sets(tmp_path)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none", noise(tmp_path / "a.png")):
        with pytest.raises(InputError, match=f"{path.name} is not a folder"):
            find_sets(path)


@pytest.mark.parametrize("degradation", DEGRADATIONS)
@pytest.mark.parametrize("scale", [2, 4])
def test_a_pair_is_the_cropped_picture_and_its_small_counterpart(
    tmp_path: Path, scale: int, degradation: Degradation
) -> None:
    path = noise(tmp_path / "a.png", size=(31, 27))
    (pair,) = BenchmarkSet("Set", (path,)).pairs(scale, degradation)
    height, width = 27 // scale * scale, 31 // scale * scale
    with Image.open(path) as image:
        whole = torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255
    assert pair.name == "a"
    torch.testing.assert_close(pair.large[0], whole[:, :height, :width], atol=1e-7, rtol=0)
    assert torch.equal(pair.small, degrade(pair.large, scale, degradation))
    assert pair.small.shape == (1, 3, height // scale, width // scale)


@pytest.mark.parametrize(("mode", "grey"), [("L", True), ("LA", True), ("1", True), ("RGB", False), ("P", False)])
def test_grey_files_are_recognised_by_their_mode(tmp_path: Path, mode: str, grey: bool) -> None:
    (pair,) = BenchmarkSet("Set", (noise(tmp_path / "a.png", mode),)).pairs(4)
    assert pair.grey == grey
    assert pair.large.shape == (1, 3, 24, 28)


@pytest.mark.parametrize("scale", [2, 4])
def test_a_picture_that_is_too_small_is_named(tmp_path: Path, scale: int) -> None:
    least = 16 + 2 * scale
    paths = noise(tmp_path / "enough.png", size=(least, 40)), noise(tmp_path / "tiny.png", size=(40, least - 1))
    pairs = BenchmarkSet("Set", paths).pairs(scale)
    assert next(pairs).name == "enough"
    with pytest.raises(InputError, match=f"tiny.png is too small to be measured at x{scale}"):
        next(pairs)


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("not a picture")
    with pytest.raises(InputError, match=r"a\.png"):
        list(BenchmarkSet("Set", (tmp_path / "a.png",)).pairs(4))
