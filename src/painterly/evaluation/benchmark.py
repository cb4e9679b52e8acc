"""Benchmark sets of super-resolution: which pictures they are, and the pairs made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from torch import Tensor

from painterly.data.degradation import Degradation, degrade
from painterly.data.photos import PICTURE_SUFFIXES
from painterly.errors import InputError
from painterly.images.reading import UNREADABLE, open_picture, read_picture
from painterly.images.resampling import crop_to_multiple
from painterly.images.tensors import to_tensor

__all__ = ["BenchmarkSet", "Pair", "find_sets"]


@dataclass(frozen=True)
class Pair:
    """A picture of a benchmark and the small one that methods are given.

    Attributes:
        name: The file's name without its ending.
        small: RGB in [0, 1], shape (1, 3, H / scale, W / scale), eight bits.
        large: The ground truth, cropped to a multiple of the scale; RGB in [0, 1], shape (1, 3, H, W).
        grey: Whether the file is grey.
    """

    name: str
    small: Tensor
    large: Tensor
    grey: bool


@dataclass(frozen=True)
class BenchmarkSet:
    """A folder of ground-truth pictures.

    Attributes:
        name: The folder's name.
        pictures: Its pictures, sorted.
    """

    name: str
    pictures: tuple[Path, ...]

    def pairs(self, scale: int, degradation: Degradation = "bicubic") -> Iterator[Pair]:
        """Every picture with its small counterpart.

        Raises:
            InputError: A picture cannot be read, or is too small.
        """
        for path in self.pictures:
            picture = read_picture(path)
            large = crop_to_multiple(to_tensor(picture), scale)
            if min(large.shape[-2:]) < 16 + 2 * scale:  # what the window of SSIM and the border leave room for
                raise InputError(f"{path} is too small to be measured at x{scale}; leave it out")
            yield Pair(path.stem, degrade(large, scale, degradation), large, _is_grey(path))


def find_sets(folder: str | Path) -> list[BenchmarkSet]:
    """The benchmark sets in a folder: each sub-folder with pictures is one, or else the folder itself.

    Low-resolution copies, which some collections keep beside the ground truth as `..._LR...`, are passed over.

    Raises:
        InputError: There is no such folder, or no picture in it.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: name one that holds benchmark sets, such as Set5")
    inner = [_pictures(path) for path in sorted(folder.iterdir()) if path.is_dir()]
    sets = [found for found in inner if found.pictures] or [found for found in [_pictures(folder)] if found.pictures]
    if not sets:
        raise InputError(f"{folder} holds no pictures ({', '.join(sorted(PICTURE_SUFFIXES))} are looked for)")
    return sorted(sets, key=lambda found: (len(found.pictures), found.name))


def _pictures(folder: Path) -> BenchmarkSet:
    files = (path for path in sorted(folder.iterdir()) if path.suffix.lower() in PICTURE_SUFFIXES)
    return BenchmarkSet(folder.resolve().name, tuple(path for path in files if "_LR" not in path.stem))


def _is_grey(path: Path) -> bool:
    try:
        with open_picture(path) as image:
            return Image.getmodebase(image.mode) == "L" and image.mode != "P"
    except UNREADABLE as error:
        raise InputError(f"{path} is damaged ({error})") from error
