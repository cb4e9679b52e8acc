from .distilled import DistilledVGG
from .loading import choose_loss_network, load_loss_network
from .loss_network import Encoder, LossNetwork
from .sources import LOSS_NETWORKS
from .vgg import VGG, VGG_CONFIGURATIONS, layer_names

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
