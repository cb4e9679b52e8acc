"""Charts: what they show, and where they may not go."""

from __future__ import annotations

import dataclasses
import html
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from painterly.errors import MissingExtraError, OutputError
from painterly.evaluation.charts import check_chart, curve_chart, save_chart, speed_chart
from painterly.evaluation.style import StyleEvaluation

EVALUATION = StyleEvaluation("Starry Night", 256, 2, 9.0, 2.5, [8.0, 4.0, 2.0, 1.0, 0.5])
SVG = "{http://www.w3.org/2000/svg}"


def speed_rows(sizes: tuple[int, ...] = (256, 512)) -> list[dict[str, Any]]:
    return [
        {
            "size": size,
            "network": {"median": size / 1e4},
            "optimisation": [{"iterations": count, "seconds": count * size / 1e3} for count in (100, 300, 500)],
        }
        for size in sizes
    ]


def read(chart: bytes) -> tuple[ET.Element, set[str]]:
    """The drawing, and its words: matplotlib draws letters as outlines, and notes beside them what they say."""
    root = ET.fromstring(chart, ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))
    assert root.tag == f"{SVG}svg"
    return root, {html.unescape(str(comment.text)).strip() for comment in root.iter(ET.Comment)}  # type: ignore[arg-type]


def panels(root: ET.Element) -> list[ET.Element]:
    return [group for group in root.iter(f"{SVG}g") if group.get("id", "").startswith("axes_")]


@pytest.mark.parametrize("draw", [lambda: curve_chart([EVALUATION]), lambda: speed_chart(speed_rows())])
def test_a_chart_is_the_same_every_time_and_needs_no_other_file(draw: Callable[[], bytes]) -> None:
    chart = draw()
    speed_chart(speed_rows((64, 128, 256)))
    assert draw() == chart
    root, _ = read(chart)
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.endswith("href") or value.startswith("#")
        assert element.tag not in (f"{SVG}script", f"{SVG}image")
    assert b"@import" not in chart


def test_figure_5_has_a_panel_a_size_with_what_was_reached() -> None:
    others = [dataclasses.replace(EVALUATION, size=512, network=0.1), dataclasses.replace(EVALUATION, size=1024)]
    root, words = read(curve_chart([EVALUATION, *others]))
    assert len(panels(root)) == 3
    wanted = {"256x256", "512x512", "1024x1024", "iterations", "objective", "2 iterations"}
    assert wanted | {"network: Starry Night", "photograph, unchanged", "optimisation (L-BFGS)"} <= words


def test_a_network_that_was_never_reached_has_no_mark() -> None:
    _, words = read(curve_chart([dataclasses.replace(EVALUATION, network=0.1)]))
    assert not any(word.endswith(" iterations") for word in words)


@pytest.mark.parametrize(
    "title", ["Rust & <Wood>", "a -- b --> c", "50% {blue}", "_private", "Cost $5 or $6", r"$\nothing$"]
)
def test_any_title_of_a_model_may_stand_in_a_chart(title: str) -> None:
    chart = curve_chart([dataclasses.replace(EVALUATION, model=title)])
    root, words = read(chart)
    assert len(panels(root)) == 1
    if "--" not in title:  # which no XML comment may hold
        assert f"network: {title}" in words
    assert b"Oblique" not in chart  # dollars are dollars and begin no formula


def test_one_iteration_or_none_is_a_curve() -> None:
    for curve in ([3.0], [3.0, 2.0]):
        assert panels(read(curve_chart([dataclasses.replace(EVALUATION, optimisation=curve)]))[0])


def test_table_1_has_a_line_for_the_network_and_for_each_number_of_iterations() -> None:
    root, words = read(speed_chart(speed_rows()))
    assert len(panels(root)) == 1
    wanted = {"network, one pass", "100 iterations", "300 iterations", "500 iterations", "256", "512", "seconds"}
    assert wanted <= words


def test_a_chart_is_saved_whole_and_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "new" / "chart.SVG"
    save_chart(b"<svg/>", path)
    assert path.read_bytes() == b"<svg/>"
    with pytest.raises(OutputError, match=r"chart.SVG exists; add --overwrite"):
        save_chart(b"<other/>", path)
    assert path.read_bytes() == b"<svg/>"
    save_chart(b"<other/>", path, overwrite=True)
    assert path.read_bytes() == b"<other/>"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("overwrite", [False, True])
def test_where_a_chart_may_not_go(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder.svg").mkdir()
    for name, words in (
        ("chart.png", "a chart's name ends in .svg"),
        ("chart", "a chart's name ends in .svg"),
        ("folder.svg", "is a folder"),
        ("file/chart.svg", "is not a folder"),
        ("file/new/chart.svg", "is not a folder"),
    ):
        with pytest.raises(OutputError, match=words):
            check_chart(tmp_path / name, overwrite=overwrite)
        with pytest.raises(OutputError, match=words):
            save_chart(b"<svg/>", tmp_path / name, overwrite=overwrite)
    assert (tmp_path / "file").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder.svg"]


def test_without_matplotlib_the_extra_is_named_before_the_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    draws: list[Callable[[], object]] = [
        lambda: curve_chart([EVALUATION]),
        lambda: speed_chart(speed_rows()),
        lambda: check_chart(tmp_path / "chart.svg"),
    ]
    for draw in draws:
        with pytest.raises(MissingExtraError, match=r"pip install 'painterly\[evaluate\]'"):
            draw()
    assert not list(tmp_path.iterdir())
