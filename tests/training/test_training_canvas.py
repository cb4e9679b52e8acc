"""Training on uneven canvases."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from painterly.errors import UsageError
from painterly.images.canvas import canvas
from painterly.models.treat import prime
from painterly.networks import STYLE_PRESETS
from painterly.training.canvases import some_canvases
from painterly.training.style import StyleTask
from painterly.training.style_settings import StyleTraining


@pytest.fixture
def config(
    settings: dict[str, Any], paintings: list[Path], distilled: Path, monkeypatch: pytest.MonkeyPatch
) -> StyleTraining:
    for name, network in STYLE_PRESETS.items():
        monkeypatch.setitem(STYLE_PRESETS, name, dataclasses.replace(network, width=4, blocks=1))
    given = settings | {"style": paintings[:2], "loss_network": str(distilled), "size": 32, "canvas": 8.0}
    return StyleTraining(**given).resolved()


class Watched(nn.Module):
    """Remembers what a network was given."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.seen: list[Tensor] = []

    def forward(self, photographs: Tensor, *mix: Tensor) -> Tensor:
        self.seen.append(photographs)
        return self.network(photographs, *mix)  # type: ignore[no-any-return]


def test_canvases_follow_from_seed_and_sample_and_a_quarter_is_even() -> None:
    found = some_canvases(range(200), 3, 24, 8.0)
    assert found.shape == (200, 1, 24, 24)
    assert found.dtype == torch.float32
    torch.testing.assert_close(some_canvases([17, 5], 3, 24, 8.0), found[[17, 5]], rtol=0, atol=0)
    assert not torch.equal(some_canvases(range(200), 4, 24, 8.0), found)
    uneven = found.flatten(1).std(1) > 0
    assert 0.65 < uneven.float().mean() < 0.85
    assert float(found[uneven].std() * 255) == pytest.approx(8.0, rel=0.1)
    assert len(torch.unique(found[uneven], dim=0)) == int(uneven.sum())


def test_paintings_begin_on_a_canvas_and_are_judged_by_the_photograph(config: StyleTraining) -> None:
    task, samples, photographs = StyleTask(config), range(6, 12), torch.rand(6, 3, 32, 32) * 0.6 + 0.2
    model = Watched(task.network)
    terms = task.terms(model, photographs, 3, samples)
    styles = torch.tensor(task._deal(samples))
    bare = styles == 2
    assert 0 < bare.sum() < 6
    lying = (photographs + some_canvases(samples, config.seed, 32, 8.0)).where(~bare.view(-1, 1, 1, 1), photographs)
    torch.testing.assert_close(model.seen[0], lying)
    with torch.no_grad():
        paintings = task.network(lying, torch.nn.functional.one_hot(styles, 3).float())
        expected = task._painted(paintings, photographs, task._choices(samples))
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value)
    given = task.given(3, samples)
    assert given is not None
    for name, value in task.fixed_terms(task.network, photographs, given).items():
        torch.testing.assert_close(value, terms[name])


def test_the_next_frame_has_its_canvas_moved_along(config: StyleTraining) -> None:
    from painterly.losses.steadiness import disturb, movements

    task = StyleTask(dataclasses.replace(config, steady_weight=1.0))
    model = Watched(task.network)
    task.terms(model, torch.rand(3, 3, 32, 32), 3, range(3))
    first, then = model.seen
    torch.testing.assert_close(then, disturb(first, movements(range(3), config.seed)))


def test_first_steps_have_none(config: StyleTraining) -> None:
    task, photographs = StyleTask(config), torch.rand(3, 3, 32, 32)
    model = Watched(task.network)
    task.terms(model, photographs, -1, range(3))
    assert torch.equal(model.seen[0], photographs)


def test_what_is_measured_lies_on_a_canvas_except_for_the_photograph_itself(config: StyleTraining) -> None:
    task, photographs = StyleTask(config), torch.rand(2, 3, 40, 32)
    even = StyleTask(dataclasses.replace(config, canvas=0.0))
    even.network.load_state_dict(task.network.state_dict())
    on = prime(photographs, torch.from_numpy(canvas((0, 40), (0, 32))), 8.0)
    with torch.no_grad():
        torch.testing.assert_close(task._paint(1, photographs), even._paint(1, on))
        torch.testing.assert_close(task._paint(-1, photographs), even._paint(-1, photographs))
    found, without = task.measure(photographs), even.measure(photographs)
    assert found["identity_psnr"] == without["identity_psnr"]
    assert found["ratio"] != without["ratio"]


@pytest.mark.parametrize("levels", [-1.0, 33.0])
def test_other_canvases_are_refused(config: StyleTraining, levels: float) -> None:
    with pytest.raises(UsageError, match="--canvas"):
        dataclasses.replace(config, canvas=levels)
