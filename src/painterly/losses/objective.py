"""The weighted objective of style transfer (paper, equation 5)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from painterly.encoders.loss_network import LossNetwork
from painterly.losses.feature import feature_reconstruction
from painterly.losses.gram import gram_matrix
from painterly.losses.style import style_reconstruction
from painterly.losses.variation import squared_total_variation, total_variation
from painterly.losses.weighting import Weighting

__all__ = ["StyleObjective"]


class StyleObjective(nn.Module):
    """lambda_c content + lambda_s style + lambda_TV variation, for one style.

    The style's Gram matrices are computed once, here; each call costs one pass of the loss network over the pictures
    for all layers, and one only as deep as the content layers over the photographs.

    Args:
        loss_network: Where the activations come from.
        style: The painting, RGB in [0, 1], shape (1, 3, H, W), at the size in which it should be learnt.
        weighting: Weights and conventions.
        content_layers: By default the loss network's own.
        style_layers: By default the loss network's own.

    Raises:
        UsageError: The loss network lacks a layer.
    """

    def __init__(
        self,
        loss_network: LossNetwork,
        style: Tensor,
        weighting: Weighting,
        *,
        content_layers: Sequence[str] | None = None,
        style_layers: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.loss_network = loss_network
        self.weighting = weighting
        self.content_layers = tuple(content_layers or loss_network.description["content_layers"])
        self.style_layers = tuple(style_layers or loss_network.description["style_layers"])
        self.layers = tuple(dict.fromkeys((*self.content_layers, *self.style_layers)))
        with torch.no_grad():
            painted = loss_network(style, self.layers)
            for name in self.style_layers:
                self.register_buffer(f"gram_{name}", gram_matrix(painted[name]))
            for name in self.content_layers:
                energy = painted[name].float().square().mean() if weighting.content_scale == "relative" else None
                self.register_buffer(f"energy_{name}", torch.ones(()) if energy is None else energy.clamp_min(1e-12))

    def forward(self, output: Tensor, photograph: Tensor) -> dict[str, Tensor]:
        """The weighted terms, whose sum is the objective.

        Args:
            output: The pictures being judged, RGB in [0, 1], shape (B, 3, H, W).
            photograph: What they should show, same shape.

        Returns:
            Scalars by name: `content`, `style` and, where it weighs anything, `variation`.
        """
        with torch.no_grad():
            wanted = self.loss_network(photograph, self.content_layers)
        found = self.loss_network(output, self.layers)
        w = self.weighting
        content = torch.stack(
            [feature_reconstruction(found[n], wanted[n]) / self.get_buffer(f"energy_{n}") for n in self.content_layers]
        ).sum()
        by_layer = torch.stack(
            [
                style_reconstruction(gram_matrix(found[n]), self.get_buffer(f"gram_{n}"), w.style_scale)
                for n in self.style_layers
            ]
        )
        style = by_layer.sum() if w.style_layers == "sum" else by_layer.mean()
        terms = {"content": w.content * content, "style": w.style * style}
        if w.variation:
            pixels = output.float() * 255  # the weights of the paper and of the authors are for pixels in 0..255
            rough = total_variation(pixels) if w.variation_form == "root" else squared_total_variation(pixels)
            if w.variation_batch == "sum":
                rough = rough * len(output)
            terms["variation"] = w.variation * rough
        return terms
