"""Batch normalisation by the statistics of the whole batch, of which every process of a run has a part."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

__all__ = ["SynchronisedBatchNorm", "synchronise_norms", "synchronised_statistics"]


def synchronised_statistics(x: Tensor) -> tuple[Tensor, Tensor, int]:
    """Mean and variance of every channel over the parts of all processes, with gradients through all of them.

    Variances of parts add up with those of their means (Chan et al. 1979), which loses nothing where the mean is large.

    Args:
        x: This process's part, shape (B, C, H, W), the same in all of them.

    Returns:
        Two tensors (C,), in float32 at least, the variance without Bessel's correction; and how many values each is of.
    """
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    count, values = dist.get_world_size(), x.numel() // x.shape[1]
    own = torch.stack(torch.var_mean(wide, (0, 2, 3), correction=0))
    place = torch.zeros(count, 1, 1, dtype=own.dtype, device=own.device)
    place[dist.get_rank()] = 1
    # Each process fills its own row, so that one sum hands all rows to all of them.
    variances, means = _Sum.apply(own * place).unbind(1)  # type: ignore[no-untyped-call]
    mean = means.mean(0)
    return mean, (variances + (means - mean).square()).mean(0), count * values


class SynchronisedBatchNorm(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d` on any device; torch's own `SyncBatchNorm` runs on GPUs alone."""

    def forward(self, x: Tensor) -> Tensor:
        if not (self.training and dist.is_initialized() and dist.get_world_size() > 1):
            return super().forward(x)
        mean, variance, count = synchronised_statistics(x)
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            momentum = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
            unbiased = variance.detach() * (count / max(1, count - 1))
            self.running_mean.lerp_(mean.detach().to(self.running_mean), momentum)
            self.running_var.lerp_(unbiased.to(self.running_var), momentum)
        scale = torch.rsqrt(variance + self.eps)
        shift = -mean * scale
        if self.affine:
            scale, shift = scale * self.weight, shift * self.weight + self.bias
        return torch.addcmul(shift.view(-1, 1, 1), x.to(scale.dtype), scale.view(-1, 1, 1)).to(x.dtype)


def synchronise_norms(network: nn.Module, device: torch.device) -> None:
    """Replace the batch normalisations of a network by such as see all processes; parameters stay the same objects."""
    for name, norm in list(network.named_modules()):
        if type(norm) is not nn.BatchNorm2d:
            continue
        new: nn.Module
        if device.type == "cuda":
            new = nn.SyncBatchNorm.convert_sync_batchnorm(norm)
        else:
            options = {"eps": norm.eps, "momentum": norm.momentum, "affine": norm.affine}
            new = SynchronisedBatchNorm(norm.num_features, **options, track_running_stats=norm.track_running_stats)  # type: ignore[arg-type]
            new._parameters, new._buffers = norm._parameters, norm._buffers
        network.set_submodule(name, new.train(norm.training))


class _Sum(torch.autograd.Function):
    """The sum over processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        total = value.detach().clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        return total
