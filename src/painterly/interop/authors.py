"""The networks that the authors released with fast-neural-style: as ONNX files, and as they wrote them, for Torch7."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from painterly.errors import InputError, MissingExtraError
from painterly.interop.torch7 import TorchObject, read_torch7
from painterly.models.card import ModelCard
from painterly.networks.description import Normalization, StyleDescription
from painterly.networks.normalization import InstanceNorm
from painterly.networks.style import StyleNetwork

__all__ = ["load_authors_network", "load_authors_torch7"]

_NOTES: Final = "Released by Johnson, Alahi and Fei-Fei with fast-neural-style; free for personal and research use."

_KINDS: Final[dict[str, tuple[type[nn.Module], ...]]] = {
    "Conv": (nn.Conv2d,),
    "ConvTranspose": (nn.ConvTranspose2d,),
    "InstanceNormalization": (InstanceNorm,),
    "BatchNormalization": (nn.BatchNorm2d,),
}
"""ONNX's names of layers that have weights, and ours."""

_TORCH7: Final[dict[str, str]] = {
    "nn.SpatialConvolution": "Conv",
    "nn.SpatialConvolutionMM": "Conv",
    "cudnn.SpatialConvolution": "Conv",
    "nn.SpatialFullConvolution": "ConvTranspose",
    "cudnn.SpatialFullConvolution": "ConvTranspose",
    "nn.InstanceNormalization": "InstanceNormalization",
    "nn.SpatialBatchNormalization": "BatchNormalization",
    "cudnn.SpatialBatchNormalization": "BatchNormalization",
}

_IN_PASSING: Final = {"Sequential", "ConcatTable", "CAddTable", "Identity", "ShaveImage", "ReLU", "TotalVariation"}
"""Torch7's layers without weights that the description of the authors' networks implies."""


@dataclass(frozen=True)
class _Layer:
    kind: str
    name: str
    tensors: dict[str, Tensor]
    stride: int | None = None


