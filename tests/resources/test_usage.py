"""What work took, on a machine whose clock and power are made up."""

from __future__ import annotations

import contextlib
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from painterly.resources import Usage, UsageMeter

CPU = torch.device("cpu")
WATTS = st.floats(0, 1000)
SECONDS = st.floats(0.01, 1000)


class Machine:
    """Counts what it is said to take; nothing passes but through `work` and `sleep`."""

    source = "made up"

    def __init__(self, idle: float = 15.0) -> None:
        self.idle, self.now, self.spent = idle, 100.0, 7_000.0
        self.slept: list[float] = []
        self.asked = 0

    def clock(self) -> float:
        return self.now

    def joules(self) -> float:
        self.asked += 1
        return self.spent

    def work(self, seconds: float, watts: float) -> None:
        self.now += seconds
        self.spent += watts * seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.work(seconds, self.idle)

    def meter(self, idle_seconds: float = 2.0) -> UsageMeter:
        return UsageMeter(CPU, counter=self, sleep=self.sleep, clock=self.clock, idle_seconds=idle_seconds)


@pytest.fixture(autouse=True)
def _no_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has tests of its own; collecting garbage hundreds of times takes long."""
    monkeypatch.setattr("painterly.resources.usage.reset_peak_memory", lambda device: None)


@given(WATTS, st.lists(st.tuples(SECONDS, WATTS), min_size=1, max_size=4), st.floats(0.5, 10))
def test_what_an_idle_machine_takes_is_subtracted(
    idle: float, work: list[tuple[float, float]], idle_seconds: float
) -> None:
    machine = Machine(idle)
    with machine.meter(idle_seconds) as meter:
        for seconds, watts in work:
            machine.work(seconds, watts)
    usage, seconds = meter.usage(), sum(s for s, _ in work)
    spent = sum(s * w for s, w in work)
    assert usage.seconds == pytest.approx(seconds)
    assert usage.idle_watts == pytest.approx(idle, abs=1e-6)
    assert usage.watts == pytest.approx(spent / seconds, abs=1e-6)
    assert usage.joules is not None
    assert usage.joules == pytest.approx(max(0.0, spent - idle * seconds), rel=1e-6, abs=1e-3)
    assert usage.joules >= 0
    assert machine.slept == [idle_seconds]


def test_the_idle_machine_is_watched_once_before_the_first_start() -> None:
    machine = Machine(20.0)
    meter = machine.meter(3.0)
    for _ in range(3):
        with meter:
            machine.work(1.0, 50.0)
        assert meter.usage().joules == pytest.approx(30.0)
    assert machine.slept == [3.0]


def test_a_block_that_ended_keeps_its_usage_and_a_start_begins_anew() -> None:
    machine = Machine()
    with machine.meter() as meter:
        machine.work(2.0, 100.0)
    kept = meter.usage()
    machine.work(50.0, 500.0)
    assert meter.usage() == kept

    meter.start()
    machine.work(3.0, 115.0)
    assert meter.usage().joules == pytest.approx(300.0)
    machine.work(1.0, 115.0)
    assert meter.usage().seconds == pytest.approx(4.0)


def test_a_block_that_fails_is_measured_up_to_there() -> None:
    machine = Machine()
    meter = machine.meter()
    with contextlib.suppress(ZeroDivisionError), meter:
        machine.work(2.0, 25.0)
        raise ZeroDivisionError
    machine.work(5.0, 25.0)
    assert meter.usage().joules == pytest.approx(20.0)


def test_without_a_block_it_counts_from_when_it_was_made() -> None:
    machine = Machine()
    meter = machine.meter()
    machine.work(2.0, 25.0)
    assert meter.usage().seconds == pytest.approx(2.0)
    assert meter.usage().joules == pytest.approx(20.0)


def test_a_clock_that_stands_still_divides_nothing_by_zero() -> None:
    machine = Machine()
    with machine.meter(0.0) as meter:
        pass
    assert (meter.usage().seconds, meter.usage().joules) == (0.0, 0.0)


def test_polling_asks_the_counter() -> None:
    machine = Machine()
    meter = machine.meter()
    asked = machine.asked
    meter.poll()
    assert machine.asked == asked + 1


def test_where_nothing_counts_nothing_is_waited_for_and_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.resources.usage.find_counter", lambda device: (None, "no meter"))
    machine = Machine()
    with UsageMeter(CPU, sleep=machine.sleep, clock=machine.clock) as meter:
        meter.poll()
        machine.work(2.0, 0.0)
    usage = meter.usage()
    assert machine.slept == []
    assert (usage.seconds, usage.energy_source) == (2.0, "no meter")
    assert (usage.idle_watts, usage.watts, usage.joules) == (None, None, None)
    assert "energy not known: no meter" in usage.describe()


class Failing(Machine):
    """Works until it is broken, like a GPU that falls off its bus."""

    broken = False

    def joules(self) -> float:
        if self.broken:
            raise OSError(5, "Input/output error")
        return super().joules()


def test_a_counter_that_fails_meanwhile_costs_the_energy_and_not_the_work() -> None:
    # Training asks at every checkpoint, before it is saved, and once before the model is.
    machine = Failing()
    meter = machine.meter()
    machine.work(2.0, 25.0)
    machine.broken = True
    meter.poll()
    usage = meter.usage()
    assert usage.seconds == pytest.approx(2.0)
    assert usage.joules is None


class TestUsage:
    """A usage as JSON and as a line."""

    full = Usage(60.04567, 100 << 20, 900 << 20, "NVML", 15.0, 126.0, 6660.0)
    bare = Usage(1.5, None, None, "there is no counter")

    def test_json(self) -> None:
        assert json.loads(json.dumps(self.full.to_dict(images=10))) == {
            "seconds": 60.046,
            "memory_before": 100 << 20,
            "peak_memory": 900 << 20,
            "energy_source": "NVML",
            "idle_watts": 15.0,
            "watts": 126.0,
            "joules": 6660.0,
            "joules_per_image": 666.0,
        }

    @pytest.mark.parametrize("images", [None, 0])
    def test_no_pictures_share_no_joules(self, images: int | None) -> None:
        assert "joules_per_image" not in self.full.to_dict(images)

    def test_unknown_joules_are_shared_by_none(self) -> None:
        values = self.bare.to_dict(images=10)
        assert "joules_per_image" not in values
        assert [key for key, value in values.items() if value is None] == [
            *("memory_before", "peak_memory", "idle_watts", "watts", "joules")
        ]

    def test_a_line_tells_what_is_known(self) -> None:
        assert self.bare.describe() == "energy not known: there is no counter"
        assert Usage(1.0, None, 3 << 20, "none").describe() == "peak memory 3 MiB; energy not known: none"
        assert self.full.describe().endswith("126 W (15 W idle), 6660 J beyond idle by NVML")

    @given(st.floats(1e-3, 1e9), st.integers(1, 10_000))
    def test_four_digits_are_kept(self, joules: float, images: int) -> None:
        values = Usage(1.0, None, None, "", 1.0, 1.0, joules).to_dict(images)
        assert values["joules"] == pytest.approx(joules, rel=1e-3)
        assert values["joules_per_image"] == pytest.approx(joules / images, rel=1e-3)
