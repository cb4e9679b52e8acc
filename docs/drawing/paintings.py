"""Paint six photographs in every style of the gallery, at full resolution, and write the page that shows them.

python docs/drawing/paintings.py [MODEL]

Writes docs/images/gallery/*.jpg and docs/gallery-pictures.md. Needs the extra `evaluate`, for the photograph that comes
with scikit-image.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from painterly.atomic import atomic_path
from painterly.images import read_picture, resize_longest
from painterly.models.painter import Painter, load

__all__ = ["PHOTOGRAPHS", "encoded", "page", "photographs"]

DOCS = Path(__file__).resolve().parents[1]
FOLDER = "images/gallery"
BUDGET = 6_000_000
"""Bytes of all pictures together."""

PHOTOGRAPHS = {
    "astronaut": "Eileen Collins, by NASA",
    "camera": "A photographer, by Lav Varshney",
    "hubble": "The Hubble eXtreme Deep Field, by NASA and ESA",
    "cat": "Chelsea the cat, by Stéfan van der Walt",
    "coffee": "A cup of coffee, by Rachel Michetti",
    "rocket": "A Falcon 9 before its launch, by SpaceX",
}
_HUBBLE = 640
"""Longest side to which that one is made smaller; all others are as they come."""

_YEARS = {
    "starry-night": "1889",
    "great-wave": "about 1831",
    "the-scream": "1893",
    "composition-vii": "1913",
    "shipwreck": "about 1810",
    "delaunay-portrait": "1906",
    "udnie": "1913",
    "woman-with-a-hat": "1905",
}


def photographs() -> dict[str, Image.Image]:
    """The photographs by name, at full resolution."""
    from skimage import data

    folder = DOCS.parent / "src" / "painterly" / "assets" / "photographs"
    found = {
        name: read_picture(folder / f"{name}.jpg").convert("RGB")
        for name in PHOTOGRAPHS
        if (folder / f"{name}.jpg").is_file()
    }
    found["hubble"] = resize_longest(Image.fromarray(data.hubble_deep_field()), _HUBBLE)
    return {name: found[name] for name in PHOTOGRAPHS}


def encoded(pictures: Mapping[str, Image.Image], budget: int = BUDGET) -> dict[str, bytes]:
    """JPEG files by name, in the best quality up to 88 in which all together keep within the budget."""
    for quality in range(88, 39, -2):
        files = {}
        for name, picture in pictures.items():
            file = io.BytesIO()
            picture.save(file, "JPEG", quality=quality, subsampling=0, optimize=True)
            files[name] = file.getvalue()
        if sum(map(len, files.values())) <= budget:
            return files
    raise SystemExit(f"{len(pictures)} pictures do not fit into {budget} bytes")


def page(styles: Sequence[Mapping[str, Any]]) -> str:
    """The page, as Markdown with the pictures in HTML, which GitHub shows as well.

    Args:
        styles: As a model's card lists them: `name`, `title` and `painter` of each.
    """
    parts = [
        "# Every style on six photographs",
        "What `painterly stylize photo.jpg --style ...` makes of them with the network that ships, at the photographs' "
        f"own size (the Hubble's is made smaller, to {_HUBBLE} pixels); nothing was chosen or touched up. Click for "
        "the whole picture. [How the gallery was made and measured](gallery.md).",
        "## The photographs",
        _row(list(PHOTOGRAPHS.items())),
        "All are CC0 or in the public domain, and come with painterly or with scikit-image: "
        + "; ".join(
            text[0].lower() + text[1:] if text.startswith(("A ", "The ")) else text for text in PHOTOGRAPHS.values()
        )
        + ".",
    ]
    for style in styles:
        name, title = str(style["name"]), str(style.get("title") or style["name"])
        about = ", ".join(filter(None, (str(style.get("painter", "")), _YEARS.get(name, ""))))
        parts += [
            f"## {title}",
            f"{about}: `--style {name}`" if about else f"`--style {name}`",
            _row([(f"{photo}-{name}", f"{text}, like {title}") for photo, text in PHOTOGRAPHS.items()]),
        ]
    return "\n\n".join(parts) + "\n"


def _row(pictures: Sequence[tuple[str, str]]) -> str:
    cells = [
        f'<a href="{FOLDER}/{file}.jpg">'
        f'<img src="{FOLDER}/{file}.jpg" alt="{escape(text)}" width="32%" loading="lazy"></a>'
        for file, text in pictures
    ]
    return "<p>\n" + "\n".join(cells) + "\n</p>"


def _paint(painter: Painter, styles: Sequence[Mapping[str, Any]]) -> dict[str, Image.Image]:
    found = photographs()
    pictures = dict(found)
    for style in styles:
        for name, photograph in found.items():
            pictures[f"{name}-{style['name']}"] = painter(photograph, style=str(style["name"]))
        sys.stderr.write(f"painted {style['name']}\n")
    return pictures


if __name__ == "__main__":
    painter = load(sys.argv[1] if len(sys.argv) > 1 else "gallery", backend="torch", precision="float32")
    styles = painter.whole[1].styles
    for name, content in encoded(_paint(painter, styles)).items():
        with atomic_path(DOCS / FOLDER / f"{name}.jpg") as temporary:
            temporary.write_bytes(content)
    with atomic_path(DOCS / "gallery-pictures.md") as temporary:
        temporary.write_text(page(styles), encoding="utf-8")
