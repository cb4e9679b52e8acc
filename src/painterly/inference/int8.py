"""Eight-bit networks: OpenVINO's graph, quantised by NNCF on pieces of a photograph."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from painterly import __version__
from painterly.atomic import atomic_path
from painterly.errors import MissingExtraError
from painterly.folders import cache_folder
from painterly.images.reading import read_picture
from painterly.images.tensors import to_tensor
from painterly.inference.graph import Graph
from painterly.inference.openvino_core import openvino_core

__all__ = ["calibration_pictures", "quantized_model"]

_PHOTO = Path(__file__).parents[1] / "assets" / "demo.jpg"
_PIECES, _SIDE = 16, 256


def calibration_pictures() -> list[Tensor]:
    """Pieces of the photograph that ships, some as negatives and some with their colours exchanged and brightened.

    Returns:
        RGB in [0, 1], shape (1, 3, 256, 256) each; the same every time.
    """
    whole = to_tensor(read_picture(_PHOTO))
    height, width = whole.shape[-2:]
    generator = torch.Generator().manual_seed(0)
    pieces = []
    for index in range(_PIECES):
        side = int(torch.randint(160, min(height, width) + 1, (), generator=generator))
        top = int(torch.randint(0, height - side + 1, (), generator=generator))
        left = int(torch.randint(0, width - side + 1, (), generator=generator))
        piece = whole[..., top : top + side, left : left + side]
        piece = torch.nn.functional.interpolate(piece, (_SIDE, _SIDE), mode="bilinear", antialias=True)
        if index % 3 == 1:
            piece = 1 - piece
        elif index % 3 == 2:
            piece = piece.roll(1, 1).sqrt()
        pieces.append(piece)
    return pieces


def quantized_model(graph: Graph, model: Any, inputs: Sequence[Tensor]) -> Any:
    """A model whose convolutions compute in eight bits; kept in the cache folder, since it takes some seconds to make.

    Args:
        graph: What the model computes; its weights are what the cache goes by.
        model: OpenVINO's, of that graph.
        inputs: What the graph is given in use, one after the other.

    Raises:
        MissingExtraError: NNCF is not installed.
    """
    import openvino

    path = cache_folder() / "graphs" / f"{__version__}-int8-{_digest(graph, inputs)}.xml"
    if path.is_file() and path.with_suffix(".bin").is_file():
        with contextlib.suppress(RuntimeError):
            return openvino_core().read_model(path)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):  # it draws bars
        try:
            import nncf
        except ImportError as error:
            raise MissingExtraError("--precision int8", "int8") from error
        nncf.set_log_level(logging.ERROR)
        examples = nncf.Dataset([np.ascontiguousarray(x.numpy()) for x in inputs])
        quantized = nncf.quantize(
            model, examples, preset=nncf.QuantizationPreset.MIXED, subset_size=len(inputs), fast_bias_correction=True
        )
    with atomic_path(path.with_suffix(".bin")) as weights, atomic_path(path) as text:
        openvino.save_model(quantized, text, compress_to_fp16=False)
        text.with_suffix(".bin").replace(weights)
    return quantized


def _digest(graph: Graph, inputs: Sequence[Tensor]) -> str:
    """Of everything that decides the quantised model: operations, weights, and what they were calibrated on."""
    digest = hashlib.sha256()
    for op in graph.ops:
        for name, value in vars(op).items():
            plain = value.numpy().tobytes() if isinstance(value, Tensor) else repr(value).encode()
            digest.update(f"{type(op).__name__}.{name}=".encode() + plain)
    for x in inputs:
        digest.update(np.ascontiguousarray(x.numpy()).tobytes())
    return digest.hexdigest()[:32]
