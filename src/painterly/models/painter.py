"""A network that paints, as something to call: `painterly.load("starry-night")("photo.jpg")`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypedDict, Unpack, overload

import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from painterly.errors import InputError, UsageError
from painterly.images.masks import fit_mask
from painterly.inference.accelerate import accelerate
from painterly.memory import resident_memory
from painterly.models.card import ModelCard
from painterly.models.device import choose_device
from painterly.models.gallery import Gallery
from painterly.models.kinds import Picture, resize_tensor, unpack
from painterly.models.look import Look
from painterly.models.mask import read_mask
from painterly.models.on_device import OnDevice
from painterly.models.reading import read_file
from painterly.models.resolve import Style, card_for, resolve, resolve_look
from painterly.models.tiled import TiledPainting
from painterly.models.treat import treat
from painterly.models.treatment import Treatment
from painterly.networks.style import MINIMUM_SIZE, StyleNetwork
from painterly.tiling.settings import TILES_SOONER, TileSettings
from painterly.tiling.stores import TensorPixels

__all__ = ["BYTES_PER_PIXEL_AND_CHANNEL", "Painter", "load"]

BYTES_PER_PIXEL_AND_CHANNEL = 28
"""Peak memory of a forward pass in float32, measured at 1024 x 1024: this, times the width, times the pixels. Half of
it in bfloat16."""

_KEPT = 16
"""Looks that are kept ready, the last used."""


class PaintOptions(TypedDict, total=False):
    """Keywords of `Painter.__call__`, which says what they mean."""

    size: int | None
    style: Style | Sequence[Style] | None
    strength: float | None
    color: str
    stroke: str
    canvas: float | None
    mask: Picture | Sequence[Picture] | None
    tile: str | int
    memory: str | int | None
    statistics: str


class Painter(OnDevice[StyleNetwork]):
    """A style network on a device.

    Args:
        network: The network, of one style or several.
        card: What its file says about it.
        device: Where it runs.
        backend: What runs it; see `painterly.inference.choose`.
        precision: Of its arithmetic; likewise.
        look: What a network of several styles paints unless told otherwise; by default its first style.
        name: What it is called, by default its title.

    Attributes:
        network: The network, in evaluation mode; of several styles, what they come to in `look`.
        card: What its file says about it, and about `look`.
        device: Where it runs.
        choice: What runs it, and in which precision.
        fast: The network as it is run: the same pictures, sooner.
        name: What it is called.
        look: What it paints unless told otherwise; None for a network of one style.
        gallery: The network of several styles behind it, if there is one.
    """

    def __init__(
        self,
        network: StyleNetwork,
        card: ModelCard,
        device: torch.device,
        backend: str = "auto",
        precision: str = "auto",
        look: Look | None = None,
        name: str = "",
    ) -> None:
        self.name = name or card.title or "this network"
        self.gallery, self.look = None, look
        if network.description.styles > 1:
            self.gallery = Gallery(network.eval().to(device), card)
            self.look = look or resolve_look(card, self.name)
            assert self.look is not None
            network, card = self.gallery.network_for(self.look), card_for(card, self.look)
        super().__init__(network, card, device, backend, precision)
        self._ready = {self._key(self.look): self.fast}

    @property
    def whole(self) -> tuple[StyleNetwork, ModelCard]:
        """Network and card as their file has them: the gallery's, where there is one."""
        return (self.gallery.network, self.gallery.card) if self.gallery is not None else (self.network, self.card)

    @property
    def styles(self) -> list[str]:
        """Names of the styles that it can paint, those that were learnt on this machine included."""
        return self.gallery.names if self.gallery is not None else [str(self.card.style.get("name") or self.name)]

    @overload
    def __call__(self, picture: str | Path | Image.Image, **options: Unpack[PaintOptions]) -> Image.Image: ...
    @overload
    def __call__(self, picture: npt.NDArray[Any], **options: Unpack[PaintOptions]) -> npt.NDArray[Any]: ...
    @overload
    def __call__(self, picture: Tensor, **options: Unpack[PaintOptions]) -> Tensor: ...

    def __call__(
        self,
        picture: Picture,
        *,
        size: int | None = None,
        style: Style | Sequence[Style] | None = None,
        strength: float | None = None,
        color: str = "style",
        stroke: str = "medium",
        canvas: float | None = None,
        mask: Picture | Sequence[Picture] | None = None,
        tile: str | int = "auto",
        memory: str | int | None = None,
        statistics: str = "whole",
    ) -> Any:
        """Paint a picture.

        Args:
            picture: A path, Pillow image, numpy array or tensor; see `painterly.models.kinds.unpack`.
            size: Longest side of the result in pixels; by default that of the picture. Larger makes finer strokes.
            style: A style's name or a mixture (`starry-night:0.6,the-scream:0.4`, or a mapping), or several of them,
                each for its mask; by default what was loaded.
            strength: From 0, the photograph, to 1, the style; by default what was loaded.
            color: "style", the painting's colours; "content", its luminance with the photograph's colours; or
                "luminance", the same with the photograph's brightness and contrast too.
            stroke: "small", "medium" or "large": how large strokes are in a picture of this size.
            canvas: How uneven the canvas is, in grey levels from 0 to 32: it gives skies and walls strokes of their
                own where an even one leaves a weave. By default as the network was trained: 4 for the gallery.
            mask: Where to paint: a picture of the same proportions, white inside; several for several styles. A style
                without a mask, the last one, fills what the others leave; otherwise the photograph shows there.
            tile: "auto", by tiles if the whole does not fit or takes longer; "off", never; or the side of the tiles in
                pixels. The painting is the same.
            memory: What the process may hold in all, in bytes or as "2GB"; by default two thirds of what is free.
            statistics: "whole"; or "thumbnail": instance normalisation goes by a version of the picture of 1024
                pixels, which makes strokes larger in a large picture.

        Returns:
            The painting, in the kind that was given (an image for a path), with the picture's own size unless `size`
            is given.

        Raises:
            InputError: The picture or a mask cannot be read or has the wrong proportions, or the picture is smaller
                than 16x16 or too large for the memory that is free.
            UsageError: There is no such style, or the network cannot do it.
            TypeError: A picture is of no known kind.
            ValueError: A picture's shape or type is of no known kind.
        """
        photograph, restore = unpack(picture)
        if size is not None:
            if size < 1:
                raise UsageError(f"size must be at least {MINIMUM_SIZE} pixels, not {size}")
            photograph = resize_tensor(photograph, size)
        treatment = Treatment(color, stroke, self.whole[1].canvas if canvas is None else canvas)
        tiles = TileSettings(tile, memory, statistics)
        looks = self._looks(style, strength)
        masks = self._masks(mask, photograph)
        if self.wants_tiles(tiles, photograph.shape[2], photograph.shape[3], len(photograph), treatment):
            one = self.by_tiles(looks, treatment, masks)
            painting = torch.empty_like(photograph)
            for place, given in zip(painting.split(1), photograph.split(1), strict=True):
                one.paint(TensorPixels(given), TensorPixels(place), tiles)
            return restore(painting)
        self._check_size(photograph, treatment.scale)
        photograph = photograph.to(self.device)
        paint = [partial(self.paint, look=look) for look in looks]
        treatment = treatment.for_looks(look or self.look for look in looks)
        return restore(treat(photograph, paint, treatment, [mask.to(self.device) for mask in masks]))

    def by_tiles(
        self,
        looks: Sequence[Look | None],
        treatment: Treatment | None = None,
        masks: Sequence[Tensor] = (),
        size: int | None = None,
    ) -> TiledPainting:
        """What paints pictures of any size, in memory that does not grow with them.

        Args:
            looks: What to paint; None for what was loaded.
            treatment: Colours, strokes and canvas.
            masks: Where each look belongs, shape (1, 1, h, w), of the picture's proportions.
            size: Longest side of the result in pixels; by default that of the picture.

        Raises:
            UsageError: The precision is int8, which tiles do not know.
        """
        networks = [self._plain_network(look) for look in looks]
        treatment = (treatment or Treatment()).for_looks(look or self.look for look in looks)
        return TiledPainting(networks, treatment, masks, size, self.tile_type, self.device)

    def wants_tiles(
        self, tiles: TileSettings, height: int, width: int, batch: int = 1, treatment: Treatment | None = None
    ) -> bool:
        """Whether pictures of a size are painted by tiles."""
        if min(height, width) < MINIMUM_SIZE:
            return False  # refused in any case
        need = self._bytes_for(batch * height * width, (treatment or Treatment()).scale)
        sooner = self.device.type == "cpu" and height * width >= TILES_SOONER and self.choice.precision != "int8"
        return tiles.wanted(need, self.free_memory(), resident_memory(), sooner=sooner)

    def _plain_network(self, look: Look | None) -> StyleNetwork:
        """The network for a look, as it is."""
        look = look or self.look
        if self.gallery is None or look is None:
            return self.network
        return self.gallery.network_for(look)

    @torch.inference_mode()
    def paint(self, photographs: Tensor, look: Look | None = None) -> Tensor:
        """RGB in [0, 1], shape (B, 3, H, W), to paintings of the same shape, in [0, 1].

        Args:
            photographs: The photographs.
            look: What to paint, if the network is a gallery; by default what was loaded.
        """
        painting: Tensor = self._network(look)(photographs.contiguous(memory_format=torch.channels_last))
        return painting.clamp(0, 1)

    def _network(self, look: Look | None) -> StyleNetwork:
        """The fast network for a look."""
        look = look or self.look
        key = self._key(look)
        if key not in self._ready:
            assert self.gallery is not None
            assert look is not None
            while len(self._ready) >= _KEPT:
                self._ready.pop(next(iter(self._ready)))
            network = self.gallery.network_for(look).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            self._ready[key] = accelerate(network, self.choice, self.device)
        self._ready[key] = self._ready.pop(key)
        return self._ready[key]

    def _key(self, look: Look | None) -> str:
        """Changes when a style is learnt again."""
        return "" if look is None or self.gallery is None else self.gallery.book.key(look)

    def _looks(self, style: Style | Sequence[Style] | None, strength: float | None) -> list[Look | None]:
        styles: list[Any] = list(style) if isinstance(style, (list, tuple)) else [style]
        styles = styles or [None]
        default = self.look
        if strength is None:
            strength = default.strength if default is not None else 1.0
        card = self.gallery.card if self.gallery is not None else self.card
        return [resolve_look(card, self.name, default if one is None else one, strength) for one in styles]

    def _masks(self, mask: Picture | Sequence[Picture] | None, photograph: Tensor) -> list[Tensor]:
        height, width = photograph.shape[-2:]
        masks: list[Any] = list(mask) if isinstance(mask, (list, tuple)) else [] if mask is None else [mask]
        found = []
        for one in masks:
            name = f"the mask {one}" if isinstance(one, (str, Path)) else "the mask"
            found.append(fit_mask(read_mask(one), height, width, name))
        return found

    def _check_size(self, x: Tensor, scale: float = 1.0) -> None:
        batch, _, height, width = x.shape
        if min(height, width) < MINIMUM_SIZE:
            raise InputError(f"a picture of {width}x{height} pixels is too small; at least 16x16 are needed")
        need = self._bytes_for(batch * height * width, scale)
        self._check_memory(width, height, need, "leave out --tile off, or try --size {}")

    def _bytes_for(self, pixels: int, scale: float) -> int:
        return int(pixels * scale**2 * self.network.description.width * bytes_per_channel(self.choice.precision))


