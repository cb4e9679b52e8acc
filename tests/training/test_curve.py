"""The curve in a card: means over intervals, the same whether a run was stopped on the way or not."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from painterly.models.file import read_card
from painterly.training.curve import CURVE, rate_share, thin_curve
from painterly.training.loop import learning_rate
from painterly.training.run_log import read_measures
from painterly.training.style import train_style
from painterly.training.style_settings import StyleTraining


def entries(count: int, every: int = 10) -> list[dict[str, float]]:
    return [
        {"step": every * n, "content": 1 / n, "style": 3 / n, "total": 4 / n, "gradient": 2.0 * n}
        for n in range(1, count + 1)
    ]


@given(st.integers(1, 400), st.integers(1, 60))
def test_nothing_is_lost_but_detail(count: int, points: int) -> None:
    logged = entries(count)
    curve = thin_curve(logged, points=points)
    assert len({len(column) for column in curve.values()}) == 1
    assert len(curve["step"]) <= points
    assert sum(curve["entries"]) == count
    assert curve["step"] == sorted(curve["step"])
    for name in ("content", "total", "gradient"):
        whole = sum(value * number for value, number in zip(curve[name], curve["entries"], strict=True))
        assert whole == pytest.approx(sum(entry[name] for entry in logged), rel=1e-3)
    assert set(curve) == {"step", "entries", "rate", "content", "style", "total", "gradient", "spread"}


def test_intervals_are_equally_long_on_a_logarithmic_scale() -> None:
    curve = thin_curve(entries(1024, every=1), points=10)
    assert curve["entries"][-3:] == pytest.approx([128, 256, 512], abs=2)


def test_the_spread_is_that_of_the_totals() -> None:
    logged: list[dict[str, float]] = [{"step": 1, "total": 5.0}]
    logged += [{"step": 1000 + n, "total": value} for n, value in enumerate((1.0, 2.0, 3.0, 6.0))]
    curve = thin_curve(logged, points=3)
    assert curve["total"] == [5.0, 3.0]
    assert curve["spread"] == pytest.approx([0.0, math.sqrt(3.5)], rel=1e-3)


def test_a_term_that_is_missing_was_nothing() -> None:
    logged = [{"step": 10, "style": 1.0, "total": 1.0}, {"step": 11, "style": 1.0, "identity": 2.0, "total": 3.0}]
    curve = thin_curve(logged, points=1)
    assert (curve["style"], curve["identity"], curve["total"]) == ([1.0], [1.0], [2.0])


def test_steps_before_those_asked_for_are_neither_shown_nor_counted() -> None:
    before = [{"step": 10 * n, "identity": 99.0, "total": 99.0} for n in range(1, 16)]
    after = [{**entry, "step": entry["step"] + 150} for entry in entries(30)]
    seen: list[int] = []

    def share(done: int) -> float:
        seen.append(done)
        return 1.0

    curve = thin_curve([*before, *after], share, begins=150)
    assert curve == thin_curve(entries(30))
    assert (min(seen), max(seen)) == (9, 299)  # steps done before the one that was logged


def test_nothing_logged_is_no_curve() -> None:
    assert thin_curve([]) == thin_curve([{"step": 10, "total": 1.0}], begins=10) == {}


@given(st.floats(0, 1), st.integers(1, 500))
def test_the_share_is_that_of_the_rate_that_training_uses(decay: float, total: int) -> None:
    shares = [rate_share(decay, step, total) for step in range(total)]
    assert all(0 <= share <= 1 for share in shares)
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(1)
    path = Path("nothing")
    config = StyleTraining(style=[path], photos=path, output=path, learning_rate=3e-4, decay=decay)
    assert [learning_rate(config, step, total) for step in range(total)] == pytest.approx([3e-4 * s for s in shares])


def test_the_card_holds_the_curve_of_the_whole_run_and_the_next_card_that_of_both(settings: dict[str, Any]) -> None:
    config = StyleTraining(**{**settings, "steps": 40, "identity_steps": 10, "decay": 0.5, "checkpoint_every": 20})
    train_style(dataclasses.replace(config, steps=20))
    card = train_style(dataclasses.replace(config, resume=True))
    logged = read_measures(config.output.with_suffix(".run") / CURVE)
    assert [entry["step"] for entry in logged] == [10, 20, 30, 40, 50]
    wanted = thin_curve(logged, lambda done: rate_share(0.5, done, 40), begins=10)
    assert card.result["curve"] == wanted
    assert wanted["entries"] == [1, 1, 1, 1]
    assert wanted["rate"][0] == 1 > wanted["rate"][-1]

    after = dataclasses.replace(config, init=config.output, output=config.output.with_name("next.safetensors"), steps=1)
    train_style(after)
    before = read_card(after.output).training["started_from"]
    assert before["result"]["curve"] == wanted
    assert before["software"] == card.software
