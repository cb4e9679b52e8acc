"""A network that enlarges, as something to call: `painterly.load_upscaler("upscale-x4")("photo.jpg")`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, overload

import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from painterly.errors import InputError, UsageError
from painterly.images.histogram import match_histogram as match
from painterly.models.catalogue import DEFAULT_UPSCALERS
from painterly.models.device import choose_device
from painterly.models.kinds import Picture, unpack
from painterly.models.on_device import OnDevice
from painterly.models.reading import read_model
from painterly.networks.description import SRCNNDescription
from painterly.networks.srcnn import SRCNN
from painterly.networks.super_resolution import SuperResolutionNetwork

__all__ = ["Upscaler", "load_upscaler"]


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
    def __call__(self, picture: str | Path | Image.Image, *, match_histogram: bool | None = None) -> Image.Image: ...
    @overload
    def __call__(self, picture: npt.NDArray[Any], *, match_histogram: bool | None = None) -> npt.NDArray[Any]: ...
    @overload
    def __call__(self, picture: Tensor, *, match_histogram: bool | None = None) -> Tensor: ...

    def __call__(self, picture: Picture, *, match_histogram: bool | None = None) -> Any:
        """Enlarge a picture.

        Args:
            picture: A path, Pillow image, numpy array or tensor of any size; see `painterly.models.kinds.unpack`.
            match_histogram: Whether the result gets the picture's own distribution of colours, as in the paper; by
                default where that helps this network (`matches_histogram`).

        Returns:
            The enlarged picture, exactly `scale` times as wide and high, in the kind that was given (an image for a
            path); transparency is enlarged with it.

        Raises:
            InputError: The picture cannot be read, or is too large for the memory that is free.
            TypeError: It is of no known kind.
            ValueError: Its shape or type is of no known kind.
        """
        small, restore = unpack(picture)
        self._check_size(small)
        matching = self.matches_histogram if match_histogram is None else match_histogram
        return restore(self.enlarge(small.to(self.device), match_histogram=matching))

    @torch.inference_mode()
    def enlarge(self, pictures: Tensor, *, match_histogram: bool = False) -> Tensor:
        """RGB in [0, 1], shape (B, 3, H, W), to shape (B, 3, scale H, scale W), in [0, 1]."""
        large: Tensor = self.fast(pictures.contiguous(memory_format=torch.channels_last))
        return (match(large, pictures) if match_histogram else large).clamp(0, 1)

    def _check_size(self, x: Tensor) -> None:
        batch, _, height, width = x.shape
        if min(height, width) < 1:
            raise InputError("a picture without pixels cannot be enlarged")
        description = self.network.description
        # SRCNN's widest layer is replaced as soon as it is used; the other's is padded while it is.
        bytes_per_pixel = (
            7 * description.widths[0] if isinstance(description, SRCNNDescription) else 12 * description.up_width
        )
        need = batch * height * width * self.scale**2 * bytes_per_pixel  # measured, float32
        self._check_memory(width, height, need, "make it {} pixels wide or high at most")


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
        model: A shipped model's name or a model file; by default the one that ships for `scale`.
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
