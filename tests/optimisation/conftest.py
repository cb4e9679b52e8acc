"""A loss network with random weights, small enough to optimise pictures with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from painterly.encoders import VGG


@pytest.fixture(scope="session")
def vgg_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("optimisation") / "vgg.safetensors"
    torch.manual_seed(1)
    save_file(VGG("D", until="relu2_2").state_dict(), path)
    return path
