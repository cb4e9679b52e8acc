"""Tables of benchmarks, in Markdown, so that what a command prints can stand in a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = [
    "inference_table",
    "machine_line",
    "markdown",
    "memory_table",
    "paper_table",
    "paper_usage_table",
    "startup_table",
    "training_table",
]

Rows = Sequence[dict[str, Any]]


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a table, its columns aligned for reading it as it is.

    Example:
        >>> markdown(["a", "b"], [[10, None]])
        ['| a  | b |', '|----|---|', '| 10 |   |']
    """
    cells = [list(head), *(["" if cell is None else str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = [f"| {' | '.join(text.ljust(width) for text, width in zip(line, widths, strict=True))} |" for line in cells]
    return [lines[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *lines[1:]]


def machine_line(machine: dict[str, Any]) -> str:
    """What a table was measured on."""
    where = machine["gpu"] or f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads"
    return f"{where}, torch {machine['torch']}, painterly {machine['painterly']}"


def paper_table(rows: Rows) -> list[str]:
    """Table 1 of the paper."""
    head = ["size", "network: median (quartiles)", "an iteration", "100", "300", "500", "speed-up", "the paper's"]
    cells = []
    for row in rows:
        paper = row["paper"]
        cells.append(
            [
                row["size"],
                *(_timing(row[what]) for what in ("network", "iteration")),
                *(f"{'~' if e['extrapolated'] else ''}{e['seconds']:.1f} s" for e in row["optimisation"]),
                " / ".join(f"{e['speed_up']:.0f}x" for e in row["optimisation"]),
                " / ".join(f"{value / paper[3]:.0f}x" for value in paper[:3]) if paper else "",
            ]
        )
    return markdown(head, cells)


def paper_usage_table(rows: Rows) -> list[str]:
    """Memory and energy, or why there is none to tell."""
    cells = []
    for row in rows:
        usages = row["usage"]["network"], row["usage"]["optimisation"]
        joules = [f"{u['joules_per_image']:.3g}" if "joules_per_image" in u else "not known" for u in usages]
        cells.append([row["size"], *(_mebibytes(u["peak_memory"]) for u in usages), *joules])
    first = rows[0]["usage"]["network"]
    idle = f"{first['idle_watts']:.0f} W idle subtracted" if first["idle_watts"] is not None else "not known"
    table = markdown(["size", "peak memory, network", "optimisation", "joules a pass", "an iteration"], cells)
    return ["", *table, f"energy: {idle}, {first['energy_source']}"]


def inference_table(rows: Rows) -> list[str]:
    """Milliseconds a picture."""
    head = ["size", "network", "back end", "precision", "ms (quartiles)", "ratio", "to tuned", "PSNR", "of ceiling"]
    timed, cells = all(row.get("device_milliseconds") is not None for row in rows), []
    for row in rows:
        psnr = "" if row["psnr"] is None else f"{row['psnr']:.1f} dB"
        share = "" if row["share"] is None else f"{100 * row['share']:.0f} %"
        times = f"{row['milliseconds']:.1f} ({row['low']:.1f} to {row['high']:.1f})"
        ratios = [f"{row['ratio']:.1f}x", f"{row['ratio_tuned']:.1f}x"]
        joules = row["usage"].get("joules_per_image", "not known")
        memory = _mebibytes(row["usage"]["peak_memory"])
        about = [row["size"], row["model"], row["backend"], row["precision"]]
        cells.append([*about, times, *ratios, psnr, share, memory, joules])
        if timed:
            cells[-1].append(f"{row['device_milliseconds']:.2f}")
    return markdown([*head, "peak memory", "joules", *(["ms of the GPU"] if timed else [])], cells)


def startup_table(rows: Rows) -> list[str]:
    """Seconds a process."""
    cells = [[row["model"], row["backend"], row["precision"], _seconds(row), f"{row['ratio']:.1f}x"] for row in rows]
    return markdown(["network", "back end", "precision", "whole process (quartiles)", "ratio"], cells)


def memory_table(rows: Rows) -> list[str]:
    """What a process holds at most, by size and method."""
    cells = [
        [
            f"{row['megapixels']:g}",
            row["method"],
            "not known" if row["peak_mb"] is None else f"{row['peak_mb']:.0f} MB",
            f"{row['seconds']:.1f} s",
            f"{row['seconds'] / row['megapixels']:.2f} s",
            None if row["psnr"] is None else "equal" if row["psnr"] == float("inf") else f"{row['psnr']:.1f} dB",
        ]
        for row in rows
    ]
    return markdown(["megapixels", "method", "peak", "time", "a megapixel", "against the whole in float32"], cells)


def training_table(rows: Rows) -> list[str]:
    """Seconds a step; of a GPU, also how much of it waits, and what the paper's 40,000 steps take."""
    gpu = any(row.get("idle") is not None for row in rows)
    cells = [
        [
            row["training"],
            row["loss_network"],
            row["precision"],
            _seconds(row),
            f"{row['ratio']:.1f}x",
            _mebibytes(row["usage"]["peak_memory"]),
            row["usage"].get("joules_per_image", "not known"),
            *([_idle(row), _paper(row)] if gpu else []),
        ]
        for row in rows
    ]
    more = ["idle", "40,000 steps"] if gpu else []
    head = ["training", "loss network", "precision", "a step (quartiles)", "ratio", "peak memory", "joules a crop"]
    return markdown([*head, *more], cells)


def _idle(row: dict[str, Any]) -> str:
    return "not known" if row["idle"] is None else f"{100 * row['idle']:.0f} %"


def _paper(row: dict[str, Any]) -> str:
    return "" if row["paper_seconds"] is None else f"{row['paper_seconds'] / 60:.1f} min"


def _seconds(row: dict[str, Any]) -> str:
    digits = 2 if row["seconds"] >= 0.1 else 4
    median, low, high = (f"{row[name]:.{digits}f}" for name in ("seconds", "low", "high"))
    return f"{median} s ({low} to {high})"


def _timing(timing: dict[str, float]) -> str:
    return f"{timing['median']:.3f} s ({timing['low']:.3f} to {timing['high']:.3f})"


def _mebibytes(size: int | None) -> str:
    return "not known" if size is None else f"{size / 2**20:.0f} MiB"
