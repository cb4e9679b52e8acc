"""What painterly's speed is measured against."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from painterly.benchmarks.ceiling import measure_ceiling
from painterly.benchmarks.reference import ReferenceNetwork, reference_step
from painterly.benchmarks.reference_script import main
from painterly.networks import StyleNetwork
from painterly.networks.normalization import InstanceNorm
from painterly.networks.pixels import IMAGENET_MEAN, IMAGENET_STD


@pytest.fixture
def network() -> ReferenceNetwork:
    """With scales and shifts that are not all ones and zeros."""
    reference = ReferenceNetwork().eval()
    for module in reference.modules():
        if isinstance(module, nn.InstanceNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
    return reference


def with_weights_of(reference: nn.Module) -> StyleNetwork:
    """Ours, with the reference's weights: convolutions and norms come in the same order."""
    ours = StyleNetwork("modern").eval()
    kinds = ((nn.Conv2d, nn.Conv2d), (InstanceNorm, nn.InstanceNorm2d))
    for our_kind, their_kind in kinds:
        mine = [module for module in ours.modules() if isinstance(module, our_kind)]
        theirs = [module for module in reference.modules() if isinstance(module, their_kind)]
        for module, other in zip(mine, theirs, strict=True):
            module.load_state_dict(other.state_dict())
    return ours


def test_it_has_as_many_parameters_as_the_original() -> None:
    assert sum(parameter.numel() for parameter in ReferenceNetwork().parameters()) == 1_679_235


@pytest.mark.parametrize("shape", [(1, 3, 32, 48), (2, 3, 36, 32)])
def test_with_its_weights_our_network_paints_the_same(network: ReferenceNetwork, shape: tuple[int, ...]) -> None:
    ours, photograph = with_weights_of(network), torch.rand(shape)
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.no_grad():
        expected = network((photograph - mean) / std) * std + mean
        torch.testing.assert_close(ours(photograph), expected.clamp(0, 1), rtol=0, atol=1e-4)
        torch.testing.assert_close(ours.layers(photograph), network(photograph), rtol=1e-4, atol=1e-4)


def features(x: Tensor) -> list[Tensor]:
    """A loss network of four layers that needs no weights."""
    found = [x]
    for _ in range(4):
        found.append(F.avg_pool2d(torch.cat([found[-1], found[-1].roll(1, -1).tanh()], 1), 2))
    return found[1:]


def test_steps_lower_the_loss(network: ReferenceNetwork) -> None:
    step = reference_step(network, features, torch.rand(1, 3, 32, 32) * 255, learning_rate=1e-2)
    photographs = torch.rand(2, 3, 32, 32) * 255
    losses = [step(photographs) for _ in range(6)]
    assert losses[-1] < 0.7 * losses[0]


def test_a_step_is_that_of_pytorch_examples(network: ReferenceNetwork) -> None:
    """The first loss, spelled out: content at the second layer times 1e5, Gram matrices at all four times 1e10."""
    style, photographs = torch.rand(1, 3, 32, 32) * 255, torch.rand(2, 3, 32, 32) * 255
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))

    def seen(x: Tensor) -> list[Tensor]:
        return features((x / 255 - mean) / std)

    def gram(x: Tensor) -> Tensor:
        return torch.einsum("bchw,bdhw->bcd", x, x) / x[0].numel()

    with torch.no_grad():
        painted, wanted, styles = seen(network(photographs)), seen(photographs), seen(style)
        content = (painted[1] - wanted[1]).square().mean()
        likeness = sum((gram(a) - gram(b)).square().mean() for a, b in zip(painted, styles, strict=True))
        expected = float(1e5 * content + 1e10 * likeness)
    before = [parameter.clone() for parameter in network.parameters()]
    loss = reference_step(network, features, style, learning_rate=1e-3)(photographs)
    assert loss == pytest.approx(expected, rel=1e-4)
    # Adam's first step is as long as the learning rate, wherever there is a gradient.
    moved = [float((a - b).detach().abs().max()) for a, b in zip(before, network.parameters(), strict=True)]
    assert max(moved) == pytest.approx(1e-3, rel=0.01)


def test_the_script_paints_a_picture_and_keeps_its_weights(tmp_path: Path) -> None:
    photo, weights = tmp_path / "photo.png", tmp_path / "weights.pth"
    Image.effect_noise((40, 32), 60).convert("RGB").save(photo)
    paintings = []
    for name in ("a.png", "b.png"):
        main(str(weights), str(photo), str(tmp_path / name))
        with Image.open(tmp_path / name) as painting:
            assert painting.size == (40, 32)
            paintings.append(painting.tobytes())
    assert weights.is_file()
    assert all(a == b for a, b in itertools.pairwise(paintings))


def test_the_ceiling_is_positive() -> None:
    assert measure_ceiling(torch.device("cpu"), torch.float32, calls=1) > 0
