"""Where a network runs."""

from __future__ import annotations

import torch

from painterly.errors import UsageError

__all__ = ["choose_device", "fast_bfloat16"]


def choose_device(name: str = "auto") -> torch.device:
    """The device that a name means: "auto" is CUDA, then Apple's, then the CPU.

    Raises:
        UsageError: There is no such device here.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UsageError(f"there is no device '{name}' here; leave --device out, or use cpu") from error
    return device


def fast_bfloat16(device: torch.device | str) -> bool:
    """Whether the hardware multiplies bfloat16 faster than float32."""
    kind = torch.device(device).type
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if kind == "mps":
        return False
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
