"""Pictures in whatever kind the caller has them, and back again in the same kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from painterly.images.reading import read_picture, upright_srgb
from painterly.images.tensors import from_tensor, to_tensor

__all__ = ["Picture", "resize_tensor", "unpack"]

Picture = str | Path | Image.Image | npt.NDArray[Any] | Tensor
"""What models take. A path comes back as an image; everything else as the kind that went in."""


def unpack(picture: Picture) -> tuple[Tensor, Callable[[Tensor], Any]]:
    """Take a picture apart into a tensor and a way back.

    Args:
        picture: A path; a Pillow image of any mode; an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of integers
            or of floats in [0, 1]; or a tensor (3, H, W) or (B, 3, H, W) of floats in [0, 1] or uint8.

    Returns:
        RGB in [0, 1], shape (B, 3, H, W), and a function from such a tensor (of any size) to the kind that was given.
        Transparency is carried along, resized where the size changed.

    Raises:
        InputError: A file cannot be read.
        TypeError: It is none of these.
        ValueError: Its shape or type is none of these.
    """
    if isinstance(picture, (str, Path)):
        return _unpack_image(read_picture(picture))
    if isinstance(picture, Image.Image):
        return _unpack_image(upright_srgb(picture))
    if isinstance(picture, np.ndarray):
        return _unpack_array(picture)
    if isinstance(picture, Tensor):
        return _unpack_tensor(picture)
    raise TypeError(f"expected a path, Pillow image, numpy array or tensor, not {type(picture).__name__}")


def resize_tensor(x: Tensor, longest: int) -> Tensor:
    """Resize (B, C, H, W) so that its longest side has `longest` pixels: bicubic, antialiased, kept within [0, 1]."""
    height, width = x.shape[-2:]
    ratio = longest / max(height, width)
    size = (max(1, round(height * ratio)), max(1, round(width * ratio)))
    if size == (height, width):
        return x
    return F.interpolate(x, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


def _unpack_image(image: Image.Image) -> tuple[Tensor, Callable[[Tensor], Any]]:
    def restore(painting: Tensor) -> Image.Image:
        result = from_tensor(painting)
        if image.mode == "RGBA":
            alpha = image.getchannel("A")
            result.putalpha(alpha if alpha.size == result.size else alpha.resize(result.size, Image.Resampling.BICUBIC))
        return result

    return to_tensor(image), restore


def _unpack_array(array: npt.NDArray[Any]) -> tuple[Tensor, Callable[[Tensor], Any]]:
    values = array[..., None] if array.ndim == 2 else array
    if values.ndim != 3 or values.shape[2] not in (1, 3, 4):
        raise ValueError(f"expected an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), not {array.shape}")
    if not (np.issubdtype(array.dtype, np.floating) or array.dtype in (np.uint8, np.uint16)):
        raise ValueError(f"expected uint8, uint16 or floats in [0, 1], not {array.dtype}")
    top = 1.0 if np.issubdtype(array.dtype, np.floating) else float(np.iinfo(array.dtype).max)
    whole = torch.from_numpy(values.astype(np.float32) / np.float32(top)).permute(2, 0, 1).unsqueeze(0)
    rgb, alpha = (whole[:, :3], whole[:, 3:]) if values.shape[2] == 4 else (whole.expand(-1, 3, -1, -1), None)

    def restore(painting: Tensor) -> npt.NDArray[Any]:
        result = painting.detach().float().cpu().clamp(0, 1)
        if alpha is not None:
            result = torch.cat([result, resize_tensor(alpha, max(result.shape[-2:]))], 1)
        channels = (result[0] * top).permute(1, 2, 0).numpy()
        return (channels if top == 1.0 else np.rint(channels)).astype(array.dtype)

    return rgb.contiguous(), restore


def _unpack_tensor(tensor: Tensor) -> tuple[Tensor, Callable[[Tensor], Any]]:
    batch = tensor.unsqueeze(0) if tensor.ndim == 3 else tensor
    if batch.ndim != 4 or batch.shape[1] != 3:
        raise ValueError(f"expected a tensor (3, H, W) or (B, 3, H, W), not {tuple(tensor.shape)}")
    if not (tensor.is_floating_point() or tensor.dtype == torch.uint8):
        raise ValueError(f"expected uint8 or floats in [0, 1], not {tensor.dtype}")
    values = batch.float() if tensor.is_floating_point() else batch.float() / 255

    def restore(painting: Tensor) -> Tensor:
        result = painting.detach().float().clamp(0, 1)
        if not tensor.is_floating_point():
            result = (result * 255).round()
        result = result.to(device=tensor.device, dtype=tensor.dtype)
        return result[0] if tensor.ndim == 3 else result

    return values, restore
