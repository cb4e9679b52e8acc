"""Building a report: every part that is missing, then the page."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from painterly.atomic import atomic_path, check_writable
from painterly.encoders.sources import LOSS_NETWORKS
from painterly.errors import Interrupted, OutputError, PainterlyError, UsageError
from painterly.models.device import choose_device
from painterly.models.reading import info
from painterly.report.context import Context, Section
from painterly.report.page import render
from painterly.report.settings import SECTIONS, ReportSettings
from painterly.resources.describe import describe_machine

__all__ = ["build_report"]

PAGE, MARK = "report.html", ".painterly-report"


def build_report(settings: ReportSettings, report: Callable[[str], object] = lambda text: None) -> dict[str, Any]:
    """Draw the paper again, into a folder.

    A part that the folder holds already, made with the same settings, is kept; so a report that was interrupted goes
    on, and parts can be drawn one by one. A part that cannot be drawn, for instance because there are no benchmarks,
    is left out, and the page says why.

    Args:
        settings: See `ReportSettings`.
        report: Takes a line about what is being done.

    Returns:
        `page`: the file; `drawn`, `kept`: names of parts; `left_out`: reasons by name.

    Raises:
        OutputError: The folder holds something else, or cannot be written.
        MissingExtraError: What draws pages is not installed.
    """
    folder = settings.output
    _check_options(settings)
    render([], _of_itself(settings), folder)  # what the page needs is missed now, not after the work
    _claim(folder)
    about, drawn, kept = settings.about(), [], []
    left_out: dict[str, str] = {}
    try:
        for name in settings.names():
            part = _read(folder, name)
            if part is not None and part["about"] == about and not settings.overwrite:
                kept.append(name)
                continue
            report(f"{name} ...")
            began = time.monotonic()
            try:
                section = _draw(name, Context(settings, report))
            except OutputError:
                raise
            except Interrupted:  # training was stopped; it goes on by itself
                raise KeyboardInterrupt from None
            except PainterlyError as error:
                left_out[name] = str(error)
                report(f"{name}: left out: {error}")
                continue
            _write(folder, name, {**vars(section), "about": about, "seconds": round(time.monotonic() - began, 1)})
            drawn.append(name)
    except KeyboardInterrupt:
        raise Interrupted(f"stopped; the same command goes on with the parts that {folder} lacks") from None
    parts = []
    for name in SECTIONS:
        part = {"name": name, **(_read(folder, name) or {"left_out": "not drawn yet"})}
        parts.append(part | ({"left_out": left_out[name]} if name in left_out else {}))
    page = folder / PAGE
    with atomic_path(page) as temporary:
        # File names may be no Unicode; what cannot be written becomes a question mark.
        temporary.write_text(render(parts, _of_itself(settings), folder), encoding="utf-8", errors="replace")
    return {"page": str(page), "drawn": drawn, "kept": kept, "left_out": left_out}


def _draw(name: str, context: Context) -> Section:
    section: Section = importlib.import_module(f"painterly.report.sections.{name}").draw(context)
    return section


def _check_options(settings: ReportSettings) -> None:
    """Refuse what no part could use, before the first is drawn."""
    choose_device(settings.device)
    if info(settings.model).task != "style":
        raise UsageError(f"--model {settings.model} is no style network")
    if settings.loss_network not in ("auto", *LOSS_NETWORKS) and not Path(settings.loss_network).is_file():
        known = ", ".join(LOSS_NETWORKS)
        raise UsageError(f"--loss-network must be auto, a file, or one of {known}, not '{settings.loss_network}'")


def _claim(folder: Path) -> None:
    """A report goes into a new folder, an empty one, or that of a report, which has a mark in it."""
    mark = folder / MARK
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is not a folder")
    if folder.is_dir() and any(folder.iterdir()) and not mark.is_file():
        raise OutputError(f"{folder} holds other files; name a new folder")
    check_writable(mark, overwrite=True)
    with atomic_path(mark) as temporary:
        temporary.write_text("A report of painterly's lies in this folder; painterly report goes on with it.\n")


def _path(folder: Path, name: str) -> Path:
    return folder / "data" / f"{name}.json"


def _read(folder: Path, name: str) -> dict[str, Any] | None:
    """A part that the folder holds, whole and with its pictures."""
    try:
        part: dict[str, Any] = json.loads(_path(folder, name).read_text(encoding="utf-8"))
        pictures = [block["file"] for block in part["blocks"] if block["kind"] == "picture"]
        whole = all((folder / file).is_file() for file in pictures) and "about" in part
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return part if whole else None


def _write(folder: Path, name: str, part: dict[str, Any]) -> None:
    with atomic_path(_path(folder, name)) as temporary:
        temporary.write_text(json.dumps(part, indent=1), encoding="utf-8")


def _of_itself(settings: ReportSettings) -> dict[str, Any]:
    return {"quick": settings.quick, "model": settings.model, **describe_machine()}
