"""OpenVINO's intermediate representation, made of the ONNX model, so that what lies around the layers is told once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from painterly.errors import MissingExtraError
from painterly.inference.openvino_core import openvino_core

__all__ = ["openvino_runner", "write_openvino"]


def write_openvino(model: Any, text: Path, weights: Path, about: Mapping[str, str], *, half: bool) -> None:
    """Write an ONNX model as OpenVINO's two files.

    Args:
        model: What `painterly.interop.export_onnx.portable_onnx` made.
        text: The .xml to write.
        weights: The .bin to write.
        about: Facts for the model's own information, under "painterly".
        half: Whether weights are stored in half precision.

    Raises:
        MissingExtraError: OpenVINO is not installed.
    """
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError("export to OpenVINO", "openvino") from error
    source = text.with_suffix(".onnx")
    try:
        source.write_bytes(model.SerializeToString())
        converted = openvino_core().read_model(source)
        for name, value in about.items():
            converted.set_rt_info(value, ["painterly", name])
        openvino.save_model(converted, text, compress_to_fp16=half)
    finally:
        source.unlink(missing_ok=True)
    shutil.move(text.with_suffix(".bin"), weights)


def openvino_runner(text: Path, weights: Path) -> Callable[..., Tensor]:
    """What runs the two files, in float32."""
    core = openvino_core()
    compiled = core.compile_model(core.read_model(text, weights), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(*inputs: Tensor) -> Tensor:
        results = compiled({number: value.numpy() for number, value in enumerate(inputs)})
        return torch.from_numpy(results[0].copy())

    return run
