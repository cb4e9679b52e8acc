"""Which back end and precision run a network here."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Final

import torch

from painterly.errors import UsageError
from painterly.models.device import fast_bfloat16

__all__ = ["BACKENDS", "PRECISIONS", "Choice", "choose"]

BACKENDS: Final = ("torch", "compile", "openvino", "onnxruntime")
"""torch, which is always there; torch.compile, which needs a C++ compiler, most of a minute the first time and twenty
seconds in every process after that; and two runtimes for CPUs, which are extras."""

PRECISIONS: Final = ("float32", "bfloat16", "int8")
"""Of the arithmetic; int8 in OpenVINO only, for style networks, and never by itself. Statistics of instance norm, and
pixels going in and out, are float32 anyhow."""


@dataclass(frozen=True)
class Choice:
    """A back end and a precision."""

    backend: str
    precision: str


def choose(device: torch.device, backend: str = "auto", precision: str = "auto") -> Choice:
    """Fill in what is left to painterly.

    "auto" is OpenVINO on a CPU where it is installed, and torch everywhere else; bfloat16 where the hardware multiplies
    it faster than float32.

    Raises:
        UsageError: There is no such back end or precision, or they do not go together here.
    """
    if backend not in ("auto", *BACKENDS):
        raise UsageError(f"--backend must be one of auto, {', '.join(BACKENDS)}, not '{backend}'")
    if precision not in ("auto", *PRECISIONS):
        raise UsageError(f"--precision must be one of auto, {', '.join(PRECISIONS)}, not '{precision}'")
    if backend == "auto":
        installed = importlib.util.find_spec("openvino") is not None
        wants_more = device.type != "cpu" or not installed
        backend = "torch" if wants_more else "openvino"
    if precision == "int8" and backend != "openvino":
        raise UsageError("--precision int8 needs --backend openvino, on the CPU")
    if backend in ("openvino", "onnxruntime") and device.type != "cpu":
        raise UsageError(f"--backend {backend} runs on the CPU; leave out --device, or take torch or compile")
    if backend == "onnxruntime":
        if precision == "bfloat16":
            raise UsageError("--backend onnxruntime computes in float32; leave out --precision")
        precision = "float32"
    if precision == "auto":
        precision = "bfloat16" if fast_bfloat16(device) else "float32"
    return Choice(backend, precision)
