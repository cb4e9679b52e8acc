"""Loss networks: VGG in all its configurations, distilled stand-ins, and what is put together from them."""

from painterly.encoders.distilled import DistilledVGG
from painterly.encoders.loading import choose_loss_network, load_loss_network
from painterly.encoders.loss_network import Encoder, LossNetwork
from painterly.encoders.sources import LOSS_NETWORKS
from painterly.encoders.vgg import VGG, VGG_CONFIGURATIONS, layer_names

__all__ = [
    "LOSS_NETWORKS",
    "VGG",
    "VGG_CONFIGURATIONS",
    "DistilledVGG",
    "Encoder",
    "LossNetwork",
    "choose_loss_network",
    "layer_names",
    "load_loss_network",
]
