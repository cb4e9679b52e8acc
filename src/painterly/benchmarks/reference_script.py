"""A script that paints one picture as pytorch/examples' does: what `painterly stylize` is timed against as a process.

    python -m painterly.benchmarks.reference_script WEIGHTS PICTURE OUTPUT

The original also imports torchvision, which takes longer; this one reads and writes with Pillow alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from painterly.benchmarks.reference import ReferenceNetwork


def main(weights: str, picture: str, output: str) -> None:
    """Paint `picture` with the reference network and the weights in a file, which are made up if it is not there."""
    network = ReferenceNetwork().eval()
    if Path(weights).is_file():
        network.load_state_dict(torch.load(weights, weights_only=True))
    else:
        torch.save(network.state_dict(), weights)
    pixels = torch.from_numpy(np.array(Image.open(picture).convert("RGB"))).float().permute(2, 0, 1).unsqueeze(0)
    with torch.no_grad():
        painting = network(pixels)[0]
    Image.fromarray(painting.clamp(0, 255).permute(1, 2, 0).byte().numpy()).save(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
