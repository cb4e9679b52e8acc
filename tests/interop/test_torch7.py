"""Torch7's files: written here from the format's description, read by painterly; nothing in them is evaluated."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from painterly.errors import InputError
from painterly.interop.authors import load_authors_torch7
from painterly.interop.torch7 import TorchObject, read_torch7


class Module:
    """An object of a class of Torch7's, to be written."""

    def __init__(self, name: str, **fields: Any) -> None:
        self.name, self.fields = name, fields


class Function:
    """Byte code, to be written."""


class Writer:
    """Torch7's binary format, for what the tests need; the same thing twice is written once and referred to."""

    def __init__(self, legacy: bool = False) -> None:
        self.content = bytearray()
        self.known: dict[int, int] = {}
        self.kept: list[Any] = []
        self.legacy = legacy

    def integer(self, *values: int) -> None:
        self.content += struct.pack(f"<{len(values)}i", *values)

    def long(self, *values: int) -> None:
        self.content += struct.pack(f"<{len(values)}q", *values)

    def text(self, value: bytes) -> None:
        self.integer(len(value))
        self.content += value

    def index(self, value: Any) -> bool:
        """Write what a thing is referred to by; whether it is new."""
        new = id(value) not in self.known
        self.kept.append(value)
        self.integer(self.known.setdefault(id(value), len(self.known) + 1))
        return new

    def name(self, name: str) -> None:
        if not self.legacy:
            self.text(b"V 1")
        self.text(name.encode())

    def write(self, value: Any) -> None:
        if value is None:
            self.integer(0)
        elif isinstance(value, bool):
            self.integer(5, value)
        elif isinstance(value, (int, float)):
            self.integer(1)
            self.content += struct.pack("<d", value)
        elif isinstance(value, str):
            self.integer(2)
            self.text(value.encode())
        elif isinstance(value, dict):
            self.integer(3)
            if self.index(value):
                self.integer(len(value))
                for key, entry in value.items():
                    self.write(key)
                    self.write(entry)
        elif isinstance(value, Function):
            self.integer(8)
            if self.index(value):
                self.text(b"\x1bLua byte code")
                self.write({})
        elif isinstance(value, np.ndarray):
            self.tensor(value)
        elif isinstance(value, Module):
            self.integer(4)
            if self.index(value):
                self.name(value.name)
                self.write(dict(value.fields))

    def tensor(self, value: np.ndarray[Any, Any]) -> None:
        kind = {"f4": "Float", "f8": "Double", "i8": "Long"}[value.dtype.str[1:]]
        self.integer(4)
        if self.index(value):
            self.name(f"torch.{kind}Tensor")
            self.integer(value.ndim)
            self.long(*value.shape)
            self.long(*(step // value.itemsize for step in value.strides))
            self.long(1)
            self.integer(4, 10_000 + len(self.kept))
            self.name(f"torch.{kind}Storage")
            flat = value if value.flags.c_contiguous else value.T
            self.long(value.size)
            self.content += flat.tobytes()


def write(path: Path, value: Any, *, legacy: bool = False) -> Path:
    writer = Writer(legacy)
    writer.write(value)
    path.write_bytes(writer.content)
    return path


def test_everything_comes_back(tmp_path: Path) -> None:
    shared = {"deep": 1.5}
    grid = np.arange(6, dtype=np.float32).reshape(2, 3)
    value: dict[str, Any] = {"a": True, "b": None, "c": "text", "same": shared, "again": shared, "grid": grid}
    value |= {"whole": np.array([3, 1], "i8"), "object": Module("nn.Thing", x=2), "code": Function()}
    value["turned"] = grid.astype("f8").T
    found = read_torch7(write(tmp_path / "a.t7", value))
    assert found[b"a"] is True
    assert found[b"b"] is None
    assert found[b"c"] == b"text"
    assert found[b"same"] is found[b"again"]
    assert found[b"same"] == {b"deep": 1.5}
    np.testing.assert_array_equal(found[b"grid"], grid)
    np.testing.assert_array_equal(found[b"turned"], grid.T)
    np.testing.assert_array_equal(found[b"whole"], [3, 1])
    assert found[b"object"] == TorchObject("nn.Thing", {b"x": 2.0})
    assert found[b"code"] is None


class Shaved(nn.Module):
    """A residual block without padding, whose input is shaved by two pixels."""

    def __init__(self, channels: int, batch: bool) -> None:
        super().__init__()
        first, second = (_conv(channels, channels, 3, batch=batch) for _ in range(2))
        self.body = nn.Sequential(*first, *second[:2])

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return y + x[..., 2:-2, 2:-2]


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0, *, batch: bool) -> list[nn.Module]:
    norm = nn.BatchNorm2d(outputs) if batch else nn.InstanceNorm2d(outputs, affine=True)
    return [nn.Conv2d(inputs, outputs, kernel, stride, padding), norm, nn.ReLU()]


class Johnson(nn.Module):
    """The authors' released network, by their models.lua: c9s1,d,d,R,...,u,u,c9s1-3 with padding reflect-start."""

    def __init__(self, width: int, blocks: int, batch: bool) -> None:
        super().__init__()
        w = width
        norms = [nn.BatchNorm2d(c) if batch else nn.InstanceNorm2d(c, affine=True) for c in (2 * w, w)]
        self.body = nn.Sequential(
            nn.ReflectionPad2d(8 * blocks),
            *_conv(3, w, 9, 1, 4, batch=batch),
            *_conv(w, 2 * w, 3, 2, 1, batch=batch),
            *_conv(2 * w, 4 * w, 3, 2, 1, batch=batch),
            *(Shaved(4 * w, batch) for _ in range(blocks)),
            *(nn.ConvTranspose2d(4 * w, 2 * w, 3, 2, 1, 1), norms[0], nn.ReLU()),
            *(nn.ConvTranspose2d(2 * w, w, 3, 2, 1, 1), norms[1], nn.ReLU()),
            nn.Conv2d(w, 3, 9, 1, 4),
        )
        with torch.no_grad():
            for name, value in [*self.named_parameters(), *self.named_buffers()]:
                if value.ndim == 1:
                    scale = name.endswith(("weight", "var"))
                    value.copy_(torch.rand_like(value) + 0.5 if scale else torch.randn_like(value))

    def forward(self, picture: Tensor) -> Tensor:
        mean = torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)
        y: Tensor = self.body(picture.flip(1) * 255 - mean).tanh() * 150
        return ((y + mean) / 255).flip(1)