def load_authors_network(path: Path) -> tuple[StyleNetwork, ModelCard]:
    """Read one of the authors' networks (candy, mosaic, la_muse, udnie, ...) from ONNX onto the `authors` description.

    The file's own fixed picture size is left behind: the network takes any. Width and number of residual blocks are
    read off the weights.

    Raises:
        MissingExtraError: The `onnx` package is not installed.
        InputError: The file is damaged, or its layers are not those of the authors' networks.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
        from onnx import numpy_helper
    except ImportError as error:
        raise MissingExtraError(f"reading {path}", "onnx") from error
    if not path.is_file():
        raise InputError(f"{path} does not exist")
    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise InputError(f"{path} is not an ONNX file") from error
    if model.producer_name == "painterly":
        raise InputError(f"{path} was exported by painterly for other programs: use the model that it was made from")
    graph = model.graph

    tensors = {tensor.name: tensor for tensor in graph.initializer}
    layers = []
    try:
        for node in graph.node:
            if node.op_type in _KINDS and node.op_type != "BatchNormalization":
                pair = (torch.from_numpy(np.array(numpy_helper.to_array(tensors[n]))) for n in node.input[1:3])
                strides = next((list(a.ints) for a in node.attribute if a.name == "strides"), [1, 1])
                stride = strides[0] if node.op_type == "Conv" and len(set(strides)) == 1 else None
                layers.append(_Layer(node.op_type, node.name, dict(zip(("weight", "bias"), pair, strict=True)), stride))
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(f"{path} is not one of the authors' instance-norm networks ({error})") from error
    return _network(path, layers, "instance")


def load_authors_torch7(path: Path) -> tuple[StyleNetwork, ModelCard]:
    """Read one of the authors' networks from the Torch7 file in which they released it (.t7); nothing is evaluated.

    Both kinds are read: with instance normalisation, and with batch normalisation as in the paper.

    Raises:
        InputError: The file is damaged, or holds something else.
    """
    checkpoint = read_torch7(path)
    model = checkpoint.get(b"model") if isinstance(checkpoint, dict) else checkpoint
    if not isinstance(model, TorchObject):
        raise InputError(f"{path} holds no network: the authors' files have one under the name 'model'")
    options = checkpoint.get(b"opt") if isinstance(checkpoint, dict) else None
    given = options.get(b"preprocessing") if isinstance(options, dict) else None
    if given not in (None, b"vgg"):
        raise InputError(f"{path} takes pixels prepared as {given!r}; only the authors' 'vgg' is known")
    layers, start = [], 0
    for module in _modules(model):
        kind = module.name.rpartition(".")[2]
        if module.name in _TORCH7:
            layers.append(_torch7_layer(path, module))
        elif kind == "SpatialReflectionPadding" and not layers:
            start = int(module.fields.get(b"pad_l") or 0)
        elif kind == "MulConstant" and module.fields.get(b"constant_scalar") != 150:
            raise InputError(f"{path} ends in {module.fields.get(b'constant_scalar')} tanh; only 150 tanh is known")
        elif kind not in {*_IN_PASSING, "Tanh", "MulConstant"}:
            raise InputError(f"{path} holds a {module.name}, which the authors' released networks do not")
    batch = any(layer.kind == "BatchNormalization" for layer in layers)
    network, card = _network(path, layers, "batch" if batch else "instance")
    if start != network.description.start_padding:
        raise InputError(
            f"{path} reflects {start} pixels before its first layer, not {network.description.start_padding} as the "
            "authors' released networks do"
        )
    return network, card


def _modules(module: TorchObject) -> Iterator[TorchObject]:
    """A module and all within it, in the order in which they run."""
    yield module
    inner = module.fields.get(b"modules")
    if isinstance(inner, dict):
        for number in sorted(key for key in inner if isinstance(key, float)):
            if isinstance(inner[number], TorchObject):
                yield from _modules(inner[number])


def _torch7_layer(path: Path, module: TorchObject) -> _Layer:
    kind, fields = _TORCH7[module.name], module.fields
    tensors = {}
    for name in ("weight", "bias", "running_mean", "running_var"):
        value = fields.get(name.encode())
        if isinstance(value, np.ndarray):
            tensors[name] = torch.from_numpy(value.astype(np.float32))
    wanted = {"weight", "bias", *({"running_mean", "running_var"} if kind == "BatchNormalization" else ())}
    if not wanted <= tensors.keys():
        raise InputError(f"{path} holds a {module.name} without {', '.join(sorted(wanted - tensors.keys()))}")
    tensors = {name: tensors[name] for name in wanted}
    sides = [fields.get(name) for name in (b"nOutputPlane", b"nInputPlane", b"kH", b"kW")]
    shape = [int(side) for side in sides if isinstance(side, float)]
    if tensors["weight"].ndim == 2 and len(shape) == 4 and np.prod(shape) == tensors["weight"].numel():
        tensors["weight"] = tensors["weight"].reshape(shape)
    stride = fields.get(b"dW")
    return _Layer(kind, module.name, tensors, int(stride) if kind == "Conv" and isinstance(stride, float) else None)


def _network(path: Path, layers: Sequence[_Layer], normalization: Normalization) -> tuple[StyleNetwork, ModelCard]:
    """The authors' network with the weights of these layers."""
    blocks = (sum(layer.kind == "Conv" for layer in layers) - 4) // 2
    what = "instance-norm networks" if normalization == "instance" else "batch-norm networks"
    try:
        width = int(layers[0].tensors["weight"].shape[0])
        network = StyleNetwork(StyleDescription(width, blocks, normalization, "transposed", "reflect-start", "vgg"))
        types = tuple(kind for kinds in _KINDS.values() for kind in kinds)
        targets = [module for module in network.modules() if isinstance(module, types)]
        if len(layers) != len(targets):
            raise ValueError(f"it has {len(layers)} layers with weights, not {len(targets)}")
        for layer, module in zip(layers, targets, strict=True):
            _fill(layer, module)
    except (IndexError, KeyError, ValueError, InputError) as error:
        raise InputError(f"{path} is not one of the authors' {what} ({error})") from error
    title = path.stem.replace("_", " ").title()
    return network.eval(), ModelCard("style", network.description.to_dict(), title=title, notes=_NOTES)


@torch.no_grad()
def _fill(layer: _Layer, module: nn.Module) -> None:
    if not isinstance(module, _KINDS[layer.kind]):
        raise ValueError(f"{layer.name} is a {layer.kind} out of order")
    if isinstance(module, nn.Conv2d) and (layer.stride,) * 2 != module.stride:
        raise ValueError(f"{layer.name} has a stride of {layer.stride}")
    own: Any = dict(module.state_dict(keep_vars=True))
    for name, value in layer.tensors.items():
        if value.shape != own[name].shape:
            raise ValueError(f"{layer.name} has shape {tuple(value.shape)}, not {tuple(own[name].shape)}")
        own[name].copy_(value)
