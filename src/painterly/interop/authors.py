"""The authors' released instance-norm networks, from the ONNX files in which they are still to be had."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from painterly.errors import InputError, MissingExtraError
from painterly.models.card import ModelCard
from painterly.networks.description import StyleDescription
from painterly.networks.normalization import InstanceNorm
from painterly.networks.style import StyleNetwork

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["load_authors_network"]


def load_authors_network(path: Path) -> tuple[StyleNetwork, ModelCard]:
    """Read one of the authors' networks (candy, mosaic, la_muse, udnie, ...) onto the `authors` description.

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
        graph = onnx.load(str(path), load_external_data=False).graph
    except (DecodeError, OSError, ValueError) as error:
        raise InputError(f"{path} is not an ONNX file") from error

    tensors = {tensor.name: tensor for tensor in graph.initializer}
    kinds = ("Conv", "ConvTranspose", "InstanceNormalization")
    sources = [node for node in graph.node if node.op_type in kinds]
    blocks = (sum(node.op_type == "Conv" for node in sources) - 4) // 2
    try:
        width = int(tensors[sources[0].input[1]].dims[0])
        network = StyleNetwork(StyleDescription(width, blocks, "instance", "transposed", "reflect-start", "vgg"))
        targets = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, InstanceNorm))]
        for node, module in zip(sources, targets, strict=True):
            _check_kind(node, module)
            weight, bias = (torch.from_numpy(np.array(numpy_helper.to_array(tensors[n]))) for n in node.input[1:3])
            if weight.shape != module.weight.shape:
                raise ValueError(f"{node.name} has shape {tuple(weight.shape)}, not {tuple(module.weight.shape)}")
            with torch.no_grad():
                module.weight.copy_(weight)
                module.bias.copy_(bias)  # type: ignore[union-attr]
    except (IndexError, KeyError, ValueError, InputError) as error:
        raise InputError(f"{path} is not one of the authors' instance-norm networks ({error})") from error
    card = ModelCard(
        task="style",
        network=network.description.to_dict(),
        title=path.stem.replace("_", " ").title(),
        notes="Released by Johnson, Alahi and Fei-Fei with fast-neural-style; free for personal and research use.",
    )
    return network.eval(), card


def _check_kind(node: NodeProto, module: nn.Module) -> None:
    wanted = {"Conv": nn.Conv2d, "ConvTranspose": nn.ConvTranspose2d, "InstanceNormalization": InstanceNorm}
    if type(module) is not wanted[node.op_type]:
        raise ValueError(f"{node.name} is a {node.op_type} out of order")
    if node.op_type == "Conv":
        strides = next((list(a.ints) for a in node.attribute if a.name == "strides"), [1, 1])
        if strides != list(module.stride):  # type: ignore[arg-type]
            raise ValueError(f"{node.name} has strides {strides}")
