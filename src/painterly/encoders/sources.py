"""Which loss networks there are, and what each is put together from. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["COMPACT", "LOSS_NETWORKS", "EncoderSource", "LossNetworkSource"]

COMPACT: Final = "vgg19-compact"
"""The loss network that ships."""

_TORCHVISION: Final = "https://download.pytorch.org/models/"
_GATYS: Final = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
_PAPER: Final = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


@dataclass(frozen=True)
class EncoderSource:
    """One file of weights and the layers taken from it.

    Attributes:
        file: File name, looked for in the data folder's `loss_networks` and then in the cache.
        architecture: A letter of VGG's table 1, or "distilled".
        layers: Layers that it serves; empty for all that the architecture has.
        url: Where the file is published, if anywhere; its name ends in the first digits of its SHA-256.
        mean: Subtracted from RGB in [0, 1].
        std: Divided by afterwards.
        padding: How its convolutions are padded.
        sha256: Leading digits of the file's SHA-256, checked after a download.
        width: Channels of a distilled encoder's first group.
    """

    file: str
    architecture: Literal["A", "B", "D", "E", "distilled"]
    layers: tuple[str, ...] = ()
    url: str = ""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    padding: Literal["zero", "reflect"] = "zero"
    sha256: str = ""
    width: int = 16


@dataclass(frozen=True)
class LossNetworkSource:
    """A loss network by name.

    Attributes:
        title: One line for people.
        encoders: What it is put together from.
        content_layers: Feature reconstruction's layers unless others are asked for.
        style_layers: Style reconstruction's layers unless others are asked for.
    """

    title: str
    encoders: tuple[EncoderSource, ...]
    content_layers: tuple[str, ...]
    style_layers: tuple[str, ...]


def _torchvision(file: str, architecture: Literal["A", "B", "D", "E"]) -> EncoderSource:
    return EncoderSource(file, architecture, url=_TORCHVISION + file, sha256=file.rsplit("-", 1)[1].split(".")[0])


_CAFFE_VGG16: Final = EncoderSource(
    "vgg16_features-amdegroot-88682ab5.pth",
    "D",
    url=_TORCHVISION + "vgg16_features-amdegroot-88682ab5.pth",
    # The Caffe weights see 0..255 less the mean; torchvision's file has the channels in RGB order already.
    mean=(0.48235, 0.45882, 0.40784),
    std=(1 / 255, 1 / 255, 1 / 255),
    sha256="88682ab5",
)
_CAFFE_RELU2_2: Final = EncoderSource(
    "vgg16_caffe_relu2_2.safetensors",
    "D",
    ("conv1_1", "relu1_1", "conv1_2", "relu1_2", "conv2_1", "relu2_1", "conv2_2", "relu2_2"),
)
_NORMALISED_VGG19: Final = EncoderSource(
    "vgg19_normalised_relu3_1.safetensors",
    "E",
    ("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1"),
    padding="reflect",
)
_DISTILLED: Final = EncoderSource(
    "vgg19_distilled16x_relu5_1.safetensors", "distilled", (*_GATYS, "relu5_1"), padding="reflect"
)
_COMPACT: Final = EncoderSource(f"{COMPACT}.safetensors", "distilled", _GATYS, padding="reflect", width=32)

LOSS_NETWORKS: Final[dict[str, LossNetworkSource]] = {
    "vgg16": LossNetworkSource("the paper's VGG-16 (Caffe weights)", (_CAFFE_VGG16,), ("relu3_3",), _PAPER),
    "vgg16-torchvision": LossNetworkSource(
        "torchvision's VGG-16, as in pytorch/examples", (_torchvision("vgg16-397923af.pth", "D"),), ("relu2_2",), _PAPER
    ),
    "vgg19-torchvision": LossNetworkSource(
        "torchvision's VGG-19", (_torchvision("vgg19-dcbb9e9d.pth", "E"),), ("relu3_1",), _GATYS
    ),
    "vgg13-torchvision": LossNetworkSource(
        "torchvision's VGG-13", (_torchvision("vgg13-19584684.pth", "B"),), ("relu3_1",), _GATYS
    ),
    "vgg11-torchvision": LossNetworkSource(
        "torchvision's VGG-11", (_torchvision("vgg11-8a719046.pth", "A"),), ("relu3_1",), _GATYS
    ),
    "vgg19-mixed": LossNetworkSource(
        "VGG-19 (normalised) to relu3_1, and a distilled VGG-19 for what lies deeper",
        (_NORMALISED_VGG19, _DISTILLED),
        ("relu3_1",),
        _GATYS,
    ),
    "vgg19-distilled": LossNetworkSource("a 16 times smaller distilled VGG-19", (_DISTILLED,), ("relu3_1",), _GATYS),
    COMPACT: LossNetworkSource(
        "a compact encoder, distilled from vgg19-mixed, that ships with painterly", (_COMPACT,), ("relu3_1",), _GATYS
    ),
    "vgg16-relu2_2": LossNetworkSource(
        "the paper's VGG-16 (Caffe weights) to relu2_2", (_CAFFE_RELU2_2,), ("relu2_2",), ("relu1_2", "relu2_2")
    ),
}
"""Loss networks by name. `vgg16` is the paper's; see `painterly.encoders.load_loss_network` for the default."""