def bytes_per_channel(precision: str) -> int:
    """Peak memory of a forward pass for every pixel and every channel of the network's width."""
    return BYTES_PER_PIXEL_AND_CHANNEL if precision == "float32" else BYTES_PER_PIXEL_AND_CHANNEL // 2


def load(
    model: str | Path | None = None,
    *,
    style: Style | None = None,
    strength: float = 1.0,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
) -> Painter:
    """Load a network that paints.

    Args:
        model: A shipped model's name, one of the gallery's styles, a model file, a folder of `save_pretrained`'s,
            `hf:user/repo` on the Hugging Face Hub, or a file that can be imported; by default the gallery.
        style: A style or a mixture, for a gallery: what it paints unless told otherwise.
        strength: From 0, the photograph, to 1, the style; likewise.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        backend: "auto", "torch", "compile", "openvino" or "onnxruntime".
        precision: "auto", "float32", "bfloat16" or "int8" (in OpenVINO, for style networks).

    Raises:
        UsageError: There is no such model, style or device, or the model does not paint but enlarges.
        InputError: The file cannot be read as a model.

    Example:
        >>> import numpy as np
        >>> painter = load("starry-night")
        >>> painter(np.zeros((48, 64, 3), np.uint8)).shape
        (48, 64, 3)
    """
    where = choose_device(device)
    path, look = resolve(model, style, strength)
    network, card = read_file(path)
    if not isinstance(network, StyleNetwork):
        what = "it enlarges pictures: painterly upscale, or load_upscaler" if card.task == "super-resolution" else ""
        raise UsageError(f"{path.stem} is a network for {card.task}, it does not paint; {what or 'name another'}")
    return Painter(network, card, where, backend, precision, look, path.stem)
