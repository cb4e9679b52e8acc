"""Our paintings beside those that the authors of the paper published, of the same photographs at the same size.

Their pictures went through a median filter and JPEG, ours did neither; and the objective is the one that ours were
trained on, not theirs. So the figures tell how the pictures differ rather than which one is better.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from painterly.encoders.loading import load_loss_network
from painterly.encoders.loss_network import LossNetwork
from painterly.errors import InputError, UsageError
from painterly.evaluation.artefacts import grid_share
from painterly.evaluation.comparison import busiest_square
from painterly.evaluation.judge import Judge
from painterly.evaluation.metrics import luma_ssim
from painterly.folders import data_folder
from painterly.images.reading import read_picture, resize_longest
from painterly.images.tensors import from_tensor, to_tensor
from painterly.losses.objective import StyleObjective
from painterly.losses.weighting import WEIGHTINGS
from painterly.memory import keep_freed_memory
from painterly.models.painter import Painter, load
from painterly.models.resolve import card_for, resolve_look

__all__ = ["PAIRS", "AuthorsComparison", "AuthorsPair", "compare_with_authors", "pairs_with"]

_STYLE_SIZE = 512
"""Longest side of paintings for the loss network, in pixels."""

_PERIOD = 4
"""Of the grid: the networks halve pictures twice and double them twice."""

_PART = 240
"""Side of the part that is looked at closely, in pixels."""


@dataclass(frozen=True)
class AuthorsPair:
    """A picture of theirs, and the style of ours that stands beside it.

    Attributes:
        published: Name of their file in `reference/authors_outputs`, without `.jpg`: photograph, `_`, style.
        painting: What it is painted like, a file of the data folder; "" where that is not there.
        title: Of that painting.
        style: Ours.
    """

    published: str
    painting: str
    title: str
    style: str

    @property
    def photograph(self) -> str:
        """Name of the photograph."""
        return self.published.partition("_")[0]


PAIRS = tuple(
    AuthorsPair(*pair)
    for pair in (
        ("chicago_candy", "reference/candy.jpg", "Candy", "woman-with-a-hat"),
        ("chicago_mosaic", "reference/mosaic.jpg", "Mosaic", "composition-vii"),
        ("chicago_udnie", "styles/udnie.jpg", "Udnie", "udnie"),
        ("chicago_muse", "reference/la_muse.jpg", "La Muse", "delaunay-portrait"),
        ("chicago_scream", "styles/the_scream.jpg", "The Scream", "the-scream"),
        ("chicago_starry_night", "styles/starry_night.jpg", "The Starry Night", "starry-night"),
        ("chicago_wave", "styles/great_wave.jpg", "The Great Wave off Kanagawa", "great-wave"),
        ("chicago_composition_vii", "styles/composition_vii.jpg", "Composition VII", "composition-vii"),
        ("hoovertowernight_candy", "reference/candy.jpg", "Candy", "woman-with-a-hat"),
        ("hoovertowernight_la_muse_eccv", "reference/la_muse.jpg", "La Muse", "delaunay-portrait"),
    )
)
"""What they published of the two photographs that we have, and ours that comes nearest."""


def pairs_with(changes: Sequence[str]) -> list[AuthorsPair]:
    """The pairs, some with another style of ours.

    Args:
        changes: `PUBLISHED=STYLE`: the name of a file of theirs, which may be one that has no pair yet, and our style.

    Raises:
        UsageError: One has another form.
    """
    pairs = {pair.published: pair for pair in PAIRS}
    for change in changes:
        name, equals, style = change.partition("=")
        if not (equals and name and style) or "/" in name:
            raise UsageError(f"--pair takes PUBLISHED=STYLE, such as {PAIRS[0].published}=udnie, not '{change}'")
        title = name.partition("_")[2].replace("_", " ")
        pairs[name] = dataclasses.replace(pairs.get(name, AuthorsPair(name, "", title, "")), style=style)
    return list(pairs.values())


@dataclass(frozen=True)
class AuthorsComparison:
    """A pair, painted and measured.

    Attributes:
        pair: What is compared.
        ours: What ours is painted like: title and file of the data folder; empty where that is not there.
        pictures: `photograph`, `theirs` and `ours`, of one size.
        parts: The same part of each, where the photograph is busiest.
        measures: By picture: `grid`, see `painterly.evaluation.artefacts.grid_share`; `ssim` to the photograph on
            luma; `content`, the distance of its activations from the photograph's, over their mean square; `style`,
            that of its Gram matrices from those of its own painting, as a share of the photograph's; and, where both
            are of the same painting, `objective`. What cannot be measured is None.
    """

    pair: AuthorsPair
    ours: tuple[str, str]
    pictures: Mapping[str, Image.Image]
    parts: Mapping[str, Image.Image]
    measures: Mapping[str, Mapping[str, float | None]]

    @property
    def alike(self) -> bool:
        """Whether both are of the very same painting."""
        return bool(self.pair.painting) and self.pair.painting == self.ours[1]

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values."""
        about = dataclasses.asdict(self.pair) | {"ours": self.ours[0], "alike": self.alike}
        size = list(self.pictures["ours"].size)
        return {**about, "size": size, "measures": {name: dict(found) for name, found in self.measures.items()}}