def as_torch7(module: nn.Module) -> list[Module]:
    """The modules that Torch7 would have for one of torch's."""
    own = {name: value.detach().numpy() for name, value in [*module.named_parameters(), *module.named_buffers()]}
    match module:
        case nn.ReflectionPad2d():
            return [Module("nn.SpatialReflectionPadding", pad_l=module.padding[0], pad_r=module.padding[0])]
        case nn.Conv2d():
            (high, wide), step = module.kernel_size, module.stride[0]
            sides = {"kW": wide, "kH": high, "dW": step, "dH": step}
            planes = {"nInputPlane": module.in_channels, "nOutputPlane": module.out_channels}
            return [Module("nn.SpatialConvolution", **own, **sides, **planes, gradWeight=np.zeros((0,), "f4"))]
        case nn.ConvTranspose2d():
            return [Module("nn.SpatialFullConvolution", **own, dW=2, dH=2, adjW=1)]
        case nn.InstanceNorm2d():
            return [
                Module("nn.InstanceNormalization", **own, eps=1e-5, bn=Module("nn.SpatialBatchNormalization", **own))
            ]
        case nn.BatchNorm2d():
            return [Module("nn.SpatialBatchNormalization", **{k: v for k, v in own.items() if v.ndim == 1})]
        case nn.ReLU():
            return [Module("nn.ReLU", inplace=True)]
        case Shaved():
            pair = table([sequential(as_torch7(module.body)), Module("nn.ShaveImage", size=2)])
            return [sequential([Module("nn.ConcatTable", modules=pair), Module("nn.CAddTable")])]
        case _:
            return [part for child in module.children() for part in as_torch7(child)]


def table(entries: list[Any]) -> dict[int, Any]:
    return dict(enumerate(entries, 1))


def sequential(modules: list[Module]) -> Module:
    return Module("nn.Sequential", modules=table(modules), train=False)


def checkpoint(network: nn.Module, tail: tuple[Module, ...] | None = None, **options: Any) -> dict[str, Any]:
    scaled = Module("nn.MulConstant", constant_scalar=150)
    ends = (Module("nn.Tanh"), scaled, Module("nn.TotalVariation", strength=1e-6))
    model = sequential([*as_torch7(network), *(ends if tail is None else tail)])
    about = {"arch": "c9s1-16,d32", **options}
    return {"opt": about, "model": model, "train_loss_history": {1: 2.5}, "hook": Function()}


