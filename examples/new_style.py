"""Teach the gallery a painting from Python, and paint with it: minutes on two CPU cores, offline.

python examples/new_style.py painting.jpg photo.jpg --steps 200
"""

from __future__ import annotations

import argparse
from pathlib import Path

import painterly


def main() -> None:
    """Learn, look at the card, paint."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("painting", type=Path)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--size", type=int, default=256, help="side of the training crops")
    parser.add_argument("-o", "--output", type=Path, default=Path("my-style.safetensors"))
    options = parser.parse_args()

    settings = painterly.LearnSettings(
        name=options.output.stem, steps=options.steps, size=options.size, output=options.output, overwrite=True
    )
    file, card = painterly.learn_style(options.painting, settings)
    print(f"{file}: {file.stat().st_size / 1e3:.0f} kB, learnt with {card.loss_network['name']}")
    print(f"{card.result['steps']} steps in {card.result['seconds']:.0f} s")

    painter = painterly.load(style=str(file))
    painter(options.photo).save(options.output.with_suffix(".png"))
    # A learnt style mixes with all others.
    painter(options.photo, style=f"{file}:0.5,great-wave:0.5").save(options.output.with_suffix(".mixed.png"))


if __name__ == "__main__":
    main()
