from __future__ import annotations

import pytest

from painterly.benchmarks.scaling import LINKS, Link, benchmark_scaling, ring_seconds
from painterly.commands.benchmark_scale import cluster_lines, scaling_lines


def by_hand(size: float, count: int, link: Link) -> float:
    """A ring, step by step: everybody sends one piece on, until every piece was at everybody, twice."""
    seconds = 0.0
    for _ in range(2):  # adding up, then handing out
        for _ in range(count - 1):
            seconds += link.latency + (size / count) / link.bandwidth
    return seconds


@pytest.mark.parametrize("count", [1, 2, 3, 8, 64])
def test_a_ring_takes_what_its_steps_take(count: int) -> None:
    for link in LINKS:
        assert ring_seconds(7e6, count, link) == pytest.approx(by_hand(7e6, count, link))


def test_what_is_measured_and_what_follows() -> None:
    table = benchmark_scaling(size=32, batch_size=1, repeats=2, rate=1e12, device="cpu")
    assert table.parameters == 1_679_235
    # A convolution of 9 x 9 from 3 to 32 channels, at every one of (32 + 2 x 40)^2 pixels, is the first of many.
    assert table.operations > 3 * 2 * 81 * 3 * 32 * 112**2
    assert table.step["median"] > 0
    assert table.reduce["calls"] == 20
    for row in table.rows:
        compute = table.operations / 1e12
        assert row["efficiency"] == pytest.approx(compute / (compute + row["reduce"]))
        assert (row["gpus"] == 1) == (row["reduce"] == 0)
    by_link = {link.name: [row["same_batch"] for row in table.rows if row["link"] == link.name] for link in LINKS}
    for shares in by_link.values():
        assert shares == sorted(shares, reverse=True)
    lines = scaling_lines(table.to_dict())
    assert sum(line.startswith("|") for line in lines) == 2 + 3 * len(LINKS)
    measured, worked_out = (next(i for i, line in enumerate(lines) if line.startswith(w)) for w in ("Meas", "Arith"))
    assert measured < worked_out < next(i for i, line in enumerate(lines) if line.startswith("|"))


def test_the_table_of_a_cluster_names_the_ratio_to_one_process() -> None:
    machine = {"processor": "x", "cores": 2, "threads": 1, "gpu": None, "system": "y", "python": "3", "torch": "2"}
    one = {"who": "one process", "workers": 1, "seconds": 4.0, "rate": 2.0, "startup": 1.0}
    two = {"who": "cluster", "workers": 2, "seconds": 2.0, "rate": 3.5, "startup": 9.0}
    table = {"machine": {**machine, "painterly": "0"}, "count": 8, "size": 64, "rows": [one, two]}
    lines = cluster_lines({**table, "cost": 0.0031, "copied": 2000, "listing": 0.25})
    assert any("--engine ray --workers 2" in line and "1.75x" in line for line in lines)
    assert "3.10 ms a file" in lines[-1]
