"""Other people's style networks, written again from what their repositories say: the references of the importers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.interop.pretrained import save_pretrained
from painterly.models.card import ModelCard
from painterly.networks import StyleDescription, StyleNetwork

Make = Callable[..., nn.Module]


class Reflected(nn.Module):
    """pytorch/examples: `reflection_pad`, then `conv2d`, of a picture that is enlarged first where it is to be."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, upsample: int = 0) -> None:
        super().__init__()
        self.upsample = upsample
        self.reflection_pad = nn.ReflectionPad2d(kernel // 2)
        self.conv2d = nn.Conv2d(inputs, outputs, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        if self.upsample:
            x = F.interpolate(x, scale_factor=self.upsample, mode="nearest")
        y: Tensor = self.conv2d(self.reflection_pad(x))
        return y


class OldNorm(nn.Module):
    """pytorch/examples in 2017: `scale`, `shift`, an epsilon of 1e-9."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale, self.shift = (nn.Parameter(torch.ones(channels)) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        count = x.shape[2] * x.shape[3]
        flat = x.flatten(2)
        mean, variance = flat.mean(2)[..., None, None], (flat.var(2) * (count - 1) / count)[..., None, None]
        return (x - mean) / torch.sqrt(variance + 1e-9) * self.scale.view(1, -1, 1, 1) + self.shift.view(1, -1, 1, 1)


class Residual(nn.Module):
    def __init__(self, channels: int, norm: Callable[[int], nn.Module]) -> None:
        super().__init__()
        self.conv1, self.in1 = Reflected(channels, channels, 3), norm(channels)
        self.conv2, self.in2 = Reflected(channels, channels, 3), norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.in2(self.conv2(F.relu(self.in1(self.conv1(x)))))
        return y + x


def affine(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


class PytorchExamples(nn.Module):
    """RGB in 0..255, in and out."""

    ups = ("deconv1", "deconv2", "deconv3")

    def __init__(self, width: int = 8, blocks: int = 5, norm: Callable[[int], nn.Module] = affine) -> None:
        super().__init__()
        w = width
        self.conv1, self.in1 = Reflected(3, w, 9), norm(w)
        self.conv2, self.in2 = Reflected(w, 2 * w, 3, 2), norm(2 * w)
        self.conv3, self.in3 = Reflected(2 * w, 4 * w, 3, 2), norm(4 * w)
        for index in range(blocks):
            setattr(self, f"res{index + 1}", Residual(4 * w, norm))
        self.blocks = blocks
        self.in4, self.in5 = norm(2 * w), norm(w)
        last = (Reflected(4 * w, 2 * w, 3, upsample=2), Reflected(2 * w, w, 3, upsample=2), Reflected(w, 3, 9))
        for name, layer in zip(self.ups, last, strict=True):
            setattr(self, name, self.wrapped(layer))

    def wrapped(self, layer: Reflected) -> nn.Module:
        return layer

    def layers(self, x: Tensor) -> Tensor:
        for conv, norm in ((self.conv1, self.in1), (self.conv2, self.in2), (self.conv3, self.in3)):
            x = F.relu(norm(conv(x)))
        for index in range(self.blocks):
            x = getattr(self, f"res{index + 1}")(x)
        first, second, third = (getattr(self, name) for name in self.ups)
        y: Tensor = third(F.relu(self.in5(second(F.relu(self.in4(first(x)))))))
        return y

    def forward(self, picture: Tensor) -> Tensor:
        return self.layers(picture * 255) / 255


class PytorchExamples2017(PytorchExamples):
    """BGR in 0..255, in and out."""

    def __init__(self, width: int = 8, blocks: int = 5) -> None:
        super().__init__(width, blocks, OldNorm)

    def forward(self, picture: Tensor) -> Tensor:
        return (self.layers(picture.flip(1) * 255) / 255).flip(1)


MEAN, STD = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


class Nested(nn.Module):
    """gordicaleksa: up-sampling holds a layer that holds the convolution."""

    def __init__(self, layer: Reflected) -> None:
        super().__init__()
        self.conv2d = layer

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2d(x)
        return y


class Gordicaleksa(PytorchExamples):
    """RGB normalised by ImageNet's mean and deviation, in and out."""

    ups = ("up1", "up2", "up3")

    def wrapped(self, layer: Reflected) -> nn.Module:
        return Nested(layer) if layer.upsample else layer

    def forward(self, picture: Tensor) -> Tensor:
        return self.layers((picture - MEAN) / STD) * STD + MEAN


class RrminaLayer(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, norm: bool = True) -> None:
        super().__init__()
        self.reflection_pad = nn.ReflectionPad2d(kernel // 2)
        self.conv_layer = nn.Conv2d(inputs, outputs, kernel, stride)
        if norm:
            self.norm_layer = affine(outputs)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv_layer(self.reflection_pad(x))
        return self.norm_layer(y) if hasattr(self, "norm_layer") else y


class RrminaUp(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_transpose = nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, 1)
        self.norm_layer = affine(outputs)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm_layer(self.conv_transpose(x))
        return y


class RrminaResidual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (RrminaLayer(channels, channels, 3) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(F.relu(self.conv1(x)))
        return y + x


class Rrmina(nn.Module):
    """BGR in 0..255, in and out, and no tanh."""

    def __init__(self, width: int = 8, blocks: int = 5) -> None:
        super().__init__()
        w, relu = width, nn.ReLU()
        down = (RrminaLayer(3, w, 9), RrminaLayer(w, 2 * w, 3, 2), RrminaLayer(2 * w, 4 * w, 3, 2))
        self.ConvBlock = nn.Sequential(*(part for layer in down for part in (layer, relu)))
        self.ResidualBlock = nn.Sequential(*(RrminaResidual(4 * w) for _ in range(blocks)))
        last = RrminaLayer(w, 3, 9, norm=False)
        self.DeconvBlock = nn.Sequential(RrminaUp(4 * w, 2 * w), relu, RrminaUp(2 * w, w), relu, last)

    def forward(self, picture: Tensor) -> Tensor:
        y: Tensor = self.DeconvBlock(self.ResidualBlock(self.ConvBlock(picture.flip(1) * 255)))
        return (y / 255).flip(1)


class ErikBlock(nn.Module):
    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, up: bool = False, relu: bool = True, **norm: bool
    ) -> None:
        super().__init__()
        self.up, self.relu = up, relu
        self.block = nn.Sequential(nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inputs, outputs, kernel, stride))
        self.norm = affine(outputs) if norm.get("normalize", True) else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(F.interpolate(x, scale_factor=2) if self.up else x)
        x = x if self.norm is None else self.norm(x)
        return F.relu(x) if self.relu else x


class ErikResidual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(ErikBlock(channels, channels, 3), ErikBlock(channels, channels, 3, relu=False))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.block(x)
        return y + x


class Eriklindernoren(nn.Module):
    """RGB normalised by ImageNet's mean and deviation, in and out."""

    def __init__(self, width: int = 8, blocks: int = 5) -> None:
        super().__init__()
        w = width
        self.model = nn.Sequential(
            ErikBlock(3, w, 9),
            ErikBlock(w, 2 * w, 3, 2),
            ErikBlock(2 * w, 4 * w, 3, 2),
            *(ErikResidual(4 * w) for _ in range(blocks)),
            ErikBlock(4 * w, 2 * w, 3, up=True),
            ErikBlock(2 * w, w, 3, up=True),
            ErikBlock(w, 3, 9, relu=False, normalize=False),
        )

    def forward(self, picture: Tensor) -> Tensor:
        y: Tensor = self.model((picture - MEAN) / STD)
        return y * STD + MEAN


FOREIGN: dict[str, type[nn.Module]] = {
    "pytorch/examples fast_neural_style": PytorchExamples,
    "pytorch/examples fast_neural_style of 2017": PytorchExamples2017,
    "gordicaleksa/pytorch-neural-style-transfer-johnson": Gordicaleksa,
    "rrmina/fast-neural-style-pytorch TransformerNetwork": Rrmina,
    "eriklindernoren/Fast-Neural-Style-Transfer": Eriklindernoren,
}


@pytest.fixture(params=FOREIGN)
def layout(request: pytest.FixtureRequest) -> str:
    """Each repository in turn."""
    name: str = request.param
    return name


@pytest.fixture
def make_foreign() -> Make:
    """A network as a repository has it, with weights that are not those of its start."""

    def make(name: str = "pytorch/examples fast_neural_style", **size: int) -> nn.Module:
        network = FOREIGN[name](**size)
        with torch.no_grad():
            for key, value in network.named_parameters():
                if value.ndim == 1:
                    scale = key.endswith(("scale", "weight"))
                    value.copy_(torch.rand_like(value) + 0.5 if scale else 0.3 * torch.randn_like(value))
            last = [p for key, p in network.named_parameters() if key.endswith("bias")][-1]
            if name.startswith(("pytorch", "rrmina")):  # pixels are bytes there
                last.add_(110)
                [p for p in network.parameters() if p.ndim == 4][-1].mul_(60)
        return network.eval()

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of three styles as a folder for the Hugging Face Hub."""
    network = StyleNetwork(StyleDescription(4, 1, styles=3)).eval()
    styles = [{"name": name, "title": name.title(), "painter": "A | B"} for name in ("ochre", "umber", "sienna")]
    card = ModelCard("style", network.description.to_dict(), title="Three Earths", styles=styles)
    return save_pretrained(network, card, tmp_path / "earths", licence="mit")
