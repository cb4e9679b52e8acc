"""A network that paints, as something to call: `painterly.load("starry-night")("photo.jpg")`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, overload

import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from painterly.errors import InputError, UsageError
from painterly.models.catalogue import DEFAULT_MODEL
from painterly.models.device import choose_device
from painterly.models.kinds import Picture, resize_tensor, unpack
from painterly.models.on_device import OnDevice
from painterly.models.reading import read_model
from painterly.networks.style import MINIMUM_SIZE, StyleNetwork

__all__ = ["BYTES_PER_PIXEL_AND_CHANNEL", "Painter", "load"]

BYTES_PER_PIXEL_AND_CHANNEL = 28
"""Peak memory of a forward pass in float32, measured at 1024 x 1024: this, times the width, times the pixels."""


class Painter(OnDevice[StyleNetwork]):
    """A style network on a device.

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

    @overload
    def __call__(self, picture: str | Path | Image.Image, *, size: int | None = None) -> Image.Image: ...
    @overload
    def __call__(self, picture: npt.NDArray[Any], *, size: int | None = None) -> npt.NDArray[Any]: ...
    @overload
    def __call__(self, picture: Tensor, *, size: int | None = None) -> Tensor: ...

    def __call__(self, picture: Picture, *, size: int | None = None) -> Any:
        """Paint a picture.

        Args:
            picture: A path, Pillow image, numpy array or tensor; see `painterly.models.kinds.unpack`.
            size: Longest side of the result in pixels; by default that of the picture. Larger makes finer strokes.

        Returns:
            The painting, in the kind that was given (an image for a path), with the picture's own size unless `size`
            is given.

        Raises:
            InputError: The picture cannot be read, is smaller than 16x16, or too large for the memory that is free.
            TypeError: It is of no known kind.
            ValueError: Its shape or type is of no known kind.
        """
        photograph, restore = unpack(picture)
        if size is not None:
            if size < 1:
                raise UsageError(f"size must be at least {MINIMUM_SIZE} pixels, not {size}")
            photograph = resize_tensor(photograph, size)
        self._check_size(photograph)
        return restore(self.paint(photograph.to(self.device)))

    @torch.inference_mode()
    def paint(self, photographs: Tensor) -> Tensor:
        """RGB in [0, 1], shape (B, 3, H, W), to paintings of the same shape, in [0, 1]."""
        painting: Tensor = self.fast(photographs.contiguous(memory_format=torch.channels_last))
        return painting.clamp(0, 1)

    def _check_size(self, x: Tensor) -> None:
        batch, _, height, width = x.shape
        if min(height, width) < MINIMUM_SIZE:
            raise InputError(f"a picture of {width}x{height} pixels is too small; at least 16x16 are needed")
        need = batch * height * width * self.network.description.width * BYTES_PER_PIXEL_AND_CHANNEL
        self._check_memory(width, height, need, "try --size {}")


def load(
    model: str | Path = DEFAULT_MODEL, *, device: str = "auto", backend: str = "auto", precision: str = "auto"
) -> Painter:
    """Load a network that paints.

    Args:
        model: A shipped model's name, a model file, or one of the authors' released networks as ONNX.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        backend: "auto", "torch", "compile", "openvino" or "onnxruntime".
        precision: "auto", "float32", "bfloat16" or "int8" (in OpenVINO, for style networks).

    Raises:
        UsageError: There is no such model or device, or the model does not paint but enlarges.
        InputError: The file cannot be read as a model.

    Example:
        >>> import numpy as np
        >>> painter = load("starry-night")
        >>> painter(np.zeros((48, 64, 3), np.uint8)).shape
        (48, 64, 3)
    """
    where = choose_device(device)
    network, card = read_model(model)
    if not isinstance(network, StyleNetwork):
        raise UsageError(
            f"{model} is a network for {card.task}; it enlarges pictures: painterly upscale, or load_upscaler"
        )
    return Painter(network, card, where, backend, precision)