@pytest.mark.parametrize("batch", [False, True], ids=["instance", "batch"])
@pytest.mark.parametrize("legacy", [False, True], ids=["versions", "legacy"])
def test_the_authors_network_paints_as_theirs(tmp_path: Path, batch: bool, legacy: bool) -> None:
    theirs = Johnson(4, 2, batch).eval()
    path = write(tmp_path / "candy.t7", checkpoint(theirs, preprocessing="vgg"), legacy=legacy)

    network, card = load_authors_torch7(path)

    assert card.network["normalization"] == ("batch" if batch else "instance")
    assert (card.network["width"], card.network["blocks"], card.title) == (4, 2, "Candy")
    with torch.inference_mode():
        for size in ((2, 3, 64, 48), (1, 3, 61, 47)):
            picture = torch.rand(size)
            height, width = size[-2:]
            wanted = theirs(F.pad(picture, (0, -width % 4, 0, -height % 4), mode="reflect"))[..., :height, :width]
            assert wanted.std() > 0.1
            assert (network(picture) - wanted).abs().max() < 2e-4


def test_flattened_kernels_are_unfolded(tmp_path: Path) -> None:
    content = checkpoint(Johnson(4, 1, batch=False))
    first = content["model"].fields["modules"][2]
    kernel = first.fields["weight"]
    first.name, first.fields["weight"] = "nn.SpatialConvolutionMM", np.ascontiguousarray(kernel.reshape(4, -1))
    network, _ = load_authors_torch7(write(tmp_path / "a.t7", content))
    np.testing.assert_array_equal(network.state_dict()["layers.first.conv.weight"].numpy(), kernel)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"preprocessing": "resnet"}, "prepared as b'resnet'"),
        ({"tail": (Module("nn.Tanh"), Module("nn.MulConstant", constant_scalar=100))}, "100.0 tanh"),
        ({"tail": (Module("nn.SpatialUpSamplingNearest"),)}, "holds a nn.SpatialUpSamplingNearest"),
        ({"tail": (Module("nn.SpatialConvolution"),)}, "without bias, weight"),
        ({"tail": tuple(as_torch7(nn.Conv2d(3, 3, 1)))}, "not one of the authors' instance-norm networks"),
    ],
    ids=["pixels", "constant", "module", "empty", "layer"],
)
def test_another_network_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = write(tmp_path / "b.t7", checkpoint(Johnson(4, 1, batch=False), **change))
    with pytest.raises(InputError, match=message):
        load_authors_torch7(path)


def test_another_start_is_refused(tmp_path: Path) -> None:
    network = Johnson(4, 1, batch=False)
    network.body[0] = nn.ReflectionPad2d(4)
    with pytest.raises(InputError, match="reflects 4 pixels before its first layer, not 8"):
        load_authors_torch7(write(tmp_path / "c.t7", checkpoint(network)))
    with pytest.raises(InputError, match="holds no network"):
        load_authors_torch7(write(tmp_path / "d.t7", {"model": 3}))


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "e.t7", checkpoint(Johnson(1, 1, batch=False)))
    whole = path.read_bytes()
    for keep in range(0, len(whole), 97):
        path.write_bytes(whole[:keep])
        with pytest.raises(InputError, match=r"e\.t7 is not a binary Torch7 file, or is damaged"):
            load_authors_torch7(path)
    generator = np.random.default_rng(0)
    for _ in range(300):  # anything may come of it but another error
        changed = bytearray(whole)
        for place in generator.integers(0, len(whole), 4):
            changed[place] = generator.integers(0, 256)
        path.write_bytes(changed)
        with contextlib.suppress(InputError):
            load_authors_torch7(path)


def test_depth_and_sizes_are_bounded(tmp_path: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"x": deep}
    with pytest.raises(InputError, match="nested too deeply"):
        read_torch7(write(tmp_path / "f.t7", deep))
    writer = Writer()
    writer.integer(4, 1)
    writer.name("torch.FloatTensor")
    writer.integer(2)
    writer.long(1 << 30, 1 << 30, 0, 0, 1)  # a million million numbers, all of them the same one
    writer.integer(4, 2)
    writer.name("torch.FloatStorage")
    writer.long(1)
    writer.content += b"\0" * 4
    (tmp_path / "g.t7").write_bytes(writer.content)
    with pytest.raises(InputError, match="larger than its storage"):
        read_torch7(tmp_path / "g.t7")
