"""The objective of a network of several styles: each picture of a batch is judged by its own painting."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from painterly.encoders.loss_network import LossNetwork
from painterly.losses.gram import gram_matrix
from painterly.losses.objective import StyleObjective
from painterly.losses.style import style_distances
from painterly.losses.variation import squared_total_variation, total_variation

__all__ = ["GalleryObjective"]


class GalleryObjective(nn.Module):
    """`StyleObjective` for batches in which every picture has one of several styles (Dumoulin et al. 2017).

    For a batch of one style it is that style's `StyleObjective`; for a mixed batch, the mean over its pictures.

    Args:
        objectives: One for each style, all of one loss network, one set of layers and one set of conventions; their
            weights may differ.

    Raises:
        ValueError: They differ in more than painting and weights, or one is of several styles or of masks.
    """

    def __init__(self, objectives: Sequence[StyleObjective]) -> None:
        super().__init__()
        first = objectives[0]
        for one in objectives:
            alike = one.loss_network is first.loss_network and one.conventions == first.conventions
            if not alike or len(one.shares) != 1 or one.masks is not None:
                raise ValueError("the styles of a gallery share loss network, layers and conventions")
        self.objectives = nn.ModuleList(objectives)
        self.varies = any(one.weighting.variation for one in objectives)
        for kind in ("content", "style", "variation"):
            weights = torch.tensor([getattr(one.weighting, kind) for one in objectives])
            self.register_buffer(f"weight_{kind}", weights, persistent=False)

    @property
    def first(self) -> StyleObjective:
        """One of the objectives, for what they have in common."""
        found = self.objectives[0]
        assert isinstance(found, StyleObjective)
        return found

    @property
    def loss_network(self) -> LossNetwork:
        """Where the activations come from."""
        return self.first.loss_network

    @property
    def counts(self) -> bool:
        """Whether a term depends on how many pictures a batch has."""
        return self.varies and self.first.weighting.variation_batch == "sum"

    def forward(
        self, output: Tensor, photograph: Tensor, styles: Tensor, count: int | None = None
    ) -> dict[str, Tensor]:
        """The weighted terms, whose sum is the objective.

        Args:
            output: The pictures being judged, RGB in [0, 1], shape (B, 3, H, W).
            photograph: What they should show, same shape.
            styles: Which style each of them has, shape (B,), whole numbers.
            count: How many pictures the whole batch has, where this is a part of one that several processes share.

        Returns:
            Scalars by name: `content`, `style` and, where it weighs anything, `variation`; means over the batch.
        """
        one = self.first
        wanted, found = one.contents(photograph), one.loss_network(output, one.layers)
        content = output.new_zeros(len(output))
        for name in one.content_layers:
            distance = (found[name].float() - wanted[name].float()).square().mean((1, 2, 3))
            if one.weighting.content_scale == "half-sum":
                content = content + distance * (0.5 * found[name][0].numel())
            else:
                content = content + distance / self._stacked(f"energy_{name}")[styles]
        by_layer = [
            style_distances(
                gram_matrix(found[name]), self._stacked(f"gram_{name}")[styles, 0], one.weighting.style_scale
            )
            for name in one.style_layers
        ]
        style = torch.stack(by_layer).sum(0)
        if one.weighting.style_layers == "mean":
            style = style / len(by_layer)
        terms = {"content": self._weighted("content", content, styles), "style": self._weighted("style", style, styles)}
        if self.varies:
            pixels = output.float() * 255
            measure = total_variation if one.weighting.variation_form == "root" else squared_total_variation
            rough = torch.stack([measure(picture) for picture in pixels.split(1)])
            if self.counts:
                rough = rough * (len(output) if count is None else count)
            terms["variation"] = self._weighted("variation", rough, styles)
        return terms

    def _weighted(self, kind: str, values: Tensor, styles: Tensor) -> Tensor:
        return (self.get_buffer(f"weight_{kind}")[styles] * values).mean()

    def _stacked(self, name: str) -> Tensor:
        return torch.stack([one.get_buffer(name) for one in self.objectives])
