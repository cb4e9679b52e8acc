"""What painterly's speed is measured against: the architecture and the training step of pytorch/examples'
fast_neural_style, the implementation that most people run, written anew. Imports nothing of painterly.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["ReferenceNetwork", "reference_step"]


class _Conv(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, upsample: int = 0) -> None:
        super().__init__()
        self.upsample = upsample
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        if self.upsample:
            x = F.interpolate(x, scale_factor=self.upsample, mode="nearest")
        y: Tensor = self.conv(self.pad(x))
        return y


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = _Conv(channels, channels, 3), nn.InstanceNorm2d(channels, affine=True)
        self.conv2, self.norm2 = _Conv(channels, channels, 3), nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return y + x


class ReferenceNetwork(nn.Module):
    """RGB in [0, 255], shape (B, 3, H, W), H and W multiples of 4, to the same. 1,679,235 parameters, random."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for conv in (_Conv(3, 32, 9), _Conv(32, 64, 3, 2), _Conv(64, 128, 3, 2)):
            layers += [conv, nn.InstanceNorm2d(conv.conv.out_channels, affine=True), nn.ReLU()]
        layers += [_Residual(128) for _ in range(5)]
        for conv in (_Conv(128, 64, 3, upsample=2), _Conv(64, 32, 3, upsample=2)):
            layers += [conv, nn.InstanceNorm2d(conv.conv.out_channels, affine=True), nn.ReLU()]
        layers.append(_Conv(32, 3, 9))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return y


def reference_step(
    network: nn.Module, vgg: Callable[[Tensor], list[Tensor]], style: Tensor, *, learning_rate: float = 1e-3
) -> Callable[[Tensor], float]:
    """A training step as pytorch/examples has it: eager, float32, mean squared errors at four layers.

    Args:
        network: Takes and gives RGB in [0, 255].
        vgg: From normalised pictures to the activations of relu1_2, relu2_2, relu3_3 and relu4_3.
        style: The painting, RGB in [0, 255], shape (1, 3, H, W).
        learning_rate: Of Adam.

    Returns:
        A function from photographs, RGB in [0, 255], shape (B, 3, H, W), to the loss before the step.
    """
    optimizer = torch.optim.Adam(network.parameters(), learning_rate)
    mean = style.new_tensor([0.485, 0.456, 0.406]).view(-1, 1, 1)
    std = style.new_tensor([0.229, 0.224, 0.225]).view(-1, 1, 1)

    def normalise(x: Tensor) -> Tensor:
        return (x / 255.0 - mean) / std

    def gram(features: Tensor) -> Tensor:
        batch, channels, height, width = features.shape
        rows = features.view(batch, channels, height * width)
        return rows.bmm(rows.transpose(1, 2)) / (channels * height * width)

    with torch.no_grad():
        grams = [gram(features) for features in vgg(normalise(style))]

    def step(photographs: Tensor) -> float:
        optimizer.zero_grad()
        paintings = network(photographs)
        found = vgg(normalise(paintings))
        wanted = vgg(normalise(photographs))
        content = 1e5 * F.mse_loss(found[1], wanted[1])
        batch = len(photographs)
        style_loss = sum(F.mse_loss(gram(f), g.expand(batch, -1, -1)) for f, g in zip(found, grams, strict=True))
        total = content + 1e10 * style_loss
        total.backward()
        optimizer.step()
        return float(total.detach())

    return step
