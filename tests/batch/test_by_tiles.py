"""From file to file by tiles: the same files, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from painterly import stylize, upscale
from painterly.batch.make import Files
from painterly.batch.tiles import TiledWork, make_by_tiles
from painterly.images.options import SaveOptions

FAST = {"backend": "torch", "precision": "float32", "model": "starry-night-small"}


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    y, x = np.mgrid[:90, :140]
    values = np.stack([x % 256, y * 2 % 256, (x * y) % 256], 2).astype(np.uint8)
    path = tmp_path / "photograph.png"
    Image.fromarray(values).save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(np.int64)


@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
def test_painted_by_tiles_is_painted_whole(photograph: Path, tmp_path: Path, ending: str) -> None:
    whole, tiled = tmp_path / f"whole.{ending}", tmp_path / f"tiled.{ending}"
    options = {"quality": 100} if ending == "webp" else {}
    assert not stylize(photograph, whole, tile="off", **FAST, **options)[0].error  # type: ignore[arg-type]
    (outcome,) = stylize(photograph, tiled, tile=40, **FAST, **options)  # type: ignore[arg-type]
    assert not outcome.error
    assert outcome.size == (140, 90)
    assert np.abs(pixels(whole) - pixels(tiled)).max() <= (1 if ending != "webp" else 8)


def test_sizes_and_sixteen_bits(photograph: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyvips")
    for name, options in (("whole.png", {}), ("tiled.png", {"tile": 50})):
        (outcome,) = stylize(photograph, tmp_path / name, size=100, depth=16, **FAST, **options)  # type: ignore[arg-type]
        assert outcome.size == (100, 64)
    assert np.abs(pixels(tmp_path / "whole.png") - pixels(tmp_path / "tiled.png")).max() <= 1


def test_enlarged_by_tiles_is_enlarged_whole(photograph: Path, tmp_path: Path) -> None:
    for name, tile in (("whole.png", "off"), ("tiled.png", "100")):
        (outcome,) = upscale(photograph, tmp_path / name, tile=tile, backend="torch", precision="float32")
        assert outcome.size == (560, 360)
    assert np.abs(pixels(tmp_path / "whole.png") - pixels(tmp_path / "tiled.png")).max() <= 1


def test_matched_histograms_need_the_whole(photograph: Path, tmp_path: Path) -> None:
    (outcome,) = upscale(photograph, tmp_path / "large.png", tile=100, match_histogram=True)
    assert "--no-match-histogram" in outcome.error
    assert not (tmp_path / "large.png").exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_behind(
    photograph: Path, tmp_path: Path, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr("painterly.batch.tiles._IN_MEMORY", 0)

    def fail(*_: object) -> None:
        raise error

    work = TiledWork(lambda height, width: True, lambda height, width: (height, width), fail)
    with pytest.raises(error):
        make_by_tiles(photograph, tmp_path / "result.png", work, Files(options=SaveOptions()))
    assert list(folder.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"photograph.png", "temporary"}


def test_tiles_are_not_asked_of_those_that_need_no_torch(photograph: Path, tmp_path: Path) -> None:
    """Deciding whether tiles are needed must not cost the import that the fast start avoids."""
    program = (
        "import sys; from painterly.batch.tiles import size_of; from painterly.batch.painting import Painting; "
        f"from pathlib import Path; size_of(Path({str(photograph)!r})); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
