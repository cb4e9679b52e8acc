"""A network that enlarges, as something to call: `painterly.load_upscaler("upscale-x4")("photo.jpg")`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict, Unpack, overload

import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from painterly.errors import InputError, UsageError
from painterly.images.histogram import match_histogram as match
from painterly.memory import resident_memory
from painterly.models.catalogue import DEFAULT_UPSCALERS
from painterly.models.device import choose_device
from painterly.models.kinds import Picture, unpack
from painterly.models.on_device import OnDevice
from painterly.models.reading import read_model
from painterly.models.tiled import enlarge_by_tiles
from painterly.networks.description import SRCNNDescription
from painterly.networks.srcnn import SRCNN
from painterly.networks.super_resolution import SuperResolutionNetwork
from painterly.tiling.settings import TileSettings
from painterly.tiling.stores import Pixels, TensorPixels

__all__ = ["Upscaler", "load_upscaler"]


_TILES_SOONER = 6_000_000
"""Pixels of the result from which on tiles are faster on a CPU: they stay in the cache."""


class EnlargeOptions(TypedDict, total=False):
    """Keywords of `Upscaler.__call__`, which says what they mean."""

    match_histogram: bool | None
    tile: str | int
    memory: str | int | None


class Upscaler(OnDevice[SuperResolutionNetwork | SRCNN]):
    """A super-resolution network on a device.

    Args:
        network: The network.
        card: What its file says about it.
        device: Where it runs.
        backend: What runs it; see `painterly.inference.choose`.
        precision: Of its arithmetic; likewise.

    Attributes:
        network: The network, in evaluation mode.
        card: What its file says about it.
        device: Where it runs.
        choice: What runs it, and in which precision.
        fast: The network as it is run: the same pictures, sooner.
    """

    @property
    def scale(self) -> int:
        """How many times larger pictures become."""
        return int(self.network.description.scale)

    @property
    def matches_histogram(self) -> bool:
        """Whether histogram matching is the default: where it brought photographs that training had not seen closer."""
        unseen = self.card.result.get("unseen", {})
        return bool(unseen.get("matched_psnr", 0.0) > unseen.get("psnr", 0.0))

    @overload
    def __call__(self, picture: str | Path | Image.Image, **options: Unpack[EnlargeOptions]) -> Image.Image: ...
    @overload
    def __call__(self, picture: npt.NDArray[Any], **options: Unpack[EnlargeOptions]) -> npt.NDArray[Any]: ...
    @overload
    def __call__(self, picture: Tensor, **options: Unpack[EnlargeOptions]) -> Tensor: ...

    def __call__(
        self,
        picture: Picture,
        *,
        match_histogram: bool | None = None,
        tile: str | int = "auto",
        memory: str | int | None = None,
    ) -> Any:
        """Enlarge a picture.

        Args:
            picture: A path, Pillow image, numpy array or tensor of any size; see `painterly.models.kinds.unpack`.
            match_histogram: Whether the result gets the picture's own distribution of colours, as in the paper; by
                default where that helps this network (`matches_histogram`).
            tile: "auto", by tiles if the whole does not fit or takes longer; "off", never; or the side of the tiles in
                pixels of the result. The result is the same.
            memory: What the process may hold in all, in bytes or as "2GB"; by default two thirds of what is free.

        Returns:
            The enlarged picture, exactly `scale` times as wide and high, in the kind that was given (an image for a
            path); transparency is enlarged with it.

        Raises:
            InputError: The picture cannot be read, or is too large for the memory that is free.
            UsageError: There is no such tile or amount of memory.
            TypeError: It is of no known kind.
            ValueError: Its shape or type is of no known kind.
        """
        small, restore = unpack(picture)
        tiles = TileSettings(tile, memory)
        matching = self.matches_histogram if match_histogram is None else match_histogram
        if self.wants_tiles(tiles, small.shape[2], small.shape[3], len(small)):
            large = small.new_empty((len(small), 3, small.shape[2] * self.scale, small.shape[3] * self.scale))
            for place, given in zip(large.split(1), small.split(1), strict=True):
                self.by_tiles(TensorPixels(given), TensorPixels(place), tiles)
            return restore(match(large, small).clamp(0, 1) if matching else large)
        self._check_size(small)
        return restore(self.enlarge(small.to(self.device), match_histogram=matching))

    def by_tiles(
        self,
        source: Pixels,
        output: Pixels,
        tiles: TileSettings,
        progress: Callable[[float], object] = lambda share: None,
    ) -> None:
        """Enlarge a picture of any size, in memory that does not grow with it; its histogram is not matched.

        Args:
            source: The picture: three channels, or four with transparency.
            output: Where the result goes, of as many channels.
            tiles: Their size, and memory.
            progress: Called with the share that is done.
        """
        about: dict[str, Any] = {"dtype": self.tile_type, "device": self.device, "progress": progress}
        enlarge_by_tiles(self.network, source, output, tiles, **about)

    def wants_tiles(self, tiles: TileSettings, height: int, width: int, batch: int = 1) -> bool:
        """Whether pictures of a size are enlarged by tiles."""
        need = batch * height * width * self._bytes_per_pixel
        sooner = self.device.type == "cpu" and height * width * self.scale**2 >= _TILES_SOONER
        return min(height, width) > 0 and tiles.wanted(need, self.free_memory(), resident_memory(), sooner=sooner)

    @torch.inference_mode()
    def enlarge(self, pictures: Tensor, *, match_histogram: bool = False) -> Tensor:
        """RGB in [0, 1], shape (B, 3, H, W), to shape (B, 3, scale H, scale W), in [0, 1]."""
        large: Tensor = self.fast(pictures.contiguous(memory_format=torch.channels_last))
        return (match(large, pictures) if match_histogram else large).clamp(0, 1)

    def _check_size(self, x: Tensor) -> None:
        batch, _, height, width = x.shape
        if min(height, width) < 1:
            raise InputError("a picture without pixels cannot be enlarged")
        need = batch * height * width * self._bytes_per_pixel
        self._check_memory(width, height, need, "leave out --tile off, or make it {} pixels wide or high at most")

    @property
    def _bytes_per_pixel(self) -> int:
        """Of memory for a pixel that is given; measured, float32."""
        description = self.network.description
        # SRCNN's widest layer is replaced as soon as it is used; the other's is padded while it is.
        if isinstance(description, SRCNNDescription):
            return self.scale**2 * 7 * description.widths[0]
        return self.scale**2 * 12 * description.up_width


def load_upscaler(
    model: str | Path | None = None,
    *,
    scale: int | None = None,
    device: str = "auto",
    backend: str = "auto",
    precision: str = "auto",
) -> Upscaler:
    """Load a network that enlarges.

    Args:
        model: A shipped model's name, a model file, a folder of `save_pretrained`'s or `hf:user/repo`; by default the
            one that ships for `scale`.
        scale: How many times larger pictures are to become; by default what the model does, or 4.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        backend: "auto", "torch", "compile", "openvino" or "onnxruntime".
        precision: "auto", "float32" or "bfloat16".

    Raises:
        UsageError: There is no such model or device, or the model does not do what is asked.
        InputError: The file cannot be read as a model.

    Example:
        >>> import numpy as np
        >>> upscaler = load_upscaler("upscale-x4")
        >>> upscaler(np.zeros((5, 7, 3), np.uint8)).shape
        (20, 28, 3)
    """
    where = choose_device(device)
    if model is None:
        wanted = 4 if scale is None else scale
        if wanted not in DEFAULT_UPSCALERS:
            ships = " and ".join(f"x{factor}" for factor in DEFAULT_UPSCALERS)
            raise UsageError(f"no network for x{wanted} ships, only for {ships}; train one and name it with --model")
        model = DEFAULT_UPSCALERS[wanted]
    network, card = read_model(model)
    if not isinstance(network, (SuperResolutionNetwork, SRCNN)):
        raise UsageError(f"{model} does not enlarge; if it paints: painterly stylize, or load")
    upscaler = Upscaler(network, card, where, backend, precision)
    if scale is not None and scale != upscaler.scale:
        raise UsageError(f"{model} enlarges by {upscaler.scale}, not by {scale}; leave out one of --model and --scale")
    return upscaler
