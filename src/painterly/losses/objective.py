"""The weighted objective of style transfer (paper, equation 5)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.encoders.loss_network import LossNetwork
from painterly.losses.feature import feature_reconstruction
from painterly.losses.gram import gram_matrix
from painterly.losses.style import style_reconstruction
from painterly.losses.variation import squared_total_variation, total_variation
from painterly.losses.weighting import Weighting

__all__ = ["StyleObjective"]


class StyleObjective(nn.Module):
    """lambda_c content + lambda_s style + lambda_TV variation, for one style or a mixture of several.

    The styles' Gram matrices are computed once, here; each call costs one pass of the loss network over the pictures
    for all layers, and one only as deep as the content layers over the photographs.

    Args:
        loss_network: Where the activations come from.
        style: The painting, RGB in [0, 1], shape (1, 3, H, W), at the size in which it should be learnt; or several.
        weighting: Weights and conventions.
        content_layers: By default the loss network's own.
        style_layers: By default the loss network's own.
        shares: How much each of several styles counts; they are made to add up to one. Equal by default.
        masks: Where each style belongs, in [0, 1], shape (K, 1, h, w) for K styles and any h and w: Gatys et al. 2017,
            guided Gram matrices. Everywhere by default.

    Raises:
        UsageError: The loss network lacks a layer.
    """

    masks: Tensor | None

    def __init__(
        self,
        loss_network: LossNetwork,
        style: Tensor | Sequence[Tensor],
        weighting: Weighting,
        *,
        content_layers: Sequence[str] | None = None,
        style_layers: Sequence[str] | None = None,
        shares: Sequence[float] | None = None,
        masks: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.loss_network = loss_network
        self.weighting = weighting
        self.content_layers = tuple(content_layers or loss_network.description["content_layers"])
        self.style_layers = tuple(style_layers or loss_network.description["style_layers"])
        self.layers = tuple(dict.fromkeys((*self.content_layers, *self.style_layers)))
        styles = [style] if isinstance(style, Tensor) else list(style)
        given = [1.0] * len(styles) if shares is None else list(shares)
        self.shares = [share / sum(given) for share in given]
        self.register_buffer("masks", masks)
        with torch.no_grad():
            painted = [loss_network(one, self.layers) for one in styles]
        for name in self.style_layers:
            self.register_buffer(f"gram_{name}", torch.cat([gram_matrix(features[name]) for features in painted]))
        for name in self.content_layers:
            energies = [
                share * features[name].float().square().mean()
                for share, features in zip(self.shares, painted, strict=True)
            ]
            relative = weighting.content_scale == "relative"
            energy = torch.stack(energies).sum().clamp_min(1e-12) if relative else torch.ones(())
            self.register_buffer(f"energy_{name}", energy)

    @property
    def conventions(self) -> tuple[object, ...]:
        """All that decides what the terms mean, but for the painting and the weights."""
        plain = dataclasses.replace(self.weighting, content=1.0, style=1.0, variation=0.0)
        return (plain, self.content_layers, self.style_layers)

    @torch.no_grad()
    def contents(self, photograph: Tensor) -> dict[str, Tensor]:
        """Activations of a photograph at the content layers, for calls that come back to the same one."""
        found: dict[str, Tensor] = self.loss_network(photograph, self.content_layers)
        return found

    def forward(self, output: Tensor, photograph: Tensor | Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weighted terms, whose sum is the objective.

        Args:
            output: The pictures being judged, RGB in [0, 1], shape (B, 3, H, W).
            photograph: What they should show, same shape; or its `contents`.

        Returns:
            Scalars by name: `content`, `style` and, where it weighs anything, `variation`.
        """
        wanted = self.contents(photograph) if isinstance(photograph, Tensor) else photograph
        found = self.loss_network(output, self.layers)
        distances = {name: feature_reconstruction(found[name], wanted[name]) for name in self.content_layers}
        sizes = {name: found[name][0].numel() for name in self.content_layers}
        grams = {name: self._grams(found[name]) for name in self.style_layers}
        return self.weigh(distances, sizes, grams, output)

    def weigh(
        self,
        distances: Mapping[str, Tensor],
        sizes: Mapping[str, int],
        grams: Mapping[str, Sequence[Tensor]],
        output: Tensor,
    ) -> dict[str, Tensor]:
        """The weighted terms, of what the loss network found.

        Args:
            distances: Mean squared distance of activations, by content layer.
            sizes: C h w of their activations.
            grams: Gram matrices over C h w by style layer: one for all styles, or with masks one for each.
            output: The pictures, for total variation.
        """
        w = self.weighting
        content = torch.stack([self._content(name, distances[name], sizes[name]) for name in self.content_layers]).sum()
        by_layer = torch.stack([self._style(name, grams[name]) for name in self.style_layers])
        style = by_layer.sum() if w.style_layers == "sum" else by_layer.mean()
        terms = {"content": w.content * content, "style": w.style * style}
        if w.variation:
            pixels = output.float() * 255  # the weights of the paper and of the authors are for pixels in 0..255
            rough = total_variation(pixels) if w.variation_form == "root" else squared_total_variation(pixels)
            if w.variation_batch == "sum":
                rough = rough * len(output)
            terms["variation"] = w.variation * rough
        return terms

    def masks_at(self, height: int, width: int) -> Tensor | None:
        """The masks at the resolution of some activations, shape (K, 1, height, width)."""
        return None if self.masks is None else F.interpolate(self.masks, (height, width), mode="area")

    def _content(self, name: str, distance: Tensor, size: int) -> Tensor:
        if self.weighting.content_scale == "half-sum":
            return distance * (0.5 * size)
        return distance / self.get_buffer(f"energy_{name}")

    def _style(self, name: str, grams: Sequence[Tensor]) -> Tensor:
        targets = self.get_buffer(f"gram_{name}")
        losses = []
        for index, share in enumerate(self.shares):
            gram = grams[index if len(grams) > 1 else 0]
            losses.append(share * style_reconstruction(gram, targets[index : index + 1], self.weighting.style_scale))
        return torch.stack(losses).sum()

    def _grams(self, found: Tensor) -> list[Tensor]:
        """Gram matrices: one, or for each style that of the part that belongs to it, as if there were no other part."""
        masks = self.masks_at(*found.shape[-2:])
        if masks is None:
            return [gram_matrix(found)]
        pixels = masks.float().square().sum((1, 2, 3)).clamp_min(1e-6)
        return [
            gram_matrix(found * mask.to(found.dtype), "none") / (found.shape[1] * count)
            for mask, count in zip(masks.split(1), pixels, strict=True)
        ]
