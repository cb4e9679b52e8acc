from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from painterly.networks.normalization import InstanceNorm

Lively = Callable[[nn.Module, Tensor], None]


@pytest.fixture(scope="session")
def lively() -> Lively:
    """Give a network scales, shifts and running statistics that are not all ones and zeros, as training would.

    Statistics are near those of pictures that the network is to see, so that the comparison is one of arithmetic and
    not of rounding errors blown up by a variance of nearly nothing.
    """

    def give(network: nn.Module, pictures: Tensor) -> None:
        norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1.0
        with torch.no_grad():
            for module in network.modules():
                if isinstance(module, (nn.BatchNorm2d, InstanceNorm)):
                    nn.init.uniform_(module.weight, 0.5, 1.5)
                    nn.init.normal_(module.bias, 0, 0.3)
            network.train()(pictures)
            for norm in norms:
                mean, variance = norm.running_mean, norm.running_var
                assert mean is not None
                assert variance is not None
                mean.add_(0.3 * variance.sqrt() * torch.randn_like(mean))
                variance.mul_(torch.rand_like(variance) + 0.5).clamp_(min=0.1 * float(variance.max()) + 0.01)
        network.eval()

    return give
