"""Slopes of curves: known ones are found again, whatever the schedule and the noise; and where curves come from."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from painterly.errors import InputError, UsageError
from painterly.evaluation.charts import convergence_chart
from painterly.evaluation.convergence import curve_slope, evaluate_convergence
from painterly.evaluation.stages import Stage, stages_of
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks import StyleDescription, StyleNetwork
from painterly.training.curve import CURVE, rate_share, thin_curve

Entries = list[dict[str, Any]]


def synthetic(
    steps: int,
    fall: float,
    *,
    decay: float = 0.0,
    gain: float = 0.0,
    noise: float = 0.0,
    seed: int = 0,
    points: int = 40,
) -> dict[str, list[float]]:
    """A curve that ends at 1 and falls by the share `fall` a doubling, and by `gain` as the rate falls to nothing."""
    random = np.random.default_rng(seed)
    rates = np.array([rate_share(decay, step, steps) for step in range(steps)])
    done = np.cumsum(rates)
    slope = fall / (1 - fall)
    totals = 1 - slope * np.log2(done / done[-1]) + gain * rates
    logged = np.arange(10, steps + 1, 10)
    totals = totals[logged - 1] * (1 + noise * random.standard_normal(len(logged)))
    entries = [{"step": int(step), "total": float(total)} for step, total in zip(logged, totals, strict=True)]
    return thin_curve(entries, lambda step: rate_share(decay, step, steps), points=points)


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("fall", [0.0, 0.05, 0.3, -0.1])
@pytest.mark.parametrize("gain", [0.0, 0.4])
def test_a_known_slope_is_found_whatever_the_schedule(decay: float, fall: float, gain: float) -> None:
    slope = curve_slope(synthetic(4000, fall, decay=decay, gain=gain))
    assert slope is not None
    wanted = fall if decay else fall / (1 + gain * (1 - fall))  # at a constant rate its noise stays
    assert slope.percent == pytest.approx(100 * wanted, abs=1.5)
    assert slope.last == pytest.approx(1 if decay else 1 + gain, rel=0.08)


@pytest.mark.parametrize("decay", [0.0, 0.6])
def test_the_error_is_as_large_as_noise_makes_it(decay: float) -> None:
    found = [curve_slope(synthetic(3000, 0.06, decay=decay, gain=0.3, noise=0.2, seed=seed)) for seed in range(100)]
    slopes = [slope for slope in found if slope is not None]
    assert len(slopes) == 100
    wanted = 6.0 if decay else 6 / (1 + 0.3 * (1 - 0.06))
    within = sum(abs(slope.percent - wanted) < 2 * slope.error for slope in slopes)
    assert 88 <= within <= 100
    spread = float(np.std([slope.percent for slope in slopes]))
    told = float(np.mean([slope.error for slope in slopes]))
    assert told == pytest.approx(spread, rel=0.35)
    assert np.mean([slope.percent for slope in slopes]) == pytest.approx(wanted, abs=3 * spread / 10)


def test_longer_runs_are_surer() -> None:
    short, long = (curve_slope(synthetic(steps, 0.06, noise=0.2)) for steps in (1000, 20000))
    assert short is not None
    assert long is not None
    assert long.error < short.error / 3


@pytest.mark.parametrize("points", [40, 10_000])
def test_a_few_bad_batches_do_not_turn_it(points: int) -> None:
    random = np.random.default_rng(0)
    totals = {step: 1 - 0.05 * math.log2(step / 4000) + 0.1 * random.standard_normal() for step in range(10, 4001, 10)}
    good = [{"step": step, "total": total} for step, total in totals.items()]
    bad = [entry | ({"total": 60.0} if number in (150, 370) else {}) for number, entry in enumerate(good)]
    slope, hit = (curve_slope(thin_curve(entries, points=points)) for entries in (good, bad))
    assert slope is not None
    assert hit is not None
    assert hit.percent == pytest.approx(slope.percent, abs=2 * slope.error)
    assert hit.error < 3 * slope.error


def test_thinning_hardly_changes_it() -> None:
    few, all_ = (curve_slope(synthetic(5000, 0.08, decay=0.5, noise=0.1, points=n)) for n in (40, 10_000))
    assert few is not None
    assert all_ is not None
    assert few.percent == pytest.approx(all_.percent, abs=all_.error)
    assert few.error == pytest.approx(all_.error, rel=0.3)


@pytest.mark.parametrize(
    "curve",
    [
        {},
        thin_curve([{"step": 10, "total": 1.0}]),
        thin_curve([{"step": 10 * n, "total": 1.0} for n in range(1, 4)]),
        thin_curve([{"step": 10 * n, "total": 1.0} for n in range(1, 90)], lambda step: 0.0),
        thin_curve([{"step": 10 * n, "total": 100 - n} for n in range(1, 150)]),
    ],
    ids=["none", "one", "three", "no rate", "below zero"],
)
def test_where_there_is_too_little_there_is_no_slope(curve: dict[str, list[float]]) -> None:
    assert curve_slope(curve) is None


class TestStages:
    """Cards hold earlier stages one in another."""

    def chain(self, *steps: int) -> ModelCard:
        training: dict[str, Any] = {}
        result: dict[str, Any] = {}
        for number, count in enumerate(steps):
            before = {"started_from": {"training": training, "result": result, "software": {"device": f"d{number}"}}}
            training = {"batch_size": 4, "size": 64 * (number + 1), "steps": count} | (before if number else {})
            result = {"steps": count, "seconds": 60.0 * count, "last": {"style": 1.0, "total": 1.0 + number}}
        software = {"device": "cpu (x86_64)", "threads": 1}
        return ModelCard("style", {}, "Mine", training=training, result=result, software=software)

    def test_the_first_comes_first(self) -> None:
        stages = stages_of(self.chain(10, 20, 30))
        assert [stage.steps for stage in stages] == [10, 20, 30]
        assert [stage.pictures for stage in stages] == [40, 80, 120]
        assert [stage.hardware for stage in stages] == ["d1", "d2", "cpu (x86_64), 1 thread"]
        assert {stage.name for stage in stages} == {"Mine"}
        assert all("started_from" not in stage.training for stage in stages)

    def test_a_blend_has_those_of_its_parts_once(self) -> None:
        first, both = self.chain(10), self.chain(10, 20)
        of = [{"training": card.training, "result": card.result} for card in (first, both)]
        stages = stages_of(ModelCard("super-resolution", {}, "Blend", training={"blend": {"of": of, "weight": 0.5}}))
        assert [stage.steps for stage in stages] == [10, 20]

    def test_a_line_says_what_is_known(self) -> None:
        assert stages_of(self.chain(10))[0].line() == "10 steps of 4 at 64 px, 10.0 minutes, style 1 in the end"
        assert Stage("a", {}).line() == "steps not known"

    @pytest.mark.parametrize("nonsense", [None, 3, "x", [], {"of": 3}, {"of": [3]}, float("nan"), True])
    def test_a_strange_card_breaks_nothing(self, nonsense: Any) -> None:
        for key in ("steps", "seconds", "last", "curve", "usage", "unseen", "styles"):
            stage = Stage("a", {"batch_size": nonsense, "size": nonsense}, {key: nonsense})
            assert stage.line()
            assert not stage.curve
            assert stage.joules is None
        assert stages_of(ModelCard("style", {}, training={"blend": nonsense, "started_from": nonsense})) is not None


def run_folder(folder: Path, entries: Entries, **settings: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / CURVE).write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    if settings:
        state = {"step": entries[-1]["step"], "seconds": 90.0, "settings": settings}
        torch.save(state, folder / "checkpoint.pt")
    return folder


def falling(count: int = 200) -> Entries:
    return [{"step": 10 * n, "style": 2.0, "total": 2 - 0.1 * math.log2(n / count)} for n in range(1, count + 1)]


@pytest.fixture
def model(tmp_path: Path) -> Callable[..., Path]:
    """A network whose card holds a curve."""

    def model(name: str, entries: Entries, **training: Any) -> Path:
        description = StyleDescription(width=2, blocks=1)
        curve = thin_curve(entries, lambda done: rate_share(training.get("decay", 0.0), done, entries[-1]["step"]))
        result = {"steps": entries[-1]["step"], "seconds": 90, "last": entries[-1], "curve": curve}
        card = ModelCard(
            *("style", description.to_dict(), "Mine"),
            training={"batch_size": 4, "size": 64, **training},
            result=result | {"usage": {"joules": 7.2e6}},
            software={"device": "cpu (x86_64)", "processor": "Abacus 9", "threads": 2},
        )
        path = tmp_path / f"{name}.safetensors"
        save_network(path, StyleNetwork(description), card)
        return path

    return model


def test_a_run_and_its_card_tell_the_same(tmp_path: Path, model: Callable[..., Path]) -> None:
    run = run_folder(tmp_path / "one.run", falling(), batch_size=4, size=64, decay=0.5, steps=2000, identity_steps=0)
    alone = evaluate_convergence([run])[0].to_dict()
    assert (alone["hardware"], alone["joules"]) == (None, None)
    path = model("one", falling(), decay=0.5)
    with_model, card = (row.to_dict() for row in evaluate_convergence([run, path]))
    assert with_model == card
    unknown = {"hardware": "Abacus 9, 2 threads", "joules": 7.2e6}
    assert alone | unknown == card
    assert (card["steps"], card["pictures"], card["seconds"], card["terms"]) == (2000, 8000, 90, ["style"])
    assert card["percent_per_doubling"] == pytest.approx(100 * 0.1 / 2.1, rel=0.05)


def test_a_model_beside_a_run_that_did_not_write_it_says_nothing(tmp_path: Path, model: Callable[..., Path]) -> None:
    run = run_folder(tmp_path / "one.run", falling(150), batch_size=4)
    model("one", falling(200))
    assert evaluate_convergence([run])[0].stage.hardware is None


def test_a_run_without_a_checkpoint_has_its_curve(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "one.run", falling())
    (run / "checkpoint.pt").write_bytes(b"nonsense")
    row = evaluate_convergence([run])[0]
    assert (row.stage.steps, row.stage.pictures, row.stage.seconds) == (2000, None, None)
    assert row.slope is not None


def test_steps_of_a_start_from_the_identity_are_left_out(tmp_path: Path) -> None:
    before = [{"step": 10 * n, "identity": 9.0, "total": 9.0} for n in range(1, 16)]
    after = [{**entry, "step": entry["step"] + 150} for entry in falling()]
    whole = run_folder(tmp_path / "a.run", [*before, *after], identity_steps=150, steps=2000, init=None)
    plain = run_folder(tmp_path / "b.run", falling(), identity_steps=150, steps=2000, init="parent.safetensors")
    first, second = evaluate_convergence([whole, plain])
    assert first.stage.curve == second.stage.curve
    assert first.stage.steps == 2150


def test_damaged_lines_are_left_out(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "one.run", falling())
    wanted = evaluate_convergence([run])[0].to_dict()
    with (run / CURVE).open("a") as file:
        file.write('{"step": 5, "total": NaN}\n{"step": 7}\n{"step": 8, "total": "x"}\n[3]\n{"step": 9, "tot')
    assert evaluate_convergence([run])[0].to_dict() == wanted


def test_what_is_no_run_and_no_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.run").mkdir()
    with pytest.raises(InputError, match=r"empty\.run holds no curve"):
        evaluate_convergence([tmp_path / "empty.run"])
    with pytest.raises(UsageError, match="nobody"):
        evaluate_convergence(["nobody"])


def test_a_network_that_does_not_say_how_it_was_trained(tmp_path: Path) -> None:
    description = StyleDescription(width=2, blocks=1)
    path = tmp_path / "plain.safetensors"
    save_network(path, StyleNetwork(description), ModelCard("style", description.to_dict()))
    with pytest.raises(InputError, match=r"plain\.safetensors says nothing of how it was trained"):
        evaluate_convergence([path])


def test_every_network_that_ships_has_its_stages() -> None:
    rows = evaluate_convergence(["gallery", "upscale-x4"])
    assert {row.stage.name for row in rows} == {"gallery", "upscale-x4"}
    for row in rows:
        assert row.stage.steps
        assert row.last is not None


def test_the_chart_shows_every_network_with_a_curve(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path / f"$run {n}.run", falling(100 + n)) for n in range(6)]
    description = StyleDescription(width=2, blocks=1)
    without = tmp_path / "without.safetensors"
    card = ModelCard("style", description.to_dict(), training={"steps": 4}, result={"steps": 4, "last": {"total": 1.0}})
    save_network(without, StyleNetwork(description), card)
    chart = convergence_chart(evaluate_convergence([*runs, without]))
    assert chart.count(b"axes_") == 6
    assert convergence_chart(evaluate_convergence([*runs, without])) == chart
