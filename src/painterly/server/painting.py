"""What the processes that paint do: pictures from files to files, by networks that stay loaded."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch
from PIL import Image

from painterly.errors import PainterlyError
from painterly.images.metadata import Metadata
from painterly.images.options import SaveOptions
from painterly.images.reading import read_with_metadata, resize_longest
from painterly.images.writing import flatten, save_picture
from painterly.memory import out_of_memory, resident_memory, return_freed_memory
from painterly.models.kinds import resize_tensor, unpack
from painterly.models.look import Look
from painterly.models.painter import Painter, load
from painterly.models.resolve import resolve
from painterly.models.upscaler import Upscaler, load_upscaler
from painterly.server.measuring import check_made, measure
from painterly.server.refusal import status_of

__all__ = ["Failure", "Networks", "Painting"]

log = logging.getLogger(__name__)

_KEPT = 4
"""Networks that stay loaded, beside the gallery."""

_KEPT_MEMORY = 512 << 20
"""Bytes beyond what was held at the start that are kept for the next picture; more go back to the system."""


@dataclass
class Painting:
    """One picture that is to be painted, and how; see `painterly.Painter`.

    Attributes:
        source: The file.
        target: The file to write.
        pixels: Most pixels, given and made.
        style: A style's name or a mixture.
        strength: From 0, the photograph, to 1, the style.
        color: Which colours.
        stroke: How large strokes are.
        canvas: How uneven the canvas is; by default as the network was trained.
        size: Longest side of the result.
        quality: Of JPEG and WebP.
    """

    source: str
    target: str
    pixels: int
    style: str = ""
    strength: float = 1.0
    color: str = "style"
    stroke: str = "medium"
    canvas: float | None = None
    size: int | None = None
    quality: int | None = None


@dataclass
class Failure:
    """What went wrong with one of several things.

    Attributes:
        error: A sentence.
        status: HTTP's, for it.
    """

    error: str
    status: int


@dataclass
class _Ready:
    """A painting for which all is read and loaded."""

    item: Painting
    painter: Painter
    look: Look | None
    picture: Image.Image
    metadata: Metadata

    @property
    def alike(self) -> tuple[Any, ...]:
        """What is the same for pictures that can be painted in one pass."""
        item = self.item
        return id(self.painter), self.look, item.color, item.stroke, item.canvas, item.size, self.picture.size

    @property
    def how(self) -> dict[str, Any]:
        """Keywords of the painter."""
        strength = None if self.look is None else self.look.strength
        item = self.item
        how = {"color": item.color, "stroke": item.stroke, "canvas": item.canvas}
        return {"style": self.look, "strength": strength, **how}


Size = tuple[int, int]
T = TypeVar("T")


class Networks:
    """The networks of one process, which stay loaded.

    Args:
        where: `device`, `backend` and `precision`; see `painterly.load`.

    Attributes:
        gallery: What paints most.
    """

    def __init__(self, where: dict[str, Any]) -> None:
        self._where = where
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self.gallery = load("gallery", **self._where)
        self._file = resolve("gallery")[0]
        self._before = resident_memory() or 0

    def do(self, kind: str, items: Sequence[dict[str, Any]]) -> list[Size | Failure]:
        """Do some of what can be asked for; what goes wrong with one does not harm the others.

        Args:
            kind: "paint", "upscale" or "preview".
            items: The arguments of each.

        Returns:
            For each, the width and height of the result (for a preview, of the picture itself), or what went wrong.
        """
        if kind == "paint":
            found = self._paint([Painting(**item) for item in items])
        else:
            work = self._upscale if kind == "upscale" else self._preview
            found = [_tried(partial(work, **item), item["source"]) for item in items]
        if (resident_memory() or 0) > self._before + _KEPT_MEMORY:
            return_freed_memory()
        return found

    def _paint(self, items: Sequence[Painting]) -> list[Size | Failure]:
        """Paint pictures, in one pass where they are alike."""
        ready = [_tried(partial(self._prepare, item), item.source) for item in items]
        groups: dict[Hashable, list[int]] = {}
        for place, one in enumerate(ready):
            if isinstance(one, _Ready):
                groups.setdefault(one.alike, []).append(place)
        done: dict[int, Image.Image | Failure] = {}
        for places in groups.values():
            members = [one for one in (ready[place] for place in places) if isinstance(one, _Ready)]
            done |= dict(zip(places, _painted(members), strict=True))
        found: list[Size | Failure] = []
        for place, one in enumerate(ready):
            painting = one if isinstance(one, Failure) else done[place]
            if isinstance(one, _Ready) and not isinstance(painting, Failure):
                found.append(_tried(partial(_save, painting, one.item, one.metadata), one.item.source))
            elif isinstance(painting, Failure):
                found.append(painting)
        return found

    def _prepare(self, item: Painting) -> _Ready:
        path, look = resolve(None, item.style, item.strength)
        picture, metadata = _read(item.source, item.pixels)
        check_made(Path(item.source).name, picture.size, item.size, item.pixels)
        return _Ready(item, self._painter(path), look, picture, metadata)

    def _upscale(
        self, source: str, target: str, pixels: int, factor: int, model: str | None, quality: int | None = None
    ) -> Size:
        picture, metadata = _read(source, pixels)
        check_made(Path(source).name, picture.size, None, pixels, factor)
        upscaler: Upscaler = self._keep((factor, model), lambda: load_upscaler(model, scale=factor, **self._where))
        return _save(upscaler(picture), Painting(source, target, pixels, quality=quality), metadata)

    def _preview(self, source: str, target: str, pixels: int, size: int) -> Size:
        picture, _ = _read(source, pixels)
        small = resize_longest(picture, min(size, max(picture.size)))
        save_picture(flatten(small), Path(target), options=SaveOptions(88, strip=True))
        return picture.size

    def _painter(self, path: Path) -> Painter:
        """The painter for a model's file; another once the file changes."""
        if path == self._file:
            return self.gallery
        painter: Painter = self._keep((path, path.stat().st_mtime_ns), lambda: load(path, **self._where))
        return painter

    def _keep(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """A network, loaded unless it is."""
        if key not in self._kept:
            self._kept[key] = make()
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _painted(members: Sequence[_Ready]) -> list[Image.Image | Failure]:
    """Pictures that are alike, painted: in one pass, or if that fails one by one."""
    first = members[0]
    if len(members) > 1:
        try:
            parts = [unpack(one.picture) for one in members]
            size = first.item.size
            pictures = torch.cat([part if size is None else resize_tensor(part, size) for part, _ in parts])
            paintings = first.painter(pictures, **first.how)
            return [restore(one) for (_, restore), one in zip(parts, paintings.split(1), strict=True)]
        except (PainterlyError, MemoryError, RuntimeError) as error:
            log.info("pictures are painted one by one, for together: %s", error)
    return [
        _tried(partial(one.painter, one.picture, size=one.item.size, **one.how), one.item.source) for one in members
    ]


def _read(source: str, pixels: int) -> tuple[Image.Image, Metadata]:
    measure(Path(source), pixels, native=True)
    return read_with_metadata(source, max_pixels=pixels)


def _save(picture: Image.Image, item: Painting, metadata: Metadata) -> Size:
    save_picture(picture, Path(item.target), options=SaveOptions(item.quality), metadata=metadata)
    return picture.size


def _tried(work: Callable[[], T], source: str) -> T | Failure:
    """What some work gives, or what went wrong with it; files are called by their names alone."""
    try:
        return work()
    except PainterlyError as error:
        return Failure(str(error).replace(f"{Path(source).parent}{os.sep}", ""), status_of(error))
    except Exception as error:
        if out_of_memory(error):
            return Failure(f"{Path(source).name} takes more memory than is free; make it smaller", 413)
        log.exception("an error that should not have been")
        return Failure("something went wrong that should not have; the server's log says more", 500)
