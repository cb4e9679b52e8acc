"""Weights of the objective, and the conventions under which they mean something. Imports nothing heavy.

A weight is only half of a number: lambda_style = 5 belongs to the authors' normalisation and is off by orders of
magnitude under another. A `Weighting` therefore carries weights and normalisation together.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

__all__ = ["WEIGHTINGS", "Weighting"]


@dataclass(frozen=True)
class Weighting:
    """How the terms of equation 5 are scaled and weighed.

    Attributes:
        content: lambda_c, of feature reconstruction summed over the content layers.
        style: lambda_s, of style reconstruction combined over the style layers.
        variation: lambda_TV, of total variation on pixels in 0..255.
        content_scale: "mean" over C H W (equation 2); "half-sum", half the sum instead of the mean (Gatys et al.); or
            "relative": the mean over the mean square of the style painting's own activations, so that weights do not
            depend on the scale of the loss network.
        style_scale: "sum" over the Gram entries (equation 4), "mean" over them (the authors' code), or "relative" to
            the squared norm of the style's own Gram matrix.
        style_layers: Whether the layers' losses are added up or averaged.
        variation_form: sqrt(dx^2 + dy^2), or half its square (the authors' code).
        variation_batch: Whether total variation is averaged over the batch or summed (the authors' code).
    """

    content: float = 1.0
    style: float = 1.0
    variation: float = 0.0
    content_scale: Literal["mean", "half-sum", "relative"] = "mean"
    style_scale: Literal["sum", "mean", "relative"] = "sum"
    style_layers: Literal["sum", "mean"] = "sum"
    variation_form: Literal["root", "squared"] = "squared"
    variation_batch: Literal["mean", "sum"] = "mean"

    def to_dict(self) -> dict[str, Any]:
        """The weighting as plain JSON values."""
        return asdict(self)


WEIGHTINGS: Final[dict[str, Weighting]] = {
    # Equations 2 to 5 to the letter. The paper states no lambda_c and lambda_s: with 5 / 128^2, its style term weighs
    # at relu2_2 what it weighs in the authors' code. lambda_TV is the lower end of the paper's range.
    "paper": Weighting(1.0, 5 / 128**2, 1e-6),
    # fast-neural-style's train.lua: Gram errors averaged over C^2, total variation summed over the batch.
    "authors": Weighting(1.0, 5.0, 1e-6, style_scale="mean", variation_batch="sum"),
    # pytorch/examples' neural_style.py, for torchvision's VGG-16 and relu2_2 as the content layer.
    "pytorch-examples": Weighting(1e5, 1e10, 0.0, style_scale="mean"),
    # Gatys et al.: half-sums of squares, and w_l E_l with w_l = 1/5; equation 4 is four times E_l. alpha / beta is
    # theirs, for the VGG-19 whose activations are normalised to a mean of one.
    "gatys": Weighting(1.0, 1e3 / 4, 0.0, "half-sum", "sum", "mean"),
    # Ours: both terms relative to the painting's own, so that one weight serves all paintings and loss networks.
    "modern": Weighting(1.0, 30.0, 0.0, "relative", "relative", "mean"),
}
"""Named weightings. All but `modern` expect a loss network of the scale that they were written for."""
