"""Charts, as figures of matplotlib that no window shows."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from painterly.atomic import atomic_path, check_writable
from painterly.errors import MissingExtraError, OutputError

if TYPE_CHECKING:
    from painterly.evaluation.convergence import Convergence
    from painterly.evaluation.style import StyleEvaluation

__all__ = [
    "bar_chart",
    "check_chart",
    "convergence_chart",
    "curve_chart",
    "learning_chart",
    "memory_chart",
    "save_chart",
    "speed_chart",
]

_OURS, _THEIRS, _BASE = "#c8502b", "#2b6cc8", "#8a8a8a"
_COLOURS = (_BASE, _THEIRS, _OURS, "#3f8f4f", "#8a4fa0")
_COLUMNS = 4
_LOOK: Any = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "svg.fonttype": "path",
    "svg.hashsalt": "painterly",
}


def curve_chart(evaluations: Sequence[StyleEvaluation]) -> bytes:
    """Figure 5: the objective along the optimisation, of the network, and of the unchanged photograph.

    Args:
        evaluations: One a panel, usually one a size.

    Returns:
        An SVG.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """

    def draw(panels: Sequence[Any]) -> None:
        for axes, one in zip(panels, evaluations, strict=True):
            axes.plot(one.optimisation, color=_THEIRS, label="optimisation (L-BFGS)")
            axes.axhline(one.network, color=_OURS, label="network: " + one.model.replace("$", r"\$"))
            axes.axhline(one.content, color=_BASE, linestyle="--", label="photograph, unchanged")
            reached = one.equivalent_iterations
            if reached is not None:
                axes.plot([reached], [one.network], "o", color=_OURS)
                place = {"xytext": (8, 10), "textcoords": "offset points", "color": _OURS}
                axes.annotate(f"{reached} iterations", (reached, one.network), **place)
            axes.set(yscale="log", title=f"{one.size}x{one.size}", xlabel="iterations")
            axes.set_xlim(0, max(1, len(one.optimisation) - 1))
        panels[0].set_ylabel("objective")
        panels[0].legend(frameon=False, fontsize=8)

    return _chart(len(evaluations), draw)


def learning_chart(
    panels: Mapping[str, Mapping[str, Sequence[tuple[int, float]]]], goals: Mapping[str, float]
) -> bytes:
    """The objective on unseen photographs against steps of training, for several ways to learn a style.

    Args:
        panels: By painting, and by way of learning, pairs of step and objective.
        goals: By painting, an objective to reach, drawn as a line.

    Returns:
        An SVG.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    ways = list(dict.fromkeys(way for curves in panels.values() for way in curves))

    def draw(axes: Sequence[Any]) -> None:
        for one, (painting, curves) in zip(axes, panels.items(), strict=True):
            for way, points in curves.items():
                colour = _COLOURS[ways.index(way) % len(_COLOURS)]
                later = [(step, value) for step, value in points if step > 0]
                one.plot(
                    [step for step, _ in later], [value for _, value in later], "o-", ms=3, color=colour, label=way
                )
            if painting in goals:
                one.axhline(goals[painting], color="black", linestyle=":", linewidth=1, label="goal")
            one.set(xscale="log", yscale="log", title=painting, xlabel="steps")
        axes[0].set_ylabel("objective on unseen photographs")
        axes[0].legend(frameon=False, fontsize=8)

    return _chart(len(panels), draw)


