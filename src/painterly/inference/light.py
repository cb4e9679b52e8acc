"""Painting without torch, whose import takes longer than a picture: from the second time on, in OpenVINO alone.

The first time that a network runs in OpenVINO, its graph is kept in the cache folder, under the digest of the model's
file. `painterly stylize` then needs neither the file's tensors nor torch. Same graph, same arithmetic, same picture;
where it is resized, Pillow does it instead of torch, which differs by rounding.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from painterly import __version__
from painterly.atomic import atomic_path
from painterly.errors import InputError, PainterlyError
from painterly.folders import cache_folder
from painterly.images.canvas import canvas as unevenness
from painterly.inference.openvino_core import openvino_core
from painterly.memory import check_memory
from painterly.models.header import read_card
from painterly.models.look import Look
from painterly.models.style_book import StyleBook

if TYPE_CHECKING:
    from painterly.models.painter import Painter

__all__ = ["LightPainter", "find_light_painter", "keep_light_model"]

Floats = npt.NDArray[np.float32]


class LightPainter:
    """A style network as OpenVINO's graph.

    Args:
        folder: Where `keep_light_model` kept it.
        precision: "auto", "float32" or "bfloat16".

    Raises:
        OSError: It is not whole.
        RuntimeError: OpenVINO cannot read it.
    """

    def __init__(self, folder: Path, precision: str = "auto") -> None:
        self._about: dict[str, Any] = json.loads((folder / "about.json").read_text())
        core = openvino_core()
        if precision == "auto":
            fast = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            precision = "bfloat16" if fast else "float32"
        self.precision = precision
        options = {"INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32"}
        options |= {"PERFORMANCE_HINT": "LATENCY"}
        if (threads := os.environ.get("OMP_NUM_THREADS", "")).isdecimal():  # what torch goes by
            options["INFERENCE_NUM_THREADS"] = threads
        compiled = core.compile_model(folder / f"{precision}.xml", "CPU", options)
        self._request = compiled.create_infer_request()

    def __call__(self, picture: Image.Image, *, size: int | None = None, canvas: float = 0.0) -> Image.Image:
        """Paint a picture, as `Painter` does.

        Args:
            picture: RGB or RGBA.
            size: Longest side of the result in pixels; by default that of the picture.
            canvas: How uneven the canvas is, in grey levels of 255.

        Raises:
            InputError: The picture is too small, or too large for the memory that is free.
        """
        pixels = np.asarray(picture.convert("RGB"), np.float32).transpose(2, 0, 1) / np.float32(255)
        if size is not None:
            pixels = _resize(pixels, size)
        height, width = pixels.shape[-2:]
        if min(height, width) < self._about["minimum"]:
            raise InputError(f"a picture of {width}x{height} pixels is too small; at least 16x16 are needed")
        check_memory(width, height, self.bytes_for(height, width), "leave out --tile off, or try --size {}")
        if canvas:  # see `painterly.models.treat.prime`
            pixels = (pixels + unevenness((0, height), (0, width)) * np.float32(canvas / 255)).clip(0, 1)
        painting = self._paint(pixels)
        values = np.rint(painting.clip(0, 1) * 255).astype(np.uint8)
        result = Image.fromarray(values.transpose(1, 2, 0))
        if picture.mode == "RGBA":
            alpha = picture.getchannel("A")
            result.putalpha(alpha if alpha.size == result.size else alpha.resize(result.size, Image.Resampling.BICUBIC))
        return result

    def bytes_for(self, height: int, width: int) -> int:
        """Memory that a painting of a size takes."""
        share = 1 if self.precision == "float32" else 2
        return height * width * int(self._about["bytes_per_pixel"]) // share

    def _paint(self, pixels: Floats) -> Floats:
        """RGB in [0, 1], shape (3, H, W), to the same."""
        height, width = pixels.shape[-2:]
        stride = self._about["stride"]
        missing = ((0, 0), (0, -height % stride), (0, -width % stride))
        mean, std = (np.array(self._about[name], np.float32).reshape(3, 1, 1) for name in ("mean", "std"))
        x = ((np.pad(pixels, missing, "reflect") - mean) / std)[None]
        if self.precision == "bfloat16":  # see `painterly.inference.graph.split_input`
            rounded = _to_bfloat16(x)
            x = np.concatenate([rounded, x - rounded], 1)
        found: Floats = self._request.infer({0: np.ascontiguousarray(x)})[0][0]
        carry = float(self._about.get("carry", 0.0))
        y = _carry_round(x[0, :3] + x[0, 3:] if len(x[0]) > 3 else x[0], found, carry) if carry else found
        painting: Floats = (y * std + mean)[..., :height, :width]
        return painting


def find_light_painter(
    model: Path, look: Look | None = None, *, device: str, backend: str, precision: str
) -> LightPainter | None:
    """A painter without torch, if the model was kept and nothing else is asked for; None where torch is to decide."""
    graphics = sys.platform == "darwin" or Path("/dev/nvidiactl").exists()  # torch may want to run there
    if backend not in ("auto", "openvino") or not (device == "cpu" or (device == "auto" and not graphics)):
        return None
    if importlib.util.find_spec("openvino") is None or precision not in ("auto", "float32", "bfloat16"):
        return None
    try:
        return LightPainter(_folder(model, look), precision)
    except (OSError, ValueError, KeyError, RuntimeError):  # not kept, or not whole: torch makes it anew
        return None


def keep_light_model(painter: Painter, model: Path) -> None:
    """Keep a painter's graph for `find_light_painter`; where that cannot be done, nothing happens.

    Args:
        painter: One that runs in OpenVINO.
        model: The file that it was loaded from.
    """
    from painterly.inference.graph import lower, split_input
    from painterly.inference.openvino_engine import openvino_model
    from painterly.models.painter import BYTES_PER_PIXEL_AND_CHANNEL
    from painterly.networks.style import MINIMUM_SIZE

    network = painter.network
    simple = network.description.pixels == "unit" and network.description.padding == "reflect"
    if painter.choice.backend != "openvino" or not simple or not model.is_file():
        return
    with contextlib.suppress(OSError, PainterlyError, RuntimeError):  # OpenVINO's, where a disk is full
        folder = _folder(model, painter.look)
        if (folder / "about.json").is_file():
            return
        import openvino

        graph = lower(network.layers, even=True)
        for precision, whole in (("float32", graph), ("bfloat16", split_input(graph))):
            with atomic_path(folder / f"{precision}.bin") as weights, atomic_path(folder / f"{precision}.xml") as text:
                openvino.save_model(openvino_model(whole), text, compress_to_fp16=False)
                text.with_suffix(".bin").replace(weights)
        about = {
            "mean": network.pixels_in.mean.flatten().tolist(),
            "std": network.pixels_in.std.flatten().tolist(),
            "stride": network.description.stride,
            "carry": network.description.carry,
            "minimum": MINIMUM_SIZE,
            "bytes_per_pixel": BYTES_PER_PIXEL_AND_CHANNEL * network.description.width,
        }
        with atomic_path(folder / "about.json") as temporary:
            temporary.write_text(json.dumps(about))


def _folder(model: Path, look: Look | None) -> Path:
    """Where a model's graph is kept: by its content, what it is to paint, and painterly's version."""
    name = f"{__version__}-{hashlib.sha256(model.read_bytes()).hexdigest()[:32]}"
    if look is not None:
        name += f"-{StyleBook(read_card(model)).key(look)}"
    return cache_folder() / "graphs" / name


def _resize(pixels: Floats, longest: int) -> Floats:
    """As `painterly.models.kinds.resize_tensor`: bicubic, antialiased, kept within [0, 1]."""
    height, width = pixels.shape[-2:]
    ratio = longest / max(height, width)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    if size == (width, height):
        return pixels
    channels = [Image.fromarray(channel).resize(size, Image.Resampling.BICUBIC) for channel in pixels]
    return np.stack([np.asarray(channel) for channel in channels]).clip(0, 1)


def _carry_round(x: Floats, y: Floats, share: float) -> Floats:
    """As `painterly.networks.carry.carry_round`, for one picture (C, H, W)."""
    mean, wanted = (v.mean((1, 2), keepdims=True, dtype=np.float64) for v in (y, x))
    deviation, wanted_deviation = (v.std((1, 2), keepdims=True, dtype=np.float64) for v in (y, x))
    scale = 1 + share * (wanted_deviation / np.sqrt(deviation**2 + 1e-5) - 1)
    carried = (y - mean) * scale + mean + share * (wanted - mean)
    result: Floats = carried.astype(np.float32)
    return result


def _to_bfloat16(x: Floats) -> Floats:
    """Rounded to the nearest bfloat16, ties to even."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return rounded.view(np.float32)
