"""Which form an objective takes for one photograph, and descent with one that computes its own gradient."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.encoders import load_loss_network
from painterly.losses import WEIGHTINGS, StyleObjective, TiledObjective
from painterly.optimisation import terms
from painterly.optimisation.descent import METHODS, Descent, Method
from painterly.optimisation.terms import choose_tile, picture_objective

GIGABYTE = 1 << 30


@pytest.fixture
def objective(vgg_file: Path) -> StyleObjective:
    return StyleObjective(load_loss_network(str(vgg_file)), torch.rand(1, 3, 24, 24), WEIGHTINGS["modern"])


def remember(monkeypatch: pytest.MonkeyPatch, free: int | None) -> None:
    """Let the machine have so much memory."""
    monkeypatch.setattr(terms, "available_memory", lambda: free)


def paper(height: int, width: int) -> Tensor:
    """A picture that takes no memory."""
    return torch.zeros(1).expand(1, 3, height, width)


@given(st.integers(16, 40_000), st.integers(16, 40_000), st.integers(0, 64 * GIGABYTE))
def test_tiles_are_chosen_where_half_of_the_memory_would_not_do(height: int, width: int, free: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        remember(patch, free)
        side = choose_tile(paper(height, width))
        assert side is None or (side > 0 and side % 16 == 0)
        assert choose_tile(paper(width, height)) == side
        if side is None:  # what fits here fits with more memory, and so does what is smaller
            assert choose_tile(paper(height // 2 + 1, width)) is None
            remember(patch, 2 * free + 1)
            assert choose_tile(paper(height, width)) is None
        # A VGG-19 keeps 64 channels of float32 twice in the first group alone.
        if height * width * 64 * 4 * 2 > free:
            remember(patch, free)
            assert side is not None


def test_where_the_memory_is_not_known_the_picture_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(monkeypatch, None)
    assert choose_tile(paper(100_000, 100_000)) is None


def test_small_pictures_are_whole_on_any_machine_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(monkeypatch, 4 * GIGABYTE)
    assert choose_tile(paper(512, 512)) is None


@pytest.mark.parametrize(
    ("tile", "free", "shape", "side"),
    [
        ("off", 0, (700, 20), None),
        ("auto", 100 * GIGABYTE, (700, 20), None),
        ("auto", 0, (700, 20), 512),
        ("auto", 0, (512, 20), None),  # in one tile
        ("16", 100 * GIGABYTE, (16, 17), 16),
        ("32", 100 * GIGABYTE, (40, 20), 32),
        ("64", 0, (64, 64), None),
    ],
)
def test_a_picture_is_cut_where_asked_for_or_needed(
    objective: StyleObjective,
    monkeypatch: pytest.MonkeyPatch,
    tile: str,
    free: int,
    shape: tuple[int, int],
    side: int | None,
) -> None:
    remember(monkeypatch, free)
    found = picture_objective(objective, torch.rand(1, 3, *shape), tile=tile)
    if side is None:
        assert callable(found)
    else:
        assert isinstance(found, TiledObjective)
        assert max(row.end - row.begin for pair in found.tiles for row in pair) == min(side, max(shape))


@pytest.mark.parametrize("mixes", [False, True])
def test_either_form_computes_the_same(objective: StyleObjective, mixes: bool) -> None:
    photograph, picture = torch.rand(2, 1, 3, 40, 56)
    whole = picture_objective(objective, photograph, tile="off", mixes=mixes)
    tiled = picture_objective(objective, photograph, tile="16", mixes=mixes)
    first, second = Descent(whole, picture).state(), Descent(tiled, picture).state()
    assert second.terms == pytest.approx(first.terms, rel=1e-2 if mixes else 1e-4)
    assert second.evaluations == first.evaluations == 1


class Bowl:
    """Half the squared distance from a picture in two terms, with its gradient by hand."""

    def __init__(self, minimum: Tensor) -> None:
        self.minimum = minimum
        self.seen: list[Tensor] = []

    def differentiate(self, picture: Tensor) -> tuple[dict[str, float], Tensor]:
        self.seen.append(picture.detach().clone())
        away = picture - self.minimum
        squares = 0.5 * away.square().sum((0, 2, 3))
        gradient = away.contiguous(memory_format=torch.channels_last)
        return {"red": float(squares[0]), "rest": float(squares[1:].sum())}, gradient

    def by_autograd(self, picture: Tensor) -> dict[str, Tensor]:
        squares = 0.5 * (picture - self.minimum).square().sum((0, 2, 3))
        return {"red": squares[0], "rest": squares[1:].sum()}


@pytest.mark.parametrize("method", METHODS)
def test_descent_is_the_same_with_a_gradient_by_hand(method: Method) -> None:
    bowl, start = Bowl(2 * torch.rand(1, 3, 5, 6).double() - 0.5), torch.rand(1, 3, 5, 6).double()
    by_hand = list(Descent(bowl, start, method=method).run(12))
    by_autograd = list(Descent(bowl.by_autograd, start, method=method).run(12))
    for ours, theirs in zip(by_hand, by_autograd, strict=True):
        torch.testing.assert_close(ours.picture, theirs.picture)
        assert ours.terms == pytest.approx(theirs.terms)
        assert ours.evaluations == theirs.evaluations
    assert by_hand[-1].evaluations == len(bowl.seen)
    assert by_hand[-1].total < by_hand[0].total
    assert all(picture.min() >= 0 and picture.max() <= 1 for picture in bowl.seen)


@pytest.mark.parametrize("method", METHODS)
def test_a_descent_by_hand_goes_on_as_if_never_stopped(method: Method) -> None:
    bowl, start = Bowl(2 * torch.rand(1, 3, 5, 6) - 0.5), torch.rand(1, 3, 5, 6)
    *_, whole = Descent(bowl, start, method=method).run(8)
    first, second = Descent(bowl, start, method=method), Descent(bowl, torch.zeros_like(start), method=method)
    *_, _ = first.run(3)
    second.load_state_dict(first.state_dict())
    *_, last = second.run(8)
    assert torch.equal(last.picture, whole.picture)


@pytest.mark.parametrize("method", METHODS)
def test_descent_by_tiles_follows_descent_on_the_whole(objective: StyleObjective, method: Method) -> None:
    objective = objective.double()
    photograph, start = torch.rand(2, 1, 3, 24, 40).double()
    whole, tiled = (
        list(Descent(picture_objective(objective, photograph, tile=tile), start, method=method).run(4))
        for tile in ("off", "16")
    )
    for ours, theirs in zip(tiled, whole, strict=True):
        assert ours.terms == pytest.approx(theirs.terms, rel=1e-7)
        torch.testing.assert_close(ours.picture, theirs.picture, rtol=0, atol=1e-5)
