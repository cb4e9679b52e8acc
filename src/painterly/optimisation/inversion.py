"""What a layer of the loss network knows of a picture: feature and style inversion (paper, figures 3 and 4).

A picture is optimised, from noise, until its activations (or their Gram matrix) at a layer are those of the original:
minimise ||phi(x) - phi(y)||^2 / ||phi(y)||^2 + lambda V_beta(x) with V_beta the mean over pixels of
(dx^2 + dy^2)^(beta / 2) (Mahendran and Vedaldi 2015). Their other regulariser, the alpha-norm, which keeps pixels from
running away, is not needed: every iteration projects onto [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor

from painterly.encoders.loss_network import LossNetwork
from painterly.losses.feature import feature_reconstruction
from painterly.losses.gram import gram_matrix
from painterly.losses.style import style_reconstruction
from painterly.losses.variation import variation_power
from painterly.optimisation.descent import Descent, Iteration, Method

__all__ = ["INVERSIONS", "Inversion", "inversion_terms", "invert_layers"]

Inversion = Literal["feature", "style"]
"""Match the activations themselves (figure 3) or their Gram matrices (figure 4)."""

INVERSIONS = ("feature", "style")


def inversion_terms(
    loss_network: LossNetwork,
    picture: Tensor,
    layers: Sequence[str],
    *,
    kind: Inversion = "feature",
    variation: float = 0.5,
    beta: float = 2.0,
) -> Callable[[Tensor], dict[str, Tensor]]:
    """The objective of an inversion.

    Args:
        loss_network: Where activations come from.
        picture: The original, RGB in [0, 1], shape (1, 3, H, W).
        layers: Layers to match, weighed alike.
        kind: What is matched.
        variation: Weight of total variation.
        beta: Its power: 2 for smooth pictures, 1 for sharp edges and spikes.

    Returns:
        A function from a picture of any size (feature: of that size) to terms `feature` or `style`, and `variation`.
    """
    names = tuple(layers)
    with torch.no_grad():
        wanted = loss_network(picture, names)
        grams = {name: gram_matrix(features) for name, features in wanted.items()}

    def terms(candidate: Tensor) -> dict[str, Tensor]:
        found = loss_network(candidate, names)
        if kind == "feature":
            distances = [feature_reconstruction(found[name], wanted[name], "relative") for name in names]
        else:
            distances = [style_reconstruction(gram_matrix(found[name]), grams[name], "relative") for name in names]
        result = {str(kind): torch.stack(distances).mean()}
        if variation:
            result["variation"] = variation * variation_power(candidate, beta)
        return result

    return terms


def invert_layers(
    loss_network: LossNetwork,
    picture: Tensor,
    layers: Sequence[str],
    *,
    kind: Inversion = "feature",
    variation: float = 0.5,
    beta: float = 2.0,
    iterations: int = 200,
    method: Method = "lbfgs",
    seed: int = 0,
) -> Iterator[Iteration]:
    """Invert layers of a picture, from noise.

    Args are those of `inversion_terms`, and:
        iterations: How many.
        method: How.
        seed: Decides the noise.

    Yields:
        The start, and the state after each iteration.
    """
    terms = inversion_terms(loss_network, picture, layers, kind=kind, variation=variation, beta=beta)
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(seed)).to(picture.device)
    yield from Descent(terms, (0.5 + 0.1 * noise).clamp(0, 1), method=method).run(iterations)
