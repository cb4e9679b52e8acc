"""Throws damaged files at everything that reads files: only painterly's own sentences may come out.

    pip install atheris
    python fuzz/fuzz.py pictures -max_total_time=600
    python fuzz/fuzz.py strips -max_total_time=600
    python fuzz/fuzz.py models -max_total_time=600

Coverage-guided (libFuzzer, through atheris): it begins with small files of every kind, changes them, and keeps what
takes a new path through painterly's and Pillow's Python code. It ends with how many inputs it tried; an exception that
is not a `PainterlyError`, or an input that takes more than ten seconds or 2 GB, stops it and is kept as a file.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["painterly", "PIL"], exclude=["painterly.commands"]):
    from PIL import Image

    from painterly.errors import PainterlyError
    from painterly.images.reading import read_with_metadata
    from painterly.images.strips import open_strips
    from painterly.models.gallery import Gallery
    from painterly.models.header import read_card
    from painterly.models.reading import read_model
    from painterly.models.resolve import resolve_look

_LIMIT = 1_000_000
"""Pixels; damaged headers claim many, which are refused before anything is decoded."""

FORMATS = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF", "webp": "WEBP", "bmp": "BMP", "gif": "GIF", "avif": "AVIF"}
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F")


def pictures() -> Iterator[bytes]:
    """A small picture in every format and mode that go together."""
    with tempfile.TemporaryDirectory() as folder:
        for ending, kind in FORMATS.items():
            for mode in MODES:
                path = Path(folder) / f"picture.{ending}"
                try:
                    Image.new(mode, (9, 7), 1).save(path, kind)
                except (OSError, ValueError, KeyError):
                    continue
                yield path.read_bytes()


def models() -> Iterator[bytes]:
    """Small model files of several kinds."""
    from painterly.models.card import ModelCard
    from painterly.models.file import save_network
    from painterly.networks import (
        SRCNN,
        StyleDescription,
        StyleNetwork,
        SuperResolutionDescription,
        SuperResolutionNetwork,
    )

    several = StyleDescription(width=1, blocks=1, styles=3, identity=True)
    named = [{"name": "one", "title": "One", "painter": "P"}, {"name": "two", "title": "Two", "painter": "P"}]
    networks = [
        (StyleNetwork(StyleDescription(width=1, blocks=1)), "style", []),
        (StyleNetwork(several), "style", named),
        (SuperResolutionNetwork(SuperResolutionDescription(width=1, up_width=1, blocks=1)), "super-resolution", []),
        (SRCNN(), "super-resolution", []),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        for network, task, styles in networks:
            save_network(path, network, ModelCard(task, network.description.to_dict(), styles=styles))
            yield path.read_bytes()


def read_pictures(path: Path) -> None:
    """As `painterly stylize` reads."""
    read_with_metadata(path, max_pixels=_LIMIT)


def read_strips(path: Path) -> None:
    """As large pictures are read."""
    for _ in open_strips(path, max_pixels=_LIMIT).strips(16):
        pass


def read_models(path: Path) -> None:
    """As networks are loaded."""
    read_card(path)
    network, card = read_model(path)
    if card.styles:
        Gallery(network, card).network_for(resolve_look(card, "fuzz"))


TARGETS: dict[str, tuple[Callable[[], Iterator[bytes]], Callable[[Path], None], str]] = {
    "pictures": (pictures, read_pictures, "input"),
    "strips": (pictures, read_strips, "input"),
    "models": (models, read_models, "input.safetensors"),
}


def main() -> None:
    """Fuzz what the first argument names; the others are libFuzzer's."""
    seeds, read, name = TARGETS[sys.argv[1]]
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="painterly-fuzz-") as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(seeds()):
            (corpus / str(number)).write_bytes(seed)
        path = Path(folder) / name

        def one(data: bytes) -> None:
            path.write_bytes(data)
            try:
                read(path)
            except PainterlyError as error:
                if "\n" in str(error):
                    raise AssertionError("more than one line") from error

        atheris.Setup([sys.argv[0], *sys.argv[2:], "-timeout=10", "-rss_limit_mb=2048", str(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
