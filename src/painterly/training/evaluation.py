"""The objective on photographs that training never saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from painterly.data.crops import Cropping, centre_crop
from painterly.data.photos import Photos
from painterly.errors import InputError
from painterly.losses.objective import StyleObjective

__all__ = ["held_out_crops", "mean_objective", "split_photos"]


def split_photos(photos: Photos, held_out: int, seed: int) -> tuple[list[int], list[int]]:
    """Share photographs out to training and measuring, at most a tenth of them to measuring.

    Returns:
        Indices to train on, and indices held out; the same for the same seed and list.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(photos), generator=generator).tolist()
    count = min(held_out, len(order) // 10)
    return sorted(order[count:]), order[:count]


def held_out_crops(photos: Photos, indices: Sequence[int], size: int, cropping: Cropping = "random") -> Tensor:
    """Centre crops, RGB in [0, 1], shape (N, 3, size, size); unreadable photographs are left out.

    With the cropping "patch" they keep the photograph's own resolution; otherwise they are as large as it allows.
    """
    crops = []
    for index in indices:
        try:
            crops.append(centre_crop(photos, index, size, native=cropping == "patch"))
        except InputError:
            continue
    if not crops:
        return torch.empty(0, 3, size, size)
    return torch.stack(crops).float().div_(255).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def mean_objective(
    objective: StyleObjective, photographs: Tensor, paint: Callable[[Tensor], Tensor], batch_size: int = 4
) -> dict[str, float]:
    """Average the objective's terms over photographs.

    Args:
        objective: What to measure.
        photographs: RGB in [0, 1], shape (N, 3, H, W), N at least 1.
        paint: From photographs to the pictures to be judged; the identity measures the unchanged photographs.
        batch_size: How many at once.

    Returns:
        The terms by name, and their sum as `total`.
    """
    sums: dict[str, float] = {}
    for batch in photographs.split(batch_size):
        for name, value in objective(paint(batch), batch).items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(batch) / len(photographs)
    return {**sums, "total": sum(sums.values())}
