"""Training that paints alike what is hardly different."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from painterly.errors import UsageError
from painterly.losses.steadiness import disturb, movements, steadiness
from painterly.networks import STYLE_PRESETS
from painterly.training.style import StyleTask
from painterly.training.style_settings import StyleTraining


@pytest.fixture
def config(
    settings: dict[str, Any], paintings: list[Path], distilled: Path, monkeypatch: pytest.MonkeyPatch
) -> StyleTraining:
    for name, network in STYLE_PRESETS.items():
        monkeypatch.setitem(STYLE_PRESETS, name, dataclasses.replace(network, width=4, blocks=1))
    return StyleTraining(**settings | {"style": paintings[:2], "loss_network": str(distilled)})


def terms(task: StyleTask, photographs: torch.Tensor, step: int) -> dict[str, torch.Tensor]:
    return task.terms(task.network, photographs, step, range(step, step + len(photographs)))


def test_the_term_is_what_the_loss_says_and_only_there_where_it_is_asked_for(config: StyleTraining) -> None:
    photographs = torch.rand(2, 3, 32, 32)
    torch.manual_seed(0)
    assert "steady" not in terms(StyleTask(config.resolved()), photographs, 4)
    torch.manual_seed(0)
    task = StyleTask(dataclasses.replace(config, steady_weight=10.0).resolved())
    found = terms(task, photographs, 4)["steady"]
    how = movements([4, 5], config.seed)
    mix = torch.nn.functional.one_hot(torch.tensor(task._deal([4, 5])), 3).float()
    expected = steadiness(task.network(photographs, mix), task.network(disturb(photographs, how), mix), how)
    torch.testing.assert_close(found, 10 * expected)
    assert found > 0


def test_one_style_is_steadied_too(config: StyleTraining) -> None:
    one = dataclasses.replace(config, style=config.style[:1], identity=False, steady_weight=1.0)
    assert terms(StyleTask(one.resolved()), torch.rand(2, 3, 32, 32), 0)["steady"] > 0


def test_training_by_it_makes_steadier(config: StyleTraining) -> None:
    torch.manual_seed(0)
    task = StyleTask(dataclasses.replace(config, steady_weight=1.0).resolved())
    network: nn.Module = task.network
    photographs = torch.rand(2, 3, 32, 32)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = terms(task, photographs, 6)["steady"]
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_a_negative_weight_is_refused(config: StyleTraining) -> None:
    with pytest.raises(UsageError, match="--steady-weight"):
        dataclasses.replace(config, steady_weight=-1.0)
