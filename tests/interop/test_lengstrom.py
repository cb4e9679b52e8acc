"""Engstrom's fast-style-transfer: its network written again, and files that TensorFlow itself wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import painterly
from painterly.errors import InputError
from painterly.interop.importing import read_foreign

FILES = Path(__file__).parent / "files"
SAME = 2e-4  # of pictures in [0, 1]: a twentieth of a grey level


class Lengstrom(nn.Module):
    """Engstrom's network: TensorFlow's SAME padding, an epsilon of 1e-3, and the last layer normalised too."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        w = width
        plan = [(3, w, 9, 1), (w, 2 * w, 3, 2), (2 * w, 4 * w, 3, 2), *[(4 * w, 4 * w, 3, 1)] * (2 * blocks)]
        plan += [(4 * w, 2 * w, 3, -2), (2 * w, w, 3, -2), (w, 3, 9, 1)]
        self.plan, self.blocks = plan, blocks
        self.parts = []
        for inputs, outputs, kernel, stride in plan:
            sides = (outputs, inputs) if stride < 0 else (inputs, outputs)
            scale, shift = torch.rand(outputs) + 0.5, torch.randn(outputs)
            self.parts.append((torch.randn(kernel, kernel, *sides) * 0.2, shift, scale))

    def variables(self) -> dict[str, Tensor]:
        flat = [value for part in self.parts for value in part]
        return {f"Variable_{number}" if number else "Variable": value for number, value in enumerate(flat)}

    def layer(self, x: Tensor, number: int) -> Tensor:
        weight, shift, scale = self.parts[number]
        stride, reach = self.plan[number][3], weight.shape[0] // 2
        weight = weight.permute(3, 2, 0, 1)
        if stride == 1:
            x = F.conv2d(F.pad(x, (reach,) * 4), weight)
        elif stride == 2:
            x = F.conv2d(F.pad(x, (0, 1, 0, 1)), weight, stride=2)
        else:
            x = F.conv_transpose2d(x, weight, stride=2)[..., :-1, :-1]
        mean, variance = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True, correction=0)
        return (x - mean) / (variance + 1e-3).sqrt() * scale.view(-1, 1, 1) + shift.view(-1, 1, 1)

    def forward(self, picture: Tensor) -> Tensor:
        x = picture * 255
        for number in range(3):
            x = self.layer(x, number).relu()
        for block in range(self.blocks):
            x = x + self.layer(self.layer(x, 3 + 2 * block).relu(), 4 + 2 * block)
        for number in (-3, -2):
            x = self.layer(x, number).relu()
        return (self.layer(x, -1).tanh() * 150 + 127.5) / 255


@pytest.mark.parametrize("size", [(1, 64, 48), (2, 40, 72), (1, 61, 47)], ids=["one", "batch", "odd"])
def test_engstroms_network_with_the_padding_of_tensorflow(tmp_path: Path, size: tuple[int, int, int]) -> None:
    theirs = Lengstrom(4, 3)
    arrays: dict[str, Any] = {name: value.numpy() for name, value in theirs.variables().items()}
    np.savez(tmp_path / "wave.npz", **arrays)
    batch, height, width = size
    picture = torch.rand(batch, 3, height, width)

    network, _ = read_foreign(tmp_path / "wave.npz")
    with torch.inference_mode():
        ours = network(picture).clamp(0, 1)

    padded = F.pad(picture, (0, -width % 4, 0, -height % 4), mode="reflect")
    wanted = theirs(padded)[..., :height, :width].clamp(0, 1)
    assert (ours - wanted).abs().max() < SAME


@pytest.mark.parametrize("name", ["lengstrom-v1.ckpt", "lengstrom-v2.ckpt", "lengstrom-v2.ckpt.index"])
def test_checkpoints_that_tensorflow_itself_wrote(name: str) -> None:
    """TensorFlow 2.21 made the files and the painting, by Engstrom's graph with two channels and two blocks."""
    network, card = read_foreign(FILES / name)
    with np.load(FILES / "lengstrom-picture.npz") as arrays:
        picture = torch.from_numpy(arrays["picture"]).permute(0, 3, 1, 2) / 255
        painting = torch.from_numpy(arrays["painting"]).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        assert (network(picture) - painting).abs().max() < SAME
    assert card.training["imported"]["layout"] == "lengstrom/fast-style-transfer"


def test_a_tensorflow_checkpoint_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = (FILES / "lengstrom-v1.ckpt").read_bytes()
    path = tmp_path / "cut.ckpt"
    for keep in (10, 1000, len(whole) // 2, len(whole) - 20000):
        path.write_bytes(whole[:keep] + whole[-48:])  # the end says where the index should be
        with pytest.raises(InputError, match=r"cut\.ckpt"):
            read_foreign(path)
    path.with_name("lone.ckpt.index").write_bytes((FILES / "lengstrom-v2.ckpt.index").read_bytes())
    with pytest.raises(InputError, match=r"lone\.ckpt\.data-00000-of-00001 cannot be read"):
        read_foreign(path.with_name("lone.ckpt"))


@pytest.mark.parametrize("tile", ["off", 64])
@pytest.mark.parametrize("backend", ["torch", "openvino", "onnxruntime"])
def test_imported_networks_run_everywhere(tmp_path: Path, backend: str, tile: str | int) -> None:
    """Zeros beyond the border, kernels of four and a normalised last layer: in every back end, and by tiles."""
    theirs = Lengstrom(4, 2)
    arrays: dict[str, Any] = {name: value.numpy() for name, value in theirs.variables().items()}
    np.savez(tmp_path / "wave.npz", **arrays)
    picture = torch.rand(1, 3, 144, 160)
    painter = painterly.load(tmp_path / "wave.npz", device="cpu", backend=backend, precision="float32")
    assert (painter(picture, tile=tile) - theirs(picture).clamp(0, 1)).abs().max() < 1e-3
