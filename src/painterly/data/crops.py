"""An endless, shuffled stream of crops in which sample number k is always the same.

What sample k is follows from the seed and k alone: which photograph (a fresh shuffle every epoch), which part of it and
whether it is mirrored. A run that is resumed needs to know nothing but how many samples were drawn, and it makes no
difference how many processes read them.
"""

from __future__ import annotations

import random
import signal
from array import array
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from painterly.data.photos import Photos
from painterly.errors import InputError
from painterly.images.reading import UNREADABLE, upright_rgb

__all__ = ["Batch", "Crop", "CropDataset", "Cropping", "SampleOrder", "centre_crop", "crop_loader"]

Cropping = Literal["random", "squash", "patch", "reduced"]
"""A random square, 0.4 to 1 times as wide as the photograph's short side and mirrored half the time, so that pictures
come coarse and smooth alike; the whole photograph squeezed to a square (the paper's style transfer); a square of the
photograph's own pixels, mirrored half the time (the paper's super-resolution), from a photograph that is made larger
only where it is smaller than the square; or a square that is made up to twice as small, mirrored and turned at random,
so that pixels are sharper than a camera's and free of what JPEG did to them."""

_SMALLER = 2.0
"""How many times smaller "reduced" makes a photograph at most."""

_TURNS = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


class Crop(NamedTuple):
    """One sample: its number, its pixels, and the photographs that had to be skipped for it."""

    number: int
    pixels: Tensor
    skipped: tuple[str, ...]


class Batch(NamedTuple):
    """Sample numbers, crops (uint8 RGB, shape (B, 3, S, S)), and names of photographs that could not be read."""

    numbers: tuple[int, ...]
    pixels: Tensor
    skipped: tuple[str, ...]


