"""The paper's tables of super-resolution (figures 8 and 9): every method on every picture of every set."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from painterly.data.degradation import Degradation
from painterly.encoders.names import parse_layers
from painterly.errors import UsageError
from painterly.evaluation.artefacts import colour_shift, grid_energy
from painterly.evaluation.benchmark import Pair, find_sets
from painterly.evaluation.comparison import side_by_side
from painterly.evaluation.judge import Judge, load_judge
from painterly.evaluation.methods import Method, choose_methods
from painterly.evaluation.metrics import luma_psnr, luma_ssim
from painterly.evaluation.published import PUBLISHED
from painterly.networks.description import SCALES

__all__ = ["Evaluation", "evaluate_super_resolution"]

FIGURES = ("psnr", "ssim", "feature_distance", "colour_shift", "grid", "grid_truth")
"""What is measured for every picture."""


@dataclass
class Evaluation:
    """What came out.

    Attributes:
        scale: How many times larger the pictures became.
        degradation: How the small pictures were made.
        feature_layers: Where the feature distance was taken: loss network and layers, or None if it was left out.
        rows: A dict for every set and method: `set`, `scale`, `method`, `psnr`, `ssim`, `feature_distance`,
            `colour_shift`, `grid`, `grid_truth` (of the ground truth itself), `pictures`, and the paper's own
            `paper_psnr` and `paper_ssim` (None if it has none).
        pictures: A dict for every set, picture and method, likewise.
    """

    scale: int
    degradation: str
    feature_layers: str | None
    rows: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON values; the infinite PSNR of equal pictures, which JSON has no word for, as None."""
        return {
            "scale": self.scale,
            "degradation": self.degradation,
            "feature_layers": self.feature_layers,
            "rows": [_finite(row) for row in self.rows],
            "pictures": [_finite(row) for row in self.pictures],
        }


def evaluate_super_resolution(
    data: str | Path,
    *,
    scale: int = 4,
    models: Sequence[str | Path] | None = None,
    degradation: Degradation = "bicubic",
    loss_network: str = "auto",
    feature_layers: str = "relu2_2",
    device: str = "auto",
    sets: Sequence[str] | None = None,
    figure: Callable[[str, str, Image.Image], object] | None = None,
    corner: tuple[int, int] | None = None,
    report: Callable[[str], object] = lambda text: None,
) -> Evaluation:
    """Measure methods of enlargement on benchmark sets.

    PSNR and SSIM are taken on luma, of pictures rounded to eight bits, without a border as wide as the scale.

    Args:
        data: A folder of benchmark sets, or one set.
        scale: How many times larger.
        models: Names or files of networks; by default all that ship for the scale.
        degradation: How the small pictures are made; "bicubic" is what published figures mean.
        loss_network: Where the feature distance is taken: a name, a file of VGG weights, "auto" for the paper's where
            it is at hand, or "none".
        feature_layers: Its layers, separated by commas.
        device: Where networks run.
        sets: Names of the sets to use; by default all.
        figure: Called with set, picture and a side-by-side comparison of every picture.
        corner: Left and top of the part that comparisons enlarge; by default the busiest.
        report: Called with the name of each picture that is done.

    Returns:
        Means by set and method, and the values of single pictures.

    Raises:
        UsageError: A model, set, scale or layer is unknown.
        InputError: A picture or a model cannot be read.
        MissingExtraError: scikit-image is not installed.
    """
    if scale not in SCALES:
        raise UsageError(f"--scale must be one of {', '.join(map(str, SCALES))}, not {scale}")
    found = find_sets(data)
    if sets:
        unknown = set(sets) - {one.name for one in found}
        if unknown:
            raise UsageError(f"{data} has no {', '.join(sorted(unknown))}; it has {', '.join(s.name for s in found)}")
        found = [one for one in found if one.name in sets]
    methods = choose_methods(scale, models, device=device)
    judge = load_judge(loss_network, parse_layers(feature_layers))
    result = Evaluation(scale, degradation, judge.title if judge is not None else None)
    for one in found:
        values: dict[str, list[dict[str, Any]]] = {method.name: [] for method in methods}
        for pair in one.pairs(scale, degradation):
            outputs = {method.name: method.enlarge(pair.small).clamp(0, 1) for method in methods}
            wanted = judge.features(pair.large) if judge is not None else {}
            truth = {"grid_truth": grid_energy(pair.large, pair.large, scale)}
            for name, output in outputs.items():
                measured = measure(output, pair, scale, judge, wanted) | truth
                values[name].append(measured)
                result.pictures.append({"set": one.name, "picture": pair.name, "method": name, **measured})
            if figure is not None:
                captions = {n: f"{v[-1]['psnr']:.2f} dB / {v[-1]['ssim']:.4f}" for n, v in values.items()}
                figure(one.name, pair.name, side_by_side(pair.small, pair.large, outputs, captions, corner))
            report(f"{one.name}/{pair.name}")
        for method in methods:
            published = PUBLISHED.get((one.name, scale, method.name)) if degradation == "bicubic" else None
            result.rows.append(_row(one.name, scale, method, values[method.name], published))
    return result


def measure(
    output: Tensor, pair: Pair, scale: int, judge: Judge | None, wanted: dict[str, Tensor]
) -> dict[str, float | None]:
    """What is measured of one enlarged picture; see `FIGURES`."""
    return {
        "psnr": luma_psnr(output, pair.large, border=scale, grey=pair.grey),
        "ssim": luma_ssim(output, pair.large, border=scale, grey=pair.grey),
        "feature_distance": judge.distance(output, wanted) if judge is not None else None,
        "colour_shift": colour_shift(output, pair.large),
        "grid": grid_energy(output, pair.large, scale),
    }


def _finite(row: dict[str, Any]) -> dict[str, Any]:
    return {key: None if value == math.inf else value for key, value in row.items()}


def _row(
    name: str, scale: int, method: Method, values: list[dict[str, Any]], published: tuple[float, float] | None
) -> dict[str, Any]:
    row: dict[str, Any] = {"set": name, "scale": scale, "method": method.name}
    for key in FIGURES:
        known = [value[key] for value in values if value[key] is not None]
        row[key] = sum(known) / len(known) if known else None
    psnr, ssim = published or (None, None)
    return {**row, "pictures": len(values), "paper_psnr": psnr, "paper_ssim": ssim}
