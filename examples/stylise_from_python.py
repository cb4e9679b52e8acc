"""Paint from Python: styles and mixtures, colours, masks, arrays, batches of tensors, and pictures of any size.

python examples/stylise_from_python.py [photo.jpg] [-o paintings/]
"""

from __future__ import annotations

import argparse
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import painterly

PHOTOGRAPH = Path(str(files("painterly") / "assets" / "photographs" / "cat.jpg"))


def main() -> None:
    """One photograph, in every way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", type=Path, nargs="?", default=PHOTOGRAPH)
    parser.add_argument("-o", "--output", type=Path, default=Path("paintings"))
    parser.add_argument("--size", type=int, help="longest side of the paintings; by default the photograph's")
    options = parser.parse_args()
    options.output.mkdir(exist_ok=True)

    # A style's name gives something to call. A path gives a Pillow image, upright and in sRGB.
    painter = painterly.load("great-wave")
    painter(options.photo, size=options.size).save(options.output / "great-wave.png")

    # The gallery knows eight paintings; which one is asked for with every call, and mixtures cost nothing.
    print("styles:", ", ".join(painter.styles))
    mixed = painter(
        options.photo, style="starry-night:0.6,the-scream:0.4", strength=0.8, color="content", size=options.size
    )
    mixed.save(options.output / "mixed.png")

    # Whatever goes in comes out: an array for an array.
    photograph = np.asarray(mixed)
    repainted = painter(photograph, style={"udnie": 1.0}, stroke="large")
    print("array:", repainted.shape, repainted.dtype)

    # Two styles, each where its mask is white; the second fills what the first one leaves.
    height, width = photograph.shape[:2]
    left = np.zeros((height, width), np.float32)
    left[:, : width // 2] = 1
    halves = painter(photograph, style=["composition-vii", "shipwreck"], mask=left)
    Image.fromarray(halves).save(options.output / "halves.png")

    # Tensors, RGB in [0, 1], shape (B, 3, H, W): paintings of a whole batch in one pass, on the device of your choice.
    batch = torch.from_numpy(photograph.copy()).permute(2, 0, 1).div(255).repeat(2, 1, 1, 1)
    paintings = painter(batch, style="delaunay-portrait")
    print("batch:", tuple(paintings.shape), "from", f"{paintings.min():.2f} to {paintings.max():.2f}")

    # By tiles, where memory is short. The painting is the same, but for the rounding of the arithmetic chosen.
    exact = painterly.load("delaunay-portrait", precision="float32")
    difference = (exact(batch[:1], tile=128) - exact(batch[:1], tile="off")).abs().max()
    print(f"tiled: at most {255 * difference:.2f} of 255 away")

    # Folders: the command's verb as a function. It reports on every picture, bad ones too, and raises for none.
    for outcome in painterly.stylize([options.output / "mixed.png"], options.output / "again", overwrite=True):
        print(outcome.error or f"{outcome.target}, {outcome.seconds:.1f} s")


if __name__ == "__main__":
    main()
