"""Networks of torch's own layers go by tiles as they are, or are refused."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from painterly.inference import lower
from painterly.tiling import ProgramBuilder, TensorPixels, run_tiled


def test_a_network_of_torchs_own_layers() -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.ReflectionPad2d(2),
        nn.Conv2d(3, 8, 5, bias=False),
        nn.InstanceNorm2d(8, affine=True),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3, stride=2, padding=1),
        nn.InstanceNorm2d(12),
        nn.ReLU(),
        nn.BatchNorm2d(12),
        nn.ReplicationPad2d(1),
        nn.ConvTranspose2d(12, 6, 4, stride=2, padding=3),
        nn.InstanceNorm2d(6),
        nn.Conv2d(6, 12, 1),
        nn.PixelShuffle(2),
    ).eval()
    picture = torch.rand(1, 3, 38, 54)
    with torch.no_grad():
        whole = layers(picture)
    builder = ProgramBuilder()
    builder.graph(lower(layers), builder.source(3))
    result = torch.empty_like(whole)
    run_tiled(builder.build(), [TensorPixels(picture)], TensorPixels(result), tile=20)
    torch.testing.assert_close(result, whole, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 3, 3, dilation=2),
        nn.Conv2d(3, 3, 3, groups=3),
        nn.Conv2d(3, 3, (3, 1)),
        nn.Conv2d(3, 3, 3, stride=(1, 2)),
        nn.Conv2d(3, 3, 3, padding="same"),
        nn.Conv2d(3, 3, 3, padding=1, padding_mode="circular"),
        nn.ReflectionPad2d((1, 2, 1, 1)),
        nn.InstanceNorm2d(3, track_running_stats=True),
        nn.Sigmoid(),
    ],
    ids=["dilation", "groups", "kernel", "stride", "same", "circular", "sides", "running", "sigmoid"],
)
def test_what_is_not_known_is_refused(layer: nn.Module) -> None:
    with pytest.raises(TypeError, match="no operation is known"):
        lower(nn.Sequential(nn.Conv2d(3, 3, 1), layer))