def compare_with_authors(
    data: str | Path | None = None,
    *,
    model: str | Path = "gallery",
    pairs: Sequence[AuthorsPair] = PAIRS,
    size: int | None = None,
    canvas: float | None = None,
    loss_network: str = "vgg19-mixed",
    device: str = "auto",
    report: Callable[[str], object] = lambda text: None,
) -> list[AuthorsComparison]:
    """Paint what the authors painted, and measure both.

    Args:
        data: A folder with `content`, `styles`, `reference` and `reference/authors_outputs`; by default PAINTERLY_DATA.
        model: Our network: a gallery that knows the pairs' styles.
        pairs: What to compare.
        size: Longest side of both pictures; by default that of theirs.
        canvas: How uneven the canvas of ours is, in grey levels; by default as it was trained. See `painterly.Painter`.
        loss_network: What judges style and content.
        device: Where to compute.
        report: Takes a line about what is being done.

    Raises:
        InputError: A file is missing or cannot be read.
        UsageError: There is no data folder, or the network does not know a style.
        MissingExtraError: What measures SSIM is not installed.
    """
    folder = Path(data) if data is not None else data_folder()
    if folder is None:
        raise UsageError("name the folder with the authors' pictures with --data, or set PAINTERLY_DATA")
    for pair in pairs:
        for file in (_photograph(pair), _published(pair), *filter(None, (pair.painting,))):
            if not (folder / file).is_file():
                raise InputError(f"{folder / file} does not exist; --data names the folder with the authors' pictures")
    keep_freed_memory()
    painter = load(model, device=device, backend="torch", precision="float32")
    if painter.gallery is None:
        raise UsageError(f"{model} has one style only; the comparison needs a gallery")
    ours = {pair.style: _painting(painter, str(model), pair.style, folder) for pair in pairs}
    judge = _Judge(load_loss_network(loss_network), folder, painter.device)
    found = []
    for pair in pairs:
        report(f"{pair.published} and {pair.style}")
        paint: Callable[[Tensor], Tensor] = partial(_paint, painter, pair.style, canvas)
        found.append(_compare(pair, ours[pair.style], folder, paint, judge, size))
    return found


def _paint(painter: Painter, style: str, canvas: float | None, photograph: Tensor) -> Tensor:
    return painter(photograph, style=style, canvas=canvas)


def _painting(painter: Painter, model: str, style: str, folder: Path) -> tuple[str, str]:
    """Title and file of what a style of ours is painted like."""
    assert painter.gallery is not None
    card = painter.gallery.card
    look = resolve_look(card, model, style)
    assert look is not None
    about = card_for(card, look).style
    file = f"styles/{about.get('file', '')}"
    return str(about.get("title") or style), file if (folder / file).is_file() else ""


def _photograph(pair: AuthorsPair) -> str:
    return f"content/{pair.photograph}.jpg"


def _published(pair: AuthorsPair) -> str:
    return f"reference/authors_outputs/{pair.published}.jpg"


def _compare(
    pair: AuthorsPair,
    ours: tuple[str, str],
    folder: Path,
    paint: Callable[[Tensor], Tensor],
    judge: _Judge,
    size: int | None,
) -> AuthorsComparison:
    theirs = read_picture(folder / _published(pair)).convert("RGB")
    if size is not None:
        theirs = resize_longest(theirs, size)
    photograph = read_picture(folder / _photograph(pair)).convert("RGB")
    photograph = photograph.resize(theirs.size, Image.Resampling.LANCZOS)
    given = to_tensor(photograph).to(judge.device)
    painting = from_tensor(paint(given))
    pictures = {"photograph": photograph, "theirs": theirs, "ours": painting}
    side = min(_PART, *theirs.size)
    left, top = busiest_square(given, side)
    parts = {name: picture.crop((left, top, left + side, top + side)) for name, picture in pictures.items()}
    tensors = {name: to_tensor(picture).to(judge.device) for name, picture in pictures.items()}
    paintings = {"theirs": pair.painting, "ours": ours[1]}
    return AuthorsComparison(pair, ours, pictures, parts, _measure(tensors, paintings, judge))


def _measure(
    tensors: Mapping[str, Tensor], paintings: Mapping[str, str], judge: _Judge
) -> dict[str, dict[str, float | None]]:
    photograph, rows = tensors["photograph"], {}
    alike = paintings["theirs"] == paintings["ours"] != ""
    for name, picture in tensors.items():
        row: dict[str, float | None] = {
            "grid": grid_share(picture, photograph, _PERIOD),
            "ssim": luma_ssim(picture, photograph, border=0),
            "content": judge.content(picture, photograph),
            "style": None,
            "objective": None,
        }
        own = paintings.get(name) or (paintings["ours"] if alike else "")
        if own:
            terms, unchanged = (judge.terms(one, photograph, own) for one in (picture, photograph))
            row["style"] = terms["style"] / unchanged["style"]
            row["objective"] = sum(terms.values()) if alike else None
        rows[name] = row
    return rows


class _Judge:
    """One loss network for the distance of contents, and for the objective of one painting after the other."""

    def __init__(self, loss_network: LossNetwork, folder: Path, device: torch.device) -> None:
        self.loss_network, self.folder, self.device = loss_network.to(device), folder, device
        self._distance = Judge(loss_network, tuple(loss_network.description["content_layers"]))
        self._objectives: dict[str, StyleObjective] = {}

    def content(self, picture: Tensor, photograph: Tensor) -> float:
        """Distance of activations, 0 for the photograph itself."""
        return self._distance.distance(picture, self._distance.features(photograph))

    @torch.no_grad()
    def terms(self, picture: Tensor, photograph: Tensor, painting: str) -> dict[str, float]:
        """The weighted terms of the objective."""
        if painting not in self._objectives:
            style = to_tensor(resize_longest(read_picture(self.folder / painting).convert("RGB"), _STYLE_SIZE))
            style = style.to(photograph.device)
            self._objectives[painting] = StyleObjective(self.loss_network, style, WEIGHTINGS["modern"])
        return {name: float(value) for name, value in self._objectives[painting](picture, photograph).items()}
