"""What may be asked of a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painterly.errors import UsageError
from painterly.report import SECTIONS, ReportSettings
from painterly.report.settings import FULL, QUICK

OUT = Path("out")


def test_by_default_everything_is_drawn_in_full() -> None:
    settings = ReportSettings(output=OUT)
    assert settings.names() == SECTIONS
    assert settings.budget() is FULL
    assert ReportSettings(output=OUT, quick=True).budget() is QUICK


@given(st.lists(st.sampled_from(SECTIONS), min_size=1), st.sampled_from([",", ", ", " ,", ",,"]))
def test_parts_come_in_the_page_s_order_once_each(names: list[str], comma: str) -> None:
    wanted = ReportSettings(output=OUT, sections=comma.join(names)).names()
    assert set(wanted) == set(names)
    assert list(wanted) == [name for name in SECTIONS if name in names]


@pytest.mark.parametrize("sections", ["", " ", ",", "everything", "cost,speeed", "Cost", "cost speed", "../cost"])
def test_parts_that_there_are_not(sections: str) -> None:
    with pytest.raises(UsageError, match=r"--sections takes some of system, cost, .*, not ") as refusal:
        ReportSettings(output=OUT, sections=sections)
    assert f"'{sections}'" in str(refusal.value)


@pytest.mark.parametrize("field", ["photos", "benchmarks", "training"])
def test_folders_come_from_options_or_from_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    values: dict[str, Any] = {field: tmp_path / "named"}
    given, open_choice = ReportSettings(output=OUT, **values), ReportSettings(output=OUT)
    monkeypatch.delenv("PAINTERLY_DATA", raising=False)
    assert given.folder(field, "below") == tmp_path / "named"
    with pytest.raises(UsageError, match=f"--{field}, or a data folder with below in it"):
        open_choice.folder(field, "below")
    monkeypatch.setenv("PAINTERLY_DATA", str(tmp_path))
    with pytest.raises(UsageError, match=f"--{field}"):
        open_choice.folder(field, "below")
    (tmp_path / "below").mkdir()
    assert open_choice.folder(field, "below") == tmp_path / "below"
    assert given.folder(field, "below") == tmp_path / "named"


def test_what_a_part_was_made_with_survives_json_and_leaves_out_what_changes_no_part() -> None:
    settings = ReportSettings(output=OUT, style=Path("a/b.jpg"), quick=True)
    about = settings.about()
    assert json.loads(json.dumps(about)) == about
    same = ReportSettings(output=Path("b"), style=Path("a/b.jpg"), quick=True, sections="cost", overwrite=True)
    assert same.about() == about
    others: list[dict[str, Any]] = [
        {"quick": True},
        {"style": Path("a/b.jpg")},
        {"style": Path("a/b.jpg"), "quick": True, "model": "c"},
        {"style": Path("a/b.jpg"), "quick": True, "device": "cpu"},
        {"style": Path("a/b.jpg"), "quick": True, "photos": Path("d")},
    ]
    for other in others:
        assert ReportSettings(output=OUT, **other).about() != about
