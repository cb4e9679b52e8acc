"""Other people's networks, followed through their `forward`, give by tiles what they give whole, or are refused."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly import load
from painterly.benchmarks.reference import ReferenceNetwork
from painterly.tiling import apply_tiled, trace_network


class UNet(nn.Module):
    """Pooling, a skip connection by concatenation, and a residual at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.LeakyReLU(0.2, inplace=True))
        self.pool, self.average = nn.MaxPool2d(2), nn.AvgPool2d(3, 2, 1)
        self.middle = nn.Sequential(nn.Conv2d(12, 8, 3, padding="same"), nn.GroupNorm(4, 8), nn.SiLU())
        self.last = nn.Conv2d(14, 3, 3, padding=1, padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        high = self.down(x)
        low = self.middle(torch.cat([self.pool(high), self.average(high)], dim=1))
        large = F.interpolate(low, scale_factor=2.0)
        result: Tensor = torch.sigmoid(self.last(torch.cat((high, large), 1))) + 0.1 * x
        return result


class Normalised(nn.Module):
    """Numbers for each channel, from a buffer and a parameter, before and after layers of unusual shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4, 0.5, 0.6]))
        self.scale = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1))
        self.wide = nn.Conv2d(3, 9, (1, 5), padding=(0, 2), groups=3)
        self.dilated = nn.Conv2d(9, 3, 3, padding=4, dilation=4, padding_mode="replicate")
        self.prelu = nn.PReLU(9)
        self.dropout = nn.Dropout(0.5)

    mean: Tensor

    def forward(self, x: Tensor) -> Tensor:
        mean = self.mean.view(1, -1, 1, 1)
        y = self.dropout(self.prelu(self.wide((x - mean) * (1 / self.scale))))
        result: Tensor = (self.dilated(y).contiguous() * self.scale + mean).clamp(0, 1)
        return result


class InPlace(nn.Module):
    """What is done in place shows under every name of a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu = nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        before = y
        y += 0.2
        z = self.relu(y)
        z.mul_(3)
        result: Tensor = before - F.relu(self.conv(z), inplace=True) + y
        return result


class Enlarging(nn.Module):
    """Ends in pixels, and has an instance norm with moments from training."""

    def __init__(self) -> None:
        super().__init__()
        self.small = nn.PixelUnshuffle(2)
        self.norm = nn.InstanceNorm2d(12, affine=True, track_running_stats=True)
        self.conv = nn.Conv2d(12, 48, 3, padding=1)
        self.up = nn.ConvTranspose2d(3, 3, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        large: Tensor = self.up(F.pixel_shuffle(self.conv(self.norm(self.small(x))), 4))
        return large


NETWORKS = (ReferenceNetwork, UNet, Normalised, InPlace, Enlarging)


def settled(kind: type[nn.Module]) -> nn.Module:
    """A network of a kind whose running moments are those of no other."""
    torch.manual_seed(1)
    network = kind()
    with torch.no_grad():
        network.train()(torch.rand(2, 3, 32, 32))
    return network.eval()


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("size", [(64, 48), (44, 92)], ids=["64x48", "44x92"])
@torch.no_grad()
def test_tiles_give_what_the_whole_gives(kind: type[nn.Module], size: tuple[int, int]) -> None:
    network, pictures = settled(kind), torch.rand(2, 3, *size)
    given = pictures.clone()
    result = apply_tiled(network, pictures, tile=20)
    assert torch.equal(pictures, given)
    torch.testing.assert_close(result, network(given), rtol=1e-4, atol=1e-4)


def test_a_network_in_training_is_left_so_and_taken_as_in_evaluation() -> None:
    network, picture = settled(Normalised), torch.rand(1, 3, 24, 24)
    with torch.no_grad():
        whole = network(picture)
    network.train()
    dropout = network.get_submodule("dropout").eval()
    torch.testing.assert_close(apply_tiled(network, picture, tile=16), whole, rtol=1e-4, atol=1e-4)
    assert network.training
    assert not dropout.training


def test_painterlys_own_networks_go_the_same_way() -> None:
    painter = load("starry-night-small", precision="float32")
    picture = torch.rand(1, 3, 70, 90)
    whole = painter(picture, tile="off")
    torch.testing.assert_close(apply_tiled(painter.network, picture, tile=32), whole, rtol=0, atol=1e-3)


def test_a_program_is_made_once_and_used_often() -> None:
    network = settled(UNet)
    program, picture = trace_network(network), torch.rand(1, 3, 32, 40)
    assert torch.equal(apply_tiled(program, picture, tile=16), apply_tiled(network, picture, tile=16))


def test_other_numbers_of_channels_and_progress_over_a_batch() -> None:
    network = nn.Conv2d(1, 2, 3, padding=1)
    seen: list[float] = []
    result = apply_tiled(network, torch.rand(3, 1, 20, 20), tile=8, memory="64GB", progress=seen.append)
    assert result.shape == (3, 2, 20, 20)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


class Calls(nn.Module):
    """Does one thing."""

    def __init__(self, what: object) -> None:
        super().__init__()
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.what(x)  # type: ignore[operator]
        return result


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (lambda x: x if x.mean() > 0 else -x, "cannot be followed"),
        (lambda x: x.mean(), "mean"),
        (lambda x: x.transpose(2, 3), "transpose"),
        (lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), "bilinear"),
        (lambda x: F.interpolate(x, scale_factor=1.5), "1.5"),
        (lambda x: F.pad(x, (1, 1, 1, 1)), "constant"),
        (lambda x: F.pad(x, (1, 2, 1, 1), "reflect"), "on all sides"),
        (lambda x: torch.cat([x, x], 2), "direction"),
        (lambda x: torch.softmax(x, 3), "softmax"),
        (lambda x: x * x.shape[2], "getattr"),
    ],
    ids=["branch", "mean", "transpose", "bilinear", "factor", "zeros", "sides", "cat", "softmax", "shape"],
)
def test_what_is_not_known_is_refused(what: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        trace_network(Calls(what))


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 3, (3, 2)),
        nn.Conv2d(3, 3, (3, 1), padding=1),
        nn.Conv2d(3, 3, 3, stride=(1, 2)),
        nn.Conv2d(3, 3, 2, padding="same"),
        nn.Conv2d(3, 3, 3, padding=1, padding_mode="circular"),
        nn.ConvTranspose2d(3, 3, 3, groups=3),
        nn.MaxPool2d(2, padding=1),
        nn.AvgPool2d(2, ceil_mode=True),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.BatchNorm2d(3, track_running_stats=False),
        nn.Softmax2d(),
        nn.LayerNorm(8),
    ],
    ids=str,
)
def test_layers_that_are_not_known_are_named(layer: nn.Module) -> None:
    with pytest.raises(TypeError, match=type(layer).__name__):
        trace_network(nn.Sequential(layer))


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        apply_tiled(nn.Identity(), torch.rand(3, 8, 8))
    with pytest.raises(TypeError, match="differs from place to place"):
        trace_network(Calls(Positioned()))


class Positioned(nn.Module):
    """Adds something that depends on the place."""

    def __init__(self) -> None:
        super().__init__()
        self.places = nn.Parameter(torch.rand(1, 3, 8, 8))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.places
