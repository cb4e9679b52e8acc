"""The objective of style transfer and its gradient, tile by tile: exact, in memory that hardly grows with the picture.

Gram matrices and feature distances are sums over pixels. A first pass adds them up over tiles; from the sums follow the
objective and what a change of each sum would do to it; a second pass brings that back to the pixels, one tile's
activations at a time. A tile is seen with as much of its surroundings as the deepest layer reaches, and begins where
every pooling grid does, so that the result is that of the whole picture but for rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from painterly.encoders.names import parse_layer
from painterly.losses.gram import gram_matrix
from painterly.losses.objective import StyleObjective

__all__ = ["TiledObjective", "tile_regions"]

_GRID = 16
"""Pixels between the places where a tile may begin: the stride of VGG's fifth group."""


@dataclass(frozen=True)
class Region:
    """Rows or columns of a picture: those that count, and those that are looked at for their sake."""

    begin: int
    end: int
    seen_begin: int
    seen_end: int

    @property
    def seen(self) -> slice:
        """Of the picture, what is looked at."""
        return slice(self.seen_begin, self.seen_end)

    def counted(self, stride: int) -> slice:
        """What counts of the activations of what is seen."""
        return slice((self.begin - self.seen_begin) // stride, (self.end - self.seen_begin) // stride)


def tile_regions(length: int, tile: int, reach: int) -> list[Region]:
    """Cut a side of a picture into tiles.

    Args:
        length: Of the side, in pixels.
        tile: How many pixels of a tile count, at most; a multiple of 16.
        reach: How far a layer sees.

    Returns:
        Regions that begin at multiples of 16, cover every pixel once, and see at least `reach` further.

    Example:
        >>> [(r.begin, r.end, r.seen_begin, r.seen_end) for r in tile_regions(100, 48, 10)]
        [(0, 48, 0, 64), (48, 96, 32, 100), (96, 100, 80, 100)]
    """
    halo = -(-reach // _GRID) * _GRID
    edges = [*range(0, length, tile), length]
    return [Region(a, b, max(0, a - halo), min(length, b + halo)) for a, b in pairwise(edges)]


class TiledObjective:
    """A `StyleObjective` for one photograph, computed tile by tile.

    Args:
        objective: What to compute.
        photograph: What the picture should show, RGB in [0, 1], shape (1, 3, H, W).
        tile: Side of the tiles in pixels, a multiple of 16; one takes the memory of a picture of that size and its
            surroundings.
        mixes: Whether the loss network runs in bfloat16.

    Raises:
        ValueError: `tile` is not a multiple of 16.
    """

    def __init__(self, objective: StyleObjective, photograph: Tensor, tile: int = 512, mixes: bool = False) -> None:
        if tile <= 0 or tile % _GRID:
            raise ValueError(f"a tile's side must be a multiple of {_GRID}, not {tile}")
        self.objective, self.mixes = objective, mixes
        height, width = photograph.shape[-2:]
        reach = objective.loss_network.reach(objective.layers)
        rows, columns = tile_regions(height, tile, reach), tile_regions(width, tile, reach)
        self.tiles = [(row, column) for row in rows for column in columns]
        self.shapes = {
            name: (height // parse_layer(name).stride, width // parse_layer(name).stride) for name in objective.layers
        }
        masks = {name: objective.masks_at(*self.shapes[name]) for name in objective.style_layers}
        self._masks = {name: mask for name, mask in masks.items() if mask is not None}
        with torch.no_grad():
            self._wanted = [
                {  # copies, since a view would keep what surrounds the tile
                    name: features.clone()
                    for name, features in self._activations(
                        photograph[..., row.seen, column.seen], row, column, objective.content_layers
                    ).items()
                }
                for row, column in self.tiles
            ]

    def differentiate(self, picture: Tensor) -> tuple[dict[str, float], Tensor]:
        """The weighted terms by name, and the gradient of their sum, shape (1, 3, H, W).

        Args:
            picture: RGB in [0, 1], of the photograph's size.
        """
        sums: dict[str, Tensor] = {}
        with torch.no_grad():
            for index, (row, column) in enumerate(self.tiles):
                for key, value in self._sums(picture[..., row.seen, column.seen], index).items():
                    sums[key] = sums[key] + value if key in sums else value

        leaves = {key: value.requires_grad_() for key, value in sums.items()}
        whole = picture.detach().clone().requires_grad_()
        with torch.enable_grad():
            terms = self._weigh(leaves, whole)
            total = torch.stack(list(terms.values())).sum()
            slopes = torch.autograd.grad(total, [*leaves.values(), whole], materialize_grads=True)
        by_sum, gradient = dict(zip(leaves, slopes[:-1], strict=True)), slopes[-1].clone()

        for index, (row, column) in enumerate(self.tiles):
            part = picture[..., row.seen, column.seen].detach().requires_grad_()
            with torch.enable_grad():
                changes = [(value * by_sum[key]).sum() for key, value in self._sums(part, index).items()]
                (slope,) = torch.autograd.grad(torch.stack(changes).sum(), part)
            gradient[..., row.seen, column.seen] += slope
        return {name: float(value.detach()) for name, value in terms.items()}, gradient

    def _weigh(self, sums: Mapping[str, Tensor], picture: Tensor) -> dict[str, Tensor]:
        """The objective's terms from the sums over all tiles."""
        distances, sizes, grams = {}, {}, {}
        for name in self.objective.content_layers:
            height, width = self.shapes[name]
            sizes[name] = self._wanted[0][name].shape[1] * height * width
            distances[name] = sums[f"square {name}"] / sizes[name]
        for name in self.objective.style_layers:
            height, width = self.shapes[name]
            products = sums[f"gram {name}"]
            if (masks := self._masks.get(name)) is not None:
                pixels = masks.float().square().sum((1, 2, 3)).clamp_min(1e-6).view(-1, 1, 1)
            else:
                pixels = torch.tensor(height * width, device=products.device)
            grams[name] = (products / (products.shape[-1] * pixels)).split(1)
        return self.objective.weigh(distances, sizes, grams, picture)

    def _sums(self, part: Tensor, index: int) -> dict[str, Tensor]:
        """A tile's products of features, (1 or K, C, C), and its squared distances from the photograph's."""
        found = self._activations(part, *self.tiles[index], self.objective.layers)
        sums = {}
        for name in self.objective.style_layers:
            features = found[name]
            if name in self._masks:
                features = features * self._mask(name, index, features)
            sums[f"gram {name}"] = gram_matrix(features, "none")
        for name in self.objective.content_layers:
            wide = torch.promote_types(found[name].dtype, torch.float32)
            distance = found[name].to(wide) - self._wanted[index][name].to(wide)
            sums[f"square {name}"] = distance.square().sum()
        return sums

    def _mask(self, name: str, index: int, features: Tensor) -> Tensor:
        row, column = self.tiles[index]
        stride = parse_layer(name).stride
        top, left = row.begin // stride, column.begin // stride
        height, width = features.shape[-2:]
        return self._masks[name][..., top : top + height, left : left + width].to(features.dtype)

    def _activations(self, part: Tensor, row: Region, column: Region, layers: tuple[str, ...]) -> dict[str, Tensor]:
        """Activations of what counts of a tile."""
        part = part.contiguous(memory_format=torch.channels_last)
        with torch.autocast(part.device.type, torch.bfloat16, enabled=self.mixes):
            found = self.objective.loss_network(part, layers)
        counted = {}
        for name, value in found.items():
            stride = parse_layer(name).stride
            counted[name] = value[..., row.counted(stride), column.counted(stride)]
        return counted
