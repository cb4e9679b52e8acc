"""Curves of learning, from what training measured on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from painterly.errors import InputError, UsageError
from painterly.evaluation.charts import learning_chart
from painterly.evaluation.learning import learning_curves, learning_goals


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    found = []
    for way, values in (("scratch", [9.0, 4.0, 2.0]), ("learnt", [5.0, 3.0])):
        folder = tmp_path / f"{way}.run"
        folder.mkdir()
        lines = [json.dumps({"step": 10 * n, "unseen": {"total": value}}) for n, value in enumerate(values)]
        (folder / "measures.jsonl").write_text("\n".join([*lines, '{"step": 3']))  # a crash cut the last line
        found.append(f"a painting:{way}={folder}")
    return found


def test_curves_are_what_was_measured(runs: list[str]) -> None:
    assert learning_curves(runs) == {
        "a painting": {"scratch": [(0, 9.0), (10, 4.0), (20, 2.0)], "learnt": [(0, 5.0), (10, 3.0)]}
    }


def test_the_goal_is_a_multiple_of_where_a_way_ended(runs: list[str]) -> None:
    assert learning_goals(learning_curves(runs), "scratch:1.25") == {"a painting": 2.5}


@pytest.mark.parametrize("goal", ["scratch", "scratch:much", "nothing:1", "1.25"])
def test_a_goal_that_means_nothing_is_refused(runs: list[str], goal: str) -> None:
    with pytest.raises(UsageError, match="--goal"):
        learning_goals(learning_curves(runs), goal)


@pytest.mark.parametrize("run", ["a=b", "a:b", ":b=c", "a:=c", "a:b="])
def test_what_names_no_run_is_refused(run: str) -> None:
    with pytest.raises(UsageError, match="PAINTING:WAY=RUN"):
        learning_curves([run])


def test_a_run_without_measures_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="train with --measure-every"):
        learning_curves([f"a:b={tmp_path}"])
    (tmp_path / "measures.jsonl").write_text('{"step": 1, "styles": {}}\n')
    with pytest.raises(InputError, match="no measures of one style"):
        learning_curves([f"a:b={tmp_path}"])


def test_the_chart_shows_every_way(runs: list[str]) -> None:
    curves = learning_curves(runs)
    with_goal, without = learning_chart(curves, {"a painting": 2.5}), learning_chart(curves, {})
    assert with_goal.startswith(b"<?xml")
    assert with_goal != without
    assert learning_chart(curves, {}) == without
