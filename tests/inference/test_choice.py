"""Which back end and precision are taken, whatever is installed where the tests run."""

from __future__ import annotations

import pytest
import torch

from painterly.errors import UsageError
from painterly.inference import BACKENDS, PRECISIONS, Choice, choose

CPU, CUDA, MPS = (torch.device(name) for name in ("cpu", "cuda", "mps"))


@pytest.mark.parametrize("bfloat16", [False, True])
@pytest.mark.parametrize("openvino", [False, True])
@pytest.mark.parametrize("device", [CPU, CUDA, MPS], ids=str)
def test_auto(monkeypatch: pytest.MonkeyPatch, device: torch.device, openvino: bool, bfloat16: bool) -> None:
    found = object() if openvino else None
    with monkeypatch.context() as patch:
        patch.setattr("painterly.inference.choice.importlib.util.find_spec", lambda name: found)
        patch.setattr("painterly.inference.choice.fast_bfloat16", lambda device: bfloat16)
        chosen = choose(device)
    backend = "openvino" if openvino and device is CPU else "torch"
    assert chosen == Choice(backend, "bfloat16" if bfloat16 else "float32")


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_asked_for_is_taken_or_refused(backend: str, precision: str) -> None:
    if precision == "int8" and backend != "openvino":
        with pytest.raises(UsageError, match="--precision int8 needs --backend openvino, on the CPU"):
            choose(CPU, backend, precision)
    elif (backend, precision) == ("onnxruntime", "bfloat16"):
        with pytest.raises(UsageError, match="--backend onnxruntime computes in float32; leave out --precision"):
            choose(CPU, backend, precision)
    else:
        assert choose(CPU, backend, precision) == Choice(backend, precision)


def test_onnxruntime_takes_float32_however_fast_bfloat16_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.inference.choice.fast_bfloat16", lambda device: True)
    assert choose(CPU, "onnxruntime") == Choice("onnxruntime", "float32")
    assert choose(CPU, "torch") == Choice("torch", "bfloat16")


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("device", [CUDA, MPS], ids=str)
def test_runtimes_for_cpus_are_refused_elsewhere(device: torch.device, backend: str) -> None:
    with pytest.raises(UsageError, match=f"--backend {backend} runs on the CPU"):
        choose(device, backend, "float32")


@pytest.mark.parametrize("wrong", ["", "Torch", "tensorrt", "bfloat16"])
def test_unknown_back_ends_are_refused_with_what_there_is(wrong: str) -> None:
    with pytest.raises(UsageError, match=f"--backend must be one of auto, {', '.join(BACKENDS)}, not '{wrong}'"):
        choose(CPU, wrong)


@pytest.mark.parametrize("wrong", ["", "half", "float16", "bf16", "torch"])
def test_unknown_precisions_are_refused_with_what_there_is(wrong: str) -> None:
    with pytest.raises(UsageError, match=f"--precision must be one of auto, {', '.join(PRECISIONS)}, not '{wrong}'"):
        choose(CPU, "auto", wrong)
