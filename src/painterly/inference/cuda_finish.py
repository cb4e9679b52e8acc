"""What lies between two convolutions on an NVIDIA GPU: by kernels in Triton where they run, else by torch's own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from painterly.networks.normalization import instance_norm

if TYPE_CHECKING:
    from painterly.inference.finish import Finish

__all__ = ["finish", "finish_by_torch"]

log = logging.getLogger(__name__)

_KINDS = (torch.float32, torch.bfloat16, torch.float16)


class _Kernels:
    """Whether there are kernels; asked and answered once in a process."""

    wanted = True


def finish(
    x: Tensor,
    how: Finish,
    weight: Tensor,
    bias: Tensor,
    epsilon: float,
    addend: Tensor | None = None,
    moments: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """As `painterly.inference.finish.finish`, for pictures on a GPU; CUDA graphs can record it."""
    if _Kernels.wanted and x.dtype in _KINDS:
        try:
            from painterly.inference import triton_finish

            return triton_finish.finish(x, how, weight, bias, epsilon, addend, moments)
        except torch.OutOfMemoryError:
            raise
        except ImportError:
            log.info("Triton is not installed: torch normalises, in several passes over memory")
            _Kernels.wanted = False
        except Exception as error:  # whatever a compiler, an assembler or a driver of another version may raise
            log.warning("Triton's kernels cannot be used here, torch does without them: %s", _first_line(error))
            _Kernels.wanted = False
    return finish_by_torch(x, how, weight, bias, epsilon, addend, moments)


def finish_by_torch(
    x: Tensor,
    how: Finish,
    weight: Tensor,
    bias: Tensor,
    epsilon: float,
    addend: Tensor | None = None,
    moments: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """The same, one operation after the other, on any device."""
    if moments is None:
        y = instance_norm(x, weight, bias, epsilon)
    else:
        mean, variance = (value.to(x.device, torch.float32).view(1, -1, 1, 1) for value in moments)
        scale = torch.rsqrt(variance + epsilon) * weight.view(1, -1, 1, 1)
        y = ((x - mean) * scale + bias.view(1, -1, 1, 1)).to(x.dtype)
    if how.relu:
        y = y.relu_()
    if addend is not None:
        y = y.add_(addend)
    if any(how.pads):
        y = F.pad(y, how.pads, mode="reflect" if how.mode == "reflect" else "replicate")
    return y.contiguous(memory_format=torch.channels_last)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
