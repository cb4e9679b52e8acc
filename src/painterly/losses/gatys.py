"""The losses of Gatys, Ecker and Bethge (2015), with their own normalisation.

They relate to the paper's as follows, exactly: its equation 4 on Gram matrices of equation 3 is four times
`gatys_style_layer`, and its equation 2 is 2 / (C H W) times `gatys_content`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from painterly.losses.gram import gram_matrix

__all__ = ["gatys_content", "gatys_style", "gatys_style_layer"]


def gatys_content(output: Tensor, target: Tensor) -> Tensor:
    """Half the squared distance of activations, averaged over the batch.

    Args:
        output: F, shape (B, N, H, W).
        target: P, same shape.

    Returns:
        A scalar whose gradient in F is F - P; behind a ReLU it reaches only what is positive.
    """
    return 0.5 * (output - target).square().sum((1, 2, 3)).mean()


def gatys_style_layer(output: Tensor, target: Tensor) -> Tensor:
    """E_l = sum (G - A)^2 / (4 N^2 M^2), averaged over the batch, for activations of equal size.

    Args:
        output: Activations of N channels and M pixels, shape (B, N, H, W).
        target: Activations of the style, same shape.
    """
    size = output[0].numel()
    difference = gram_matrix(output, "none") - gram_matrix(target, "none")
    return difference.square().sum((1, 2)).mean() / (4 * size**2)


def gatys_style(outputs: Sequence[Tensor], targets: Sequence[Tensor], weights: Sequence[float] | None = None) -> Tensor:
    """Sum of w_l E_l over layers; equal weights that sum to one unless others are given.

    Args:
        outputs: Activations, one tensor (B, N_l, H_l, W_l) a layer.
        targets: The same for the style.
        weights: w_l.
    """
    if weights is None:
        weights = [1 / len(outputs)] * len(outputs)
    terms = [w * gatys_style_layer(f, a) for w, f, a in zip(weights, outputs, targets, strict=True)]
    return torch.stack(terms).sum()
