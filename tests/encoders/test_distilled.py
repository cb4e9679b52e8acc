"""The distilled encoder, spelled out and beside the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from painterly.encoders import DistilledVGG, load_loss_network
from painterly.errors import UsageError
from painterly.images.reading import read_picture
from painterly.images.tensors import to_tensor

GATYS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def spell_out(weights: dict[str, Tensor], x: Tensor, pool: type[nn.Module], padding_mode: Any) -> dict[str, Tensor]:
    """The network's layers one after another, read off its weights."""

    def convolve(name: str, x: Tensor) -> Tensor:
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        conv = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, padding_mode=padding_mode)
        conv.load_state_dict({"weight": weight, "bias": bias})
        return torch.relu(conv(x))

    found: dict[str, Tensor] = {}
    for group, positions in enumerate((2, 2, 4, 4, 1), 1):
        if group > 1:
            x = pool(2)(x)
        for position in range(1, positions + 1):
            x = convolve(f"conv{group}{position}", x)
            if position == 1:
                weight, bias = weights[f"conv{group}1_aux.weight"], weights[f"conv{group}1_aux.bias"]
                found[f"relu{group}_1"] = torch.relu(
                    torch.einsum("oi,bihw->bohw", weight[:, :, 0, 0], x) + bias.view(-1, 1, 1)
                )
    return found


@pytest.mark.parametrize(
    ("options", "pool", "padding_mode"),
    [
        ({}, nn.MaxPool2d, "reflect"),
        ({"pooling": "average"}, nn.AvgPool2d, "reflect"),
        ({"padding": "zero"}, nn.MaxPool2d, "zeros"),
    ],
)
def test_layers_in_one_pass_are_those_spelled_out(
    options: dict[str, Any], pool: type[nn.Module], padding_mode: str
) -> None:
    distilled = DistilledVGG(width=2, **options)
    x = torch.randn(1, 3, 32, 48)
    with torch.no_grad():
        wanted = spell_out(distilled.state_dict(), x, pool, padding_mode)
        found = distilled(x, GATYS)
        for name, channels in zip(GATYS, (64, 128, 256, 512, 512), strict=True):
            assert found[name].shape[1] == channels
            torch.testing.assert_close(found[name], wanted[name])
            assert torch.equal(distilled(x, (name,))[name], found[name])


def test_nothing_deeper_is_built() -> None:
    names = {name.split(".")[0] for name, _ in DistilledVGG(until="relu2_1").named_parameters()}
    assert names == {"conv11", "conv12", "conv21", "conv11_aux", "conv21_aux"}


@pytest.mark.parametrize("layer", ["relu1_2", "conv1_1"])
def test_other_layers_are_refused_with_those_that_it_has(layer: str) -> None:
    with pytest.raises(UsageError, match=f"only relu1_1, .*, not {layer}"):
        DistilledVGG(until=layer)
    with pytest.raises(UsageError, match=f"only relu1_1, .*, not {layer}"):
        DistilledVGG()(torch.zeros(1, 3, 8, 8), ("relu1_1", layer))


@pytest.mark.parametrize(("layer", "correlation"), [("relu1_1", 0.97), ("relu2_1", 0.88), ("relu3_1", 0.78)])
def test_it_sees_in_a_photograph_what_the_real_network_sees(data: Path, layer: str, correlation: float) -> None:
    photograph = to_tensor(read_picture(data / "content" / "chicago.jpg").resize((128, 128)))
    seen = [
        load_loss_network(name, content_layers=(layer,), style_layers=(layer,))(photograph, (layer,))[layer].flatten()
        for name in ("vgg19-mixed", "vgg19-distilled")
    ]
    assert torch.corrcoef(torch.stack(seen))[0, 1] > correlation