class CropDataset(Dataset[Crop]):
    """Square crops by sample number.

    Args:
        photos: Where they come from.
        indices: Which of the photographs to use.
        size: Side of the crops in pixels.
        seed: Decides the order and the crops.
        cropping: See `Cropping`.
    """

    def __init__(
        self, photos: Photos, indices: Sequence[int], size: int, *, seed: int = 0, cropping: Cropping = "random"
    ) -> None:
        self.photos = photos
        self.indices = array("q", indices)  # no objects: see painterly.data.names
        self.size = size
        self.seed = seed
        self.cropping: Cropping = cropping
        self._epoch = (-1, self.indices)

    def __getitem__(self, sample: int) -> Crop:
        """Crop number `sample`, counted from the start of the run.

        Raises:
            InputError: None of the photographs can be read.
        """
        epoch, place = divmod(sample, len(self.indices))
        order = self._order(epoch)
        skipped: list[str] = []
        # A photograph that cannot be read is replaced by the next of the shuffle, so that the stream stays the same.
        for step in range(len(order)):
            index = order[(place + step) % len(order)]
            try:
                pixels = self._crop(index, random.Random(f"{self.seed}/{sample}"))
            except (InputError, *UNREADABLE):
                skipped.append(self.photos.names[index])
                continue
            return Crop(sample, pixels, tuple(skipped))
        raise InputError(f"none of the {len(order)} photographs in {self.photos.source} can be read")

    def _order(self, epoch: int) -> array[int]:
        if self._epoch[0] != epoch:
            order = array("q", self.indices)
            random.Random(f"{self.seed}/epoch/{epoch}").shuffle(order)
            self._epoch = (epoch, order)
        return self._epoch[1]

    def _crop(self, index: int, chance: random.Random) -> Tensor:
        with self.photos.open(index) as image:
            fine = self.cropping in ("patch", "reduced")
            if not fine:
                image.draft("RGB", (2 * self.size, 2 * self.size))  # JPEG decodes at a fraction of its size, faster
            picture = upright_rgb(image)
            if fine:
                picture = _at_least(picture, self.size)
            square = _cut(picture, self._box(picture.size, chance), self.size)
        if self.cropping != "squash" and chance.random() < 0.5:
            square = square.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if self.cropping == "reduced" and (turn := chance.choice(_TURNS)) is not None:
            square = square.transpose(turn)
        return torch.from_numpy(np.array(square)).permute(2, 0, 1)

    def _box(self, size: tuple[int, int], chance: random.Random) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the part of a photograph that becomes the crop."""
        width, height = size
        if self.cropping == "squash":
            return 0, 0, width, height
        if self.cropping == "patch":
            left, top = chance.randint(0, width - self.size), chance.randint(0, height - self.size)
            return left, top, left + self.size, top + self.size
        if self.cropping == "reduced":
            side = chance.uniform(self.size, min(*size, _SMALLER * self.size))
        else:
            side = chance.uniform(0.4 * min(size), min(size))
        x, y = chance.uniform(0, width - side), chance.uniform(0, height - side)
        return x, y, x + side, y + side


class SampleOrder(Sampler[int]):
    """Sample numbers from `start` to `stop`, in the share of one of several processes.

    A global batch is `processes` batches side by side, so the stream is the same however it is shared out.
    """

    def __init__(self, start: int, stop: int, batch_size: int, rank: int = 0, processes: int = 1) -> None:
        self.start, self.stop = start, stop
        self.batch_size, self.rank, self.processes = batch_size, rank, processes

    def __iter__(self) -> Iterator[int]:
        whole = self.batch_size * self.processes
        for first in range(self.start, self.stop, whole):
            mine = first + self.rank * self.batch_size
            yield from range(mine, mine + self.batch_size)

    def __len__(self) -> int:
        return (self.stop - self.start) // self.processes


def crop_loader(dataset: CropDataset, order: SampleOrder, *, workers: int = 1, pin: bool = False) -> DataLoader[Crop]:
    """Batches of crops, read ahead by `workers` processes so that the device never waits."""
    return DataLoader(
        dataset,
        batch_size=order.batch_size,
        sampler=order,
        num_workers=workers,
        collate_fn=_collate,
        pin_memory=pin,
        prefetch_factor=4 if workers else None,
        persistent_workers=workers > 0,
        worker_init_fn=_ignore_signals,
    )


def centre_crop(photos: Photos, index: int, size: int, *, native: bool = False) -> Tensor:
    """The middle of a photograph: uint8 RGB of shape (3, size, size).

    Args:
        photos: Where it comes from.
        index: Which photograph.
        size: Side of the square in pixels.
        native: Whether it is cut out of the photograph's own pixels, or the largest square, resized.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with photos.open(index) as image:
            if not native:
                image.draft("RGB", (2 * size, 2 * size))
            picture = upright_rgb(image)
            if native:
                picture = _at_least(picture, size)
            width, height = picture.size
            side = size if native else min(width, height)
            left, top = (width - side) / 2, (height - side) / 2
            if native:
                left, top = int(left), int(top)
            square = _cut(picture, (left, top, left + side, top + side), size)
    except UNREADABLE as error:
        raise InputError(f"{photos.names[index]} is damaged ({error})") from error
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)


def _at_least(picture: Image.Image, size: int) -> Image.Image:
    """The picture, made larger if its short side has fewer pixels."""
    width, height = picture.size
    ratio = size / min(width, height)
    if ratio <= 1:
        return picture
    return picture.resize((max(size, round(width * ratio)), max(size, round(height * ratio))), Image.Resampling.BICUBIC)


def _cut(picture: Image.Image, box: tuple[float, float, float, float], size: int) -> Image.Image:
    """The part of a picture within `box` at `size` by `size` pixels; untouched pixels where it has that size."""
    whole = all(float(edge).is_integer() for edge in box)
    if whole and (box[2] - box[0], box[3] - box[1]) == (size, size):
        left, top, right, bottom = map(int, box)
        return picture.crop((left, top, right, bottom))
    return picture.resize((size, size), Image.Resampling.BICUBIC, box=box)


def _ignore_signals(worker: int) -> None:
    """Ctrl-C reaches the whole process group; it is the trainer that decides when its readers stop."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _collate(crops: list[Crop]) -> Batch:
    numbers = tuple(crop.number for crop in crops)
    skipped = tuple(name for crop in crops for name in crop.skipped)
    return Batch(numbers, torch.stack([crop.pixels for crop in crops]), skipped)
