"""Loss networks from files: the data folder, the cache, a download, or a path."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from painterly.download import download
from painterly.encoders.distilled import DISTILLED_LAYERS, DistilledVGG
from painterly.encoders.loss_network import Encoder, LossNetwork
from painterly.encoders.names import deepest
from painterly.encoders.sources import COMPACT, LOSS_NETWORKS, EncoderSource, LossNetworkSource
from painterly.encoders.vgg import VGG, Pooling, layer_names
from painterly.errors import InputError, UsageError
from painterly.folders import SHIPPED, cache_folder, data_folder

__all__ = [
    "choose_loss_network",
    "choose_super_resolution_loss_network",
    "find_weights",
    "load_loss_network",
    "read_weights",
]

log = logging.getLogger(__name__)


def choose_loss_network() -> str:
    """The best loss network at hand: the paper's VGG-16 once downloaded, else the mixed one, else what ships."""
    for name in ("vgg16", "vgg19-mixed"):
        if all(find_weights(encoder) is not None for encoder in LOSS_NETWORKS[name].encoders):
            return name
    return COMPACT


def choose_super_resolution_loss_network(layers: tuple[str, ...]) -> str:
    """The paper's VGG-16: as deep as relu2_2 where that is at hand and enough, else all of it."""
    shallow = LOSS_NETWORKS["vgg16-relu2_2"].encoders[0]
    whole_at_hand = find_weights(LOSS_NETWORKS["vgg16"].encoders[0]) is not None
    enough = set(layers) <= set(shallow.layers) and find_weights(shallow) is not None
    return "vgg16-relu2_2" if enough and not whole_at_hand else "vgg16"


def load_loss_network(
    name: str = "auto",
    *,
    content_layers: tuple[str, ...] | None = None,
    style_layers: tuple[str, ...] | None = None,
    pooling: Pooling = "max",
    download_missing: bool = True,
) -> LossNetwork:
    """Build a loss network and load its weights.

    Args:
        name: A name of `LOSS_NETWORKS`, "auto" (`choose_loss_network`), or the path of a file with torchvision's names
            for the weights of VGG-16 or VGG-19.
        content_layers: Layers of feature reconstruction; by default the network's own. Nothing deeper than is needed
            is built.
        style_layers: Likewise, of style reconstruction.
        pooling: Max pooling, or average pooling as Gatys et al. have it.
        download_missing: Whether published weights that are not at hand are fetched.

    Raises:
        UsageError: The name is unknown, or the network has no such layer.
        InputError: A file is damaged, or cannot be found or downloaded.
    """
    if name == "auto":
        name = choose_loss_network()
    source = LOSS_NETWORKS.get(name) or _source_of_file(name)
    content, style = content_layers or source.content_layers, style_layers or source.style_layers
    layers = tuple(dict.fromkeys((*content, *style)))
    plan, left = [], list(layers)
    for part in source.encoders:
        offered = part.layers or layer_names(part.architecture)  # type: ignore[arg-type]
        served = [layer for layer in left if layer in offered]
        if served:
            plan.append((part, served))
            left = [layer for layer in left if layer not in served]
    if left:
        raise UsageError(f"the loss network {name} has no {', '.join(left)}; name another with --loss-network")
    encoders = [_load_encoder(part, served, pooling, download_missing) for part, served in plan]
    description = {
        "name": Path(name).name,
        "title": source.title,
        "pooling": pooling,
        "encoders": [
            {"file": Path(p.file).name, "architecture": p.architecture, "padding": p.padding} for p in source.encoders
        ],
        "content_layers": list(content),
        "style_layers": list(style),
    }
    return LossNetwork(encoders, description)


def find_weights(source: EncoderSource) -> Path | None:
    """The file of an encoder's weights, if it is at hand: absolute, in the data folder, in the cache, or shipped."""
    data = data_folder()
    places = [cache_folder() / source.file, SHIPPED / source.file]
    if data is not None:
        places.insert(0, data / "loss_networks" / source.file)
    return next((place for place in places if place.is_file()), None)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors of a .safetensors file, or of a .pth file read with `weights_only=True`.

    Raises:
        InputError: The file is missing, damaged, or would have to be unpickled.
    """
    if not path.is_file():
        raise InputError(f"{path} is not a file")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes the readers raise nearly anything
        raise InputError(f"{path} is not a file of weights that can be read safely") from error
    if not isinstance(weights, dict) or not all(type(k) is str and isinstance(v, Tensor) for k, v in weights.items()):
        raise InputError(f"{path} holds something other than named weights")
    return weights


def _load_encoder(source: EncoderSource, layers: list[str], pooling: Pooling, download_missing: bool) -> Encoder:
    path = find_weights(source)
    if path is None:
        if not (source.url and download_missing):
            raise InputError(
                f"the loss network's file {source.file} is not at hand: name its folder's parent in PAINTERLY_DATA"
            )
        path = download(source.url, cache_folder() / source.file, sha256=source.sha256)
    until = str(deepest(layers))
    extractor: VGG | DistilledVGG
    if source.architecture == "distilled":
        extractor = DistilledVGG(until=until, width=source.width, pooling=pooling, padding=source.padding)
    else:
        extractor = VGG(source.architecture, until=until, pooling=pooling, padding=source.padding)
    weights = read_weights(path)
    wanted = extractor.state_dict()
    wrong = [key for key, value in wanted.items() if key not in weights or weights[key].shape != value.shape]
    if wrong:
        raise InputError(f"{path} does not hold a VGG {source.architecture} as deep as {until}: {wrong[0]} is missing")
    extractor.load_state_dict({key: weights[key].float() for key in wanted})
    log.info("loss network: %s from %s", ", ".join(layers), path)
    return Encoder(extractor, layers, mean=source.mean, std=source.std)


def _source_of_file(name: str) -> LossNetworkSource:
    """A loss network made of a file that the user names; which VGG it is shows in its shapes."""
    path = Path(name).expanduser().absolute()
    if not path.is_file():
        raise UsageError(f"'{name}' is neither a file nor a loss network; there are {', '.join(LOSS_NETWORKS)}")
    weights: dict[str, Any] = read_weights(path)
    if "conv11_aux.weight" in weights:
        layers = tuple(layer for layer in DISTILLED_LAYERS if f"conv{layer[4]}1_aux.weight" in weights)
        part = EncoderSource(str(path), "distilled", layers, padding="reflect", width=len(weights["conv11.weight"]))
        content = "relu3_1" if "relu3_1" in layers else layers[-1]
        return LossNetworkSource(f"a distilled VGG-19 from {path.name}", (part,), (content,), layers[:4])
    for architecture in ("D", "E", "B", "A"):
        with torch.device("meta"):  # only the shapes are wanted
            keys = VGG(architecture, until=layer_names(architecture)[-1]).state_dict()
        held = [key for key in keys if key in weights and weights[key].shape == keys[key].shape]
        if len(held) == sum(key.startswith("features.") for key in weights) and held:
            convolutions = sum(key.endswith(".weight") for key in held)
            layers = layer_names(architecture)[: 2 * convolutions]
            part = EncoderSource(str(path), architecture, layers)
            deep = [layer for layer in LOSS_NETWORKS["vgg16"].style_layers if layer in layers]
            style = tuple(deep) or (layers[-1],)
            content = style[min(2, len(style) - 1)]
            return LossNetworkSource(f"a VGG {architecture} from {path.name}", (part,), (content,), style)
    raise InputError(f"{path} holds no VGG's weights under torchvision's names (features.0.weight, ...)")
