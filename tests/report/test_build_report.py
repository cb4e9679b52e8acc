"""Building a report from parts: what is drawn, kept, left out and refused."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from painterly.errors import InputError, Interrupted, MissingExtraError, OutputError
from painterly.models.catalogue import shipped_models
from painterly.report import SECTIONS, ReportSettings, build_report

Parse = Callable[[str], Any]
Stubs = Any  # of conftest.py


@pytest.fixture
def settings(tmp_path: Path) -> ReportSettings:
    return ReportSettings(output=tmp_path / "report", device="cpu")


def again(settings: ReportSettings, **changes: Any) -> ReportSettings:
    return ReportSettings(**{**vars(settings), **changes})


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def read(settings: ReportSettings) -> str:
    return (settings.output / "report.html").read_text(encoding="utf-8")


def test_every_part_is_drawn_once_in_order(stubs: Stubs, settings: ReportSettings, parse: Parse) -> None:
    said: list[str] = []
    result = build_report(settings, said.append)
    assert result == {"page": str(settings.output / "report.html"), "drawn": [*SECTIONS], "kept": [], "left_out": {}}
    assert stubs.drawn == [*SECTIONS]
    assert said == [f"{name} ..." for name in SECTIONS]

    page = parse(read(settings))
    assert list(page.parts) == [*SECTIONS]
    for name, text in page.parts.items():
        for words in (f"Part {name}", "In the paper: figure <0>", "one & <two>", f"painterly {name} > out", "1234.5"):
            assert words in text
    assert {path.name for path in settings.output.iterdir()} == {"report.html", "data", "pictures", ".painterly-report"}
    assert not [path for path in settings.output.rglob("*") if ".tmp" in path.name]


def test_the_page_needs_no_other_file(stubs: Stubs, settings: ReportSettings, parse: Parse, tmp_path: Path) -> None:
    build_report(settings)
    alone = Path(shutil.move(settings.output / "report.html", tmp_path / "elsewhere.html"))
    pictures = contents(settings.output / "pictures")
    text = alone.read_text(encoding="utf-8")
    page = parse(text)

    ids = {values["id"] for _, values in page.tags if "id" in values}
    for tag, values in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "base")
        for name, value in values.items():
            if name == "href":
                assert value[1:] in ids
                assert value.startswith("#")
            elif name in ("src", "srcset", "poster", "data", "action", "style"):
                assert (tag, name) == ("img", "src")
                assert value.startswith("data:image/")
    assert "url(" not in text
    assert "@import" not in text
    assert "http" not in re.sub('data:image/[^"]*', "", text)
    wanted = [("data:image/png", pictures[f"{name}.png"]) for name in SECTIONS]
    wanted += [("data:image/svg+xml", pictures[f"{name}.svg"]) for name in SECTIONS]
    assert sorted(page.pictures) == sorted(wanted)


def test_a_part_that_is_there_is_kept_as_it_is(stubs: Stubs, settings: ReportSettings) -> None:
    build_report(settings)
    before = contents(settings.output)
    stubs.drawn.clear()
    result = build_report(settings)
    assert (result["drawn"], result["kept"]) == ([], [*SECTIONS])
    assert stubs.drawn == []
    assert contents(settings.output) == before


def test_parts_may_be_drawn_one_by_one(stubs: Stubs, settings: ReportSettings, parse: Parse) -> None:
    build_report(again(settings, sections="speed"))
    page = parse(read(settings))
    assert list(page.parts) == [*SECTIONS]
    assert "Part speed" in page.parts["speed"]
    assert "Left out: not drawn yet" in page.parts["cost"]
    build_report(again(settings, sections="cost,speed"))
    assert stubs.drawn == ["speed", "cost"]
    page = parse(read(settings))
    assert "Part speed" in page.parts["speed"]
    assert "Part cost" in page.parts["cost"]


@pytest.mark.parametrize(
    "changes",
    [{"quick": True}, {"model": str(shipped_models()["starry-night"])}, {"photos": Path("other")}, {"overwrite": True}],
    ids=str,
)
def test_other_settings_draw_again(stubs: Stubs, settings: ReportSettings, changes: dict[str, Any]) -> None:
    build_report(again(settings, sections="cost,speed"))
    stubs.drawn.clear()
    stubs.text = "another time"
    result = build_report(again(settings, sections="cost", **changes))
    assert (result["drawn"], result["kept"]) == (["cost"], [])
    assert stubs.drawn == ["cost"]
    assert read(settings).count("another time") == 1


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b'{"title": "Part co',
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b'{"blocks": [], "title": "no settings"}',
        b'{"blocks": [{"kind": "picture"}], "about": {}}',
        None,
    ],
)
def test_a_damaged_part_is_drawn_again(stubs: Stubs, settings: ReportSettings, damage: bytes | None) -> None:
    build_report(again(settings, sections="cost,speed"))
    whole = contents(settings.output)
    stubs.drawn.clear()
    file = settings.output / "data" / "cost.json"
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    result = build_report(again(settings, sections="cost,speed"))
    assert (result["drawn"], result["kept"]) == (["cost"], ["speed"])
    assert contents(settings.output).keys() == whole.keys()


@pytest.mark.parametrize("picture", ["cost.png", "cost.svg"])
def test_a_part_that_lost_a_picture_is_drawn_again(stubs: Stubs, settings: ReportSettings, picture: str) -> None:
    build_report(again(settings, sections="cost,speed"))
    whole = contents(settings.output / "pictures")
    (settings.output / "pictures" / picture).unlink()
    build_report(again(settings, sections="cost,speed"))
    assert stubs.drawn == ["cost", "speed", "cost"]
    assert contents(settings.output / "pictures") == whole


def test_a_part_that_lost_a_picture_and_is_not_wanted_is_no_part_of_the_page(
    stubs: Stubs, settings: ReportSettings, parse: Parse
) -> None:
    build_report(again(settings, sections="cost,speed"))
    (settings.output / "pictures" / "cost.png").unlink()
    build_report(again(settings, sections="speed"))
    assert "not drawn yet" in parse(read(settings)).parts["cost"]


def test_a_part_that_cannot_be_drawn_is_left_out_with_the_reason(
    stubs: Stubs, settings: ReportSettings, parse: Parse
) -> None:
    stubs.faults = {"cost": InputError("a & b <c> does not exist")}
    said: list[str] = []
    result = build_report(settings, said.append)
    assert result["left_out"] == {"cost": "a & b <c> does not exist"}
    assert result["drawn"] == [name for name in SECTIONS if name != "cost"]
    assert any("cost" in line and "a & b <c> does not exist" in line for line in said)
    page = parse(read(settings))
    assert "Left out: a & b <c> does not exist." in page.parts["cost"]
    assert "Part speed" in page.parts["speed"]

    stubs.faults = {}
    assert build_report(settings)["drawn"] == ["cost"]
    assert "Part cost" in parse(read(settings)).parts["cost"]


def test_an_older_part_is_shown_as_such_where_it_cannot_be_drawn_again(
    stubs: Stubs, settings: ReportSettings, parse: Parse
) -> None:
    build_report(again(settings, sections="cost"))
    stubs.faults = {"cost": InputError("gone")}
    result = build_report(again(settings, sections="cost", overwrite=True))
    assert result["left_out"] == {"cost": "gone"}
    text = parse(read(settings)).parts["cost"]
    assert "Not drawn again, what follows is older: gone." in text
    assert "one & <two>" in text


@pytest.mark.parametrize("name", [SECTIONS[3], SECTIONS[0]])
def test_ctrl_c_keeps_what_is_finished_and_the_same_command_goes_on(
    stubs: Stubs, settings: ReportSettings, name: str
) -> None:
    stubs.faults = {name: KeyboardInterrupt()}
    with pytest.raises(Interrupted, match="the same command goes on"):
        build_report(settings)
    finished = [*SECTIONS[: SECTIONS.index(name)]]
    assert stubs.drawn == [*finished, name]
    assert sorted(path.stem for path in settings.output.glob("data/*")) == sorted(finished)

    stubs.faults = {}
    result = build_report(settings)  # also where the first part was stopped after its first picture
    assert (result["kept"], result["drawn"]) == (finished, [*SECTIONS[len(finished) :]])


def test_ctrl_c_while_a_part_trains_names_options_that_there_are(stubs: Stubs, settings: ReportSettings) -> None:
    # What `painterly.training.loop.fit` raises; `painterly report` has no --resume and goes on without.
    stubs.faults = {"cost": Interrupted("stopped at step 7; the same command with --resume goes on from there")}
    with pytest.raises(Interrupted) as stopped:
        build_report(again(settings, sections="cost"))
    assert "--resume" not in str(stopped.value)


def test_a_report_of_which_everything_was_left_out_goes_on(stubs: Stubs, settings: ReportSettings) -> None:
    settings = again(settings, sections="enlargements")
    stubs.faults = {"enlargements": InputError("no benchmarks")}
    build_report(settings)
    stubs.faults = {}
    assert build_report(settings)["drawn"] == ["enlargements"]


def test_a_result_that_cannot_be_written_stops_the_report(stubs: Stubs, settings: ReportSettings) -> None:
    stubs.faults = {"cost": OutputError("cannot write x (No space left on device)")}
    with pytest.raises(OutputError, match="No space left"):
        build_report(settings)
    assert stubs.drawn == ["system", "cost"]


class TestRefusals:
    """What is refused before any work, and stays as it was."""

    @pytest.fixture(autouse=True)
    def _nothing_is_drawn(self, stubs: Stubs, tmp_path: Path) -> Any:
        yield
        assert stubs.drawn == []
        assert not list(tmp_path.rglob("report.html"))

    @pytest.mark.parametrize("file", ["thesis.txt", ".hidden", "deep/er/file", "data/mine.csv", "data"])
    def test_a_folder_of_somebody_else_s(self, settings: ReportSettings, file: str) -> None:
        precious = settings.output / file
        precious.parent.mkdir(parents=True)
        precious.write_text("precious")
        with pytest.raises(OutputError, match=f"{settings.output} holds other files"):
            build_report(again(settings, overwrite=True))
        assert contents(settings.output) == {file: b"precious"}

    def test_a_file(self, settings: ReportSettings) -> None:
        settings.output.write_text("precious")
        with pytest.raises(OutputError, match="is not a folder"):
            build_report(settings)
        assert settings.output.read_text() == "precious"

    def test_a_folder_below_a_file(self, settings: ReportSettings) -> None:
        settings.output.write_text("precious")
        with pytest.raises(OutputError, match="is not a folder"):
            build_report(again(settings, output=settings.output / "below"))

    def test_a_missing_extra(self, settings: ReportSettings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "jinja2", None)
        with pytest.raises(MissingExtraError, match=r"pip install 'painterly\[evaluate\]'"):
            build_report(settings)
        assert not settings.output.exists()


def test_an_empty_folder_will_do(stubs: Stubs, settings: ReportSettings) -> None:
    settings.output.mkdir()
    assert build_report(again(settings, sections="cost"))["drawn"] == ["cost"]


def test_names_of_files_that_are_no_unicode_stop_nothing(stubs: Stubs, settings: ReportSettings, parse: Parse) -> None:
    stubs.text = f"photograph {bytes([0xE9]).decode('utf-8', 'surrogateescape')}.jpg"  # Linux allows any bytes
    build_report(again(settings, sections="cost"))
    assert "photograph" in parse(read(settings)).parts["cost"]
    assert build_report(again(settings, sections="cost"))["kept"] == ["cost"]


def test_the_numbers_are_kept_as_json(stubs: Stubs, settings: ReportSettings) -> None:
    build_report(again(settings, sections="cost"))
    part = json.loads((settings.output / "data" / "cost.json").read_text(encoding="utf-8"))
    assert part["data"] == {"count": 1}
    assert part["about"] == settings.about()
    assert part["seconds"] >= 0