def convergence_chart(rows: Sequence[Convergence]) -> bytes:
    """What training wrote down, a panel for each network and a line for each of its stages that kept a curve.

    Args:
        rows: As `painterly.evaluation.convergence` finds them.

    Returns:
        An SVG.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    networks: dict[str, list[Convergence]] = {}
    for row in rows:
        if row.stage.curve:
            networks.setdefault(row.stage.name, []).append(row)

    def draw(panels: Sequence[Any]) -> None:
        for axes, (name, stages) in zip(panels, networks.items(), strict=False):
            for row in stages:
                curve, label = row.stage.curve, f"{row.number}" if row.of > 1 else "objective"
                label += "" if row.slope is None else f": {row.slope.percent:.1f} ± {row.slope.error:.1f} % a doubling"
                colour = _COLOURS[(row.number - row.of + 2) % len(_COLOURS)]  # the last stage, or the only one, is ours
                axes.plot(curve["step"], curve["total"], color=colour, label=label)
            axes.set(xscale="log", yscale="log", title=name.replace("$", r"\$"), xlabel="steps")
            axes.legend(frameon=False, fontsize=7)
        panels[0].set_ylabel("objective")

    return _chart(max(1, len(networks)), draw)


def speed_chart(rows: Sequence[dict[str, Any]]) -> bytes:
    """Table 1 as a chart: seconds of a pass, and of 100, 300 and 500 iterations, by size.

    Args:
        rows: As in `painterly.benchmarks.SpeedTable`.

    Returns:
        An SVG.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """

    def draw(panels: Sequence[Any]) -> None:
        axes, sizes = panels[0], [row["size"] for row in rows]
        axes.plot(sizes, [row["network"]["median"] for row in rows], "o-", color=_OURS, label="network, one pass")
        for index, shade in enumerate((0.45, 0.7, 1.0)):
            chosen = [row["optimisation"][index] for row in rows]
            label = f"{chosen[0]['iterations']} iterations"
            axes.plot(sizes, [entry["seconds"] for entry in chosen], "o-", color=_THEIRS, alpha=shade, label=label)
        axes.set(yscale="log", xlabel="size in pixels", ylabel="seconds")
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.legend(frameon=False, fontsize=8)

    return _chart(1, draw)


def bar_chart(rows: Sequence[dict[str, Any]]) -> bytes:
    """How many times faster than the reference with a tuned allocator, a panel for each size.

    Args:
        rows: As in `painterly.benchmarks.InferenceTable`.

    Returns:
        An SVG.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    sizes = list(dict.fromkeys(row["size"] for row in rows))

    def draw(panels: Sequence[Any]) -> None:
        for axes, size in zip(panels, sizes, strict=True):
            shown = [row for row in rows if row["size"] == size][::-1]
            names = [f"{row['model']}, {row['backend']}, {row['precision']}".replace("$", r"\$") for row in shown]
            colors = [_BASE if row["model"] == "reference" else _OURS for row in shown]
            bars = axes.barh(range(len(shown)), [row["ratio_tuned"] for row in shown], color=colors)
            axes.bar_label(bars, [f"{row['ratio_tuned']:.1f}x" for row in shown], padding=3, fontsize=8)
            axes.set_yticks(range(len(shown)), names if axes is panels[0] else [""] * len(shown), fontsize=8)
            axes.set(title=f"{size}x{size}", xlabel="times as fast as the reference")
            axes.margins(x=0.15)

    return _chart(len(sizes), draw)


def memory_chart(rows: Sequence[dict[str, Any]]) -> bytes:
    """Peak memory against size, a line for each method.

    Args:
        rows: As in `painterly.benchmarks.MemoryTable`.

    Returns:
        An SVG.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    methods = list(dict.fromkeys(row["method"] for row in rows))

    def draw(panels: Sequence[Any]) -> None:
        axes = panels[0]
        for method in methods:
            shown = [row for row in rows if row["method"] == method and row["peak_mb"] is not None]
            places = [row["megapixels"] for row in shown], [row["peak_mb"] / 1e3 for row in shown]
            ours = method.startswith("painterly")
            color = _OURS if ours else _BASE if method.startswith("pytorch") else _THEIRS
            dashed = method.endswith(("whole", "statistics"))
            axes.plot(*places, "o--" if dashed else "o-", color=color, label=method.replace("$", r"\$"))
        axes.set(xscale="log", xlabel="megapixels", ylabel="peak memory (GB)")
        sizes = sorted({row["megapixels"] for row in rows})
        axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, fontsize=8)

    return _chart(1, draw)


def check_chart(path: Path, *, overwrite: bool = False) -> None:
    """Make sure, before the work, that a chart can be drawn and written.

    Raises:
        OutputError: The name does not end in .svg, or the file exists or cannot be written.
        MissingExtraError: matplotlib is not installed.
    """
    if path.suffix.lower() != ".svg":
        raise OutputError(f"{path}: a chart's name ends in .svg")
    check_writable(path, overwrite=overwrite)
    _matplotlib()


def save_chart(chart: bytes, path: Path, *, overwrite: bool = False) -> None:
    """Write a chart to an .svg file.

    Raises:
        OutputError: See `check_chart`.
    """
    check_chart(path, overwrite=overwrite)
    with atomic_path(path) as temporary:
        temporary.write_bytes(chart)


def _matplotlib() -> Any:
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise MissingExtraError("drawing charts", "evaluate") from error
    return mpl


def _chart(panels: int, draw: Callable[[Sequence[Any]], None]) -> bytes:
    """What `draw` draws on so many panels, up to four side by side, as an SVG that is the same every time."""
    picture, mpl = io.BytesIO(), _matplotlib()
    from matplotlib.figure import Figure

    with mpl.rc_context(_LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a title in letters that the font lacks
        columns, rows = min(panels, _COLUMNS), -(-panels // _COLUMNS)
        figure = Figure(figsize=(max(5.5, 4 * columns), 3.6 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for unused in axes[panels:]:
            unused.remove()
        draw(list(axes[:panels]))
        figure.savefig(picture, format="svg", metadata={"Date": None})
    return picture.getvalue()
