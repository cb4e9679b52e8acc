"""Optimising pictures from one end to the other, with a loss network of random weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

import painterly
from painterly.errors import InputError, UsageError
from painterly.images import from_tensor, to_tensor
from painterly.images.color import match_statistics
from painterly.models.catalogue import find_model
from painterly.optimisation import OptimizationSettings, Progress, Result, optimize

Optimize = Callable[..., Result]


@pytest.fixture
def config(vgg_file: Path) -> OptimizationSettings:
    return OptimizationSettings(size=32, iterations=2, scales=1, loss_network=str(vgg_file), device="cpu")


@pytest.fixture
def paint(config: OptimizationSettings) -> Optimize:
    """`optimize` with some settings changed."""

    def paint(content: Any, styles: Any, changes: dict[str, Any] | None = None, **options: Any) -> Result:
        return optimize(content, styles, dataclasses.replace(config, **(changes or {})), **options)

    return paint


@pytest.fixture
def photo() -> Tensor:
    return smooth(24, 32)


@pytest.fixture
def painting() -> Tensor:
    return torch.rand(3, 32, 20).round()


def smooth(height: int, width: int) -> Tensor:
    coarse = torch.rand(1, 3, 4, 5)
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")[0]


def save(picture: Tensor, path: Path) -> Path:
    from_tensor(picture).save(path)
    return path


def losses(result: Result) -> list[dict[str, float]]:
    """The curve without what a resumed run computes again."""
    return [{name: value for name, value in row.items() if name != "evaluations"} for row in result.curve]


def totals(result: Result) -> list[float]:
    return [row["total"] for row in result.curve]


@pytest.mark.parametrize(
    ("formula", "method"),
    [
        *((formula, "adam") for formula in ("modern", "paper", "gatys")),
        *(("modern", "lbfgs"), ("paper", "lbfgs"), pytest.param("gatys", "lbfgs")),
    ],
)
def test_the_objective_falls(paint: Optimize, photo: Tensor, painting: Tensor, method: str, formula: str) -> None:
    changes = {"method": method, "formula": formula, "iterations": 5, "precision": "32-true"}
    rate = {"learning_rate": 0.003} if method == "adam" else {}
    result = paint(photo, [painting], {**changes, **rate})
    assert [row["iteration"] for row in result.curve] == [0, 1, 2, 3, 4, 5]
    assert all(
        row["total"] == pytest.approx(sum(row[n] for n in row if n in ("content", "style", "variation")))
        for row in result.curve
    )
    assert totals(result)[-1] < totals(result)[0]


def test_the_result_is_of_the_photograph_s_kind(paint: Optimize, painting: Tensor, tmp_path: Path) -> None:
    image = from_tensor(smooth(40, 60))
    image.save(tmp_path / "photo.png")
    array, tensor = np.asarray(image), to_tensor(image)
    for content in (tmp_path / "photo.png", str(tmp_path / "photo.png"), image):
        result = paint(content, [painting], {"iterations": 1}).picture
        assert isinstance(result, Image.Image)
        assert (result.mode, result.size) == ("RGB", (32, 21))
    for pixels in (array, array.astype(np.float32) / 255):
        result = paint(pixels, [painting], {"iterations": 1}).picture
        assert (type(result), result.dtype, result.shape) == (np.ndarray, pixels.dtype, (21, 32, 3))
    for batch, shape in ((tensor, (1, 3, 21, 32)), (tensor[0], (3, 21, 32))):
        assert paint(batch, [painting], {"iterations": 1}).picture.shape == shape


def test_transparency_is_kept(paint: Optimize, painting: Tensor) -> None:
    image, alpha = from_tensor(smooth(32, 24)), Image.fromarray(np.arange(32 * 24, dtype=np.uint8).reshape(32, 24))
    image.putalpha(alpha)
    same = paint(image, [painting]).picture
    assert same.mode == "RGBA"
    assert same.getchannel("A").tobytes() == alpha.tobytes()
    larger = paint(image, [painting], {"size": 40}).picture
    assert (larger.mode, larger.size) == ("RGBA", (30, 40))


def test_coarse_sizes_come_first(paint: Optimize, photo: Tensor, painting: Tensor) -> None:
    seen: list[Progress] = []
    result = paint(photo, [painting], {"size": 96, "scales": 3, "iterations": 1}, report=seen.append)
    assert [(step.scale, step.size, step.iteration.number) for step in seen] == [
        *((0, 68, 0), (0, 68, 1)),
        *((1, 96, 0), (1, 96, 1)),
    ]
    assert [(row["size"], row["iteration"]) for row in result.curve] == [(68, 0), (68, 1), (96, 0), (96, 1)]
    assert result.picture.shape == (3, 72, 96)
    assert seen[1].picture().size == (68, 51)


def test_shares_decide_between_paintings(paint: Optimize, photo: Tensor, painting: Tensor) -> None:
    other = 0.3 * torch.rand(3, 20, 32)
    both, pair = paint(photo, [painting, other]), [painting, other]
    assert totals(paint(photo, pair, {"shares": "2,2"})) == pytest.approx(totals(both))
    assert totals(paint(photo, pair, {"shares": "1,0"})) == pytest.approx(totals(paint(photo, [painting])), rel=1e-4)
    assert totals(paint(photo, pair, {"shares": "1,3"})) != pytest.approx(totals(both))


def test_masks_say_where_a_painting_belongs(paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path) -> None:
    left = torch.zeros(3, 30, 50)
    left[..., :25] = 1
    white = save(torch.ones(3, 10, 10), tmp_path / "white.png")
    halves = (save(left, tmp_path / "left.png"), save(1 - left, tmp_path / "right.png"))
    pair = [painting, 0.3 * torch.rand(3, 20, 32)]
    plain, everywhere = paint(photo, pair), paint(photo, pair, {"masks": f"{white},{white}"})
    assert totals(everywhere) == pytest.approx(totals(plain), rel=1e-4)

    weights = {"content_weight": 0.0, "shares": "1,0", "masks": ",".join(map(str, halves))}
    moved = (paint(photo, pair, weights).picture - photo).abs()
    assert moved[..., :12].max() > 0.01
    assert moved[..., 26:].max() < 1e-6


def test_the_photograph_s_colours_can_be_kept(paint: Optimize, photo: Tensor, painting: Tensor) -> None:
    photo = 0.35 + 0.3 * photo
    seen: list[Progress] = []
    picture = paint(photo, [painting], {"color": "luminance"}, report=seen.append).picture
    step = picture - photo
    inside = ((picture > 0) & (picture < 1)).all(0)
    assert inside.any()
    assert (step.max(0).values - step.min(0).values)[inside].max() < 1e-5
    assert seen[-1].picture().tobytes() == from_tensor(picture).tobytes()

    matched = match_statistics(painting[None], photo[None])[0]
    before = paint(photo, [painting], {"color": "statistics"})
    assert totals(before) == pytest.approx(totals(paint(photo, [matched])), rel=1e-5)


def test_noise_is_decided_by_the_seed(paint: Optimize, photo: Tensor, painting: Tensor) -> None:
    first, again, other = (
        paint(photo, [painting], {"start": "noise", "seed": seed, "iterations": 1}).picture for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_picture_can_be_the_start(paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path) -> None:
    start = to_tensor(from_tensor(smooth(24, 32)))
    starts: list[Progress] = []
    path = save(start, tmp_path / "start.png")
    paint(photo, [painting], {"start": str(path), "iterations": 1}, report=starts.append)
    torch.testing.assert_close(starts[0].iteration.picture, start)
    larger = save(smooth(40, 40), tmp_path / "other shape.png")
    assert paint(photo, [painting], {"start": str(larger), "iterations": 1}).picture.shape == (3, 24, 32)
    with pytest.raises(InputError, match=r"gone\.png"):
        paint(photo, [painting], {"start": str(tmp_path / "gone.png")})


def test_a_network_s_painting_can_be_refined(paint: Optimize, photo: Tensor, painting: Tensor) -> None:
    seen: list[Progress] = []
    result = paint(photo, [painting], {"refine": "starry-night"}, report=seen.append)
    painted = painterly.load("starry-night", device="cpu", backend="torch", precision="float32")(photo)
    torch.testing.assert_close(seen[0].iteration.picture[0], painted, atol=1e-5, rtol=0)
    assert totals(result)[-1] < totals(result)[0]


@pytest.mark.parametrize("method", ["lbfgs", "adam"])
@pytest.mark.parametrize("tile", ["16", "32"])
def test_tiles_change_nothing(paint: Optimize, photo: Tensor, painting: Tensor, method: str, tile: str) -> None:
    changes = {"size": 56, "method": method, "iterations": 3, "precision": "32-true"}
    whole, tiled = (paint(photo, [painting], {**changes, "tile": side}) for side in ("off", tile))
    for ours, theirs in zip(tiled.curve, whole.curve, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)
    assert (tiled.picture - whole.picture).abs().mean() < 1e-3


def test_tiles_change_nothing_where_masks_and_shares_divide_the_picture(
    paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path
) -> None:
    left = torch.zeros(3, 30, 50)
    left[..., :20] = 1
    masks = f"{save(left, tmp_path / 'left.png')},{save(1 - left, tmp_path / 'right.png')}"
    changes = {"size": 56, "masks": masks, "shares": "1,2", "formula": "gatys", "precision": "32-true"}
    pair = [painting, 0.3 * torch.rand(3, 20, 32)]
    whole, tiled = (paint(photo, pair, {**changes, "tile": side}) for side in ("off", "16"))
    for ours, theirs in zip(tiled.curve, whole.curve, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)


class TestGoingOn:
    """A run that was stopped goes on as if it had not been."""

    CHANGES = {"size": 92, "scales": 2, "iterations": 3, "precision": "32-true", "start": "noise"}

    @pytest.mark.parametrize("method", ["lbfgs", "adam"])
    def test_a_run_in_parts_equals_one_in_one_part(
        self, paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path, method: str
    ) -> None:
        changes, seen = {**self.CHANGES, "method": method}, list[Progress]()
        whole = paint(photo, [painting], changes)
        for place in ((0, 2), (1, 1)):
            state = tmp_path / f"{place}.state"

            def stop(place: tuple[int, int] = place) -> bool:
                return (seen[-1].scale, seen[-1].iteration.number) == place

            options: dict[str, Any] = {"report": seen.append, "state": state}
            part = paint(photo, [painting], changes, stop=stop, **options)
            assert losses(part) == losses(whole)[: len(part.curve)]
            assert max(part.picture.shape) == (65, 92)[place[0]]
            assert torch.equal(part.picture, seen[-1].iteration.picture[0])
            rest = paint(photo, [painting], changes, resume=True, **options)
            assert torch.equal(rest.picture, whole.picture)
            assert losses(rest) == losses(whole)

    def test_a_run_that_was_killed_goes_on_from_its_last_state(
        self, paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path
    ) -> None:
        def die(progress: Progress) -> None:
            if (progress.scale, progress.iteration.number) == (1, 3):
                raise KeyboardInterrupt

        options: dict[str, Any] = {"state": tmp_path / "state", "save_every": 2}
        with pytest.raises(KeyboardInterrupt):
            paint(photo, [painting], self.CHANGES, report=die, **options)
        rest = paint(photo, [painting], self.CHANGES, resume=True, **options)
        whole = paint(photo, [painting], self.CHANGES)
        assert torch.equal(rest.picture, whole.picture)
        assert losses(rest) == losses(whole)

    @pytest.mark.parametrize("method", ["lbfgs", "adam"])
    def test_a_run_may_go_on_for_longer_than_was_asked_for(
        self, paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path, method: str
    ) -> None:
        changes, state = {**self.CHANGES, "scales": 1, "method": method}, tmp_path / "state"
        whole = paint(photo, [painting], {**changes, "iterations": 5})
        ended = paint(photo, [painting], {**changes, "iterations": 2}, state=state, save_every=1)
        assert losses(ended) == losses(whole)[:3]
        for iterations in (2, 3, 5):
            further = {**changes, "iterations": iterations}
            rest = paint(photo, [painting], further, state=state, save_every=1, resume=True)
            assert losses(rest) == losses(whole)[: iterations + 1]
        assert torch.equal(rest.picture, whole.picture)
        fewer = paint(photo, [painting], {**changes, "iterations": 1}, state=state, resume=True)
        assert torch.equal(fewer.picture, whole.picture)

    def test_a_longer_run_goes_on_at_the_size_where_it_was_stopped(
        self, paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path
    ) -> None:
        seen, state = list[Progress](), tmp_path / "state"

        def stop() -> bool:
            return (seen[-1].scale, seen[-1].iteration.number) == (1, 1)

        few = {**self.CHANGES, "iterations": 2}
        paint(photo, [painting], few, state=state, report=seen.append, stop=stop)
        rest = paint(photo, [painting], {**self.CHANGES, "iterations": 4}, state=state, resume=True)
        assert [(row["size"], row["iteration"]) for row in rest.curve] == [
            *((65, 0), (65, 1), (65, 2)),
            *((92, 0), (92, 1), (92, 2), (92, 3), (92, 4)),
        ]

    def test_tiles_may_change_on_the_way(
        self, paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path
    ) -> None:
        changes, state = {**self.CHANGES, "size": 56, "scales": 1}, tmp_path / "state"
        whole = paint(photo, [painting], {**changes, "tile": "off"})
        paint(photo, [painting], {**changes, "tile": "16", "iterations": 2}, state=state, save_every=1)
        rest = paint(photo, [painting], {**changes, "tile": "32"}, state=state, resume=True)
        assert totals(rest) == pytest.approx(totals(whole), rel=1e-3)

    @pytest.mark.parametrize("option", ["masks", "start", "refine"])
    def test_a_state_made_with_other_contents_of_a_file_is_refused(
        self, paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path, option: str
    ) -> None:
        def write(value: float) -> Path:
            if option != "refine":
                return save(torch.full((3, 24, 32), value), tmp_path / "file.png")
            shipped, file = find_model("starry-night"), tmp_path / "model.safetensors"
            with safe_open(shipped, "pt") as stored:
                metadata = stored.metadata()
            save_file({name: value * tensor for name, tensor in load_file(shipped).items()}, file, metadata)
            return file

        changes, state = {option: str(write(0.5))}, tmp_path / "state"
        before = paint(photo, [painting], changes, state=state, stop=lambda: True)
        again = paint(photo, [painting], changes, state=state, resume=True, stop=lambda: True)
        assert torch.equal(again.picture, before.picture)
        write(0.75)
        with pytest.raises(UsageError, match="another pictures"):
            paint(photo, [painting], changes, state=state, resume=True)

    def test_a_state_of_something_else_is_refused(
        self, paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path
    ) -> None:
        state = tmp_path / "state"
        paint(photo, [painting], state=state, stop=lambda: True)
        for changes, words in (({"formula": "paper"}, "another formula"), ({"seed": 1}, "another seed")):
            with pytest.raises(UsageError, match=words):
                paint(photo, [painting], changes, state=state, resume=True)
        for other, style in ((photo.flip(1), painting), (photo, painting.flip(1))):
            with pytest.raises(UsageError, match="another pictures"):
                paint(other, [style], state=state, resume=True)
        state.write_bytes(b"garbage")
        with pytest.raises(InputError, match="state is not a checkpoint"):
            paint(photo, [painting], state=state, resume=True)
        with pytest.raises(InputError, match="no checkpoint"):
            paint(photo, [painting], state=tmp_path / "gone", resume=True)


@pytest.mark.parametrize("shares", ["1", "1,2,3", "1,x", "1,-1", "0,0", "", "1,nan", "inf,1"])
def test_shares_that_cannot_be_meant(paint: Optimize, photo: Tensor, painting: Tensor, shares: str) -> None:
    with pytest.raises(UsageError, match="--shares"):
        paint(photo, [painting, painting], {"shares": shares})


def test_masks_that_cannot_be_meant(paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path) -> None:
    black, white = (save(torch.full((3, 8, 8), value), tmp_path / f"{value}.png") for value in (0.0, 1.0))
    with pytest.raises(UsageError, match="--masks"):
        paint(photo, [painting, painting], {"masks": str(white)})
    with pytest.raises(InputError, match=r"0\.0\.png is black"):
        paint(photo, [painting, painting], {"masks": f"{white},{black}"})
    with pytest.raises(InputError, match=r"gone\.png does not exist"):
        paint(photo, [painting], {"masks": str(tmp_path / "gone.png")})


def test_other_wrong_use(paint: Optimize, photo: Tensor, painting: Tensor, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="painting"):
        paint(photo, [])
    for changes, words in (
        ({"style_layers": "relu5_1"}, "relu5_1"),
        ({"content_layers": "relu9_9"}, "relu9_9"),
        ({"loss_network": "nope"}, "nope"),
        ({"refine": "upscale-x4"}, "upscale-x4"),
        ({"device": "abacus"}, "abacus"),
    ):
        with pytest.raises(UsageError, match=words):
            paint(photo, [painting], changes)
    with pytest.raises(InputError, match=r"gone\.jpg"):
        paint(photo, [tmp_path / "gone.jpg"])


def test_a_photograph_too_narrow_for_the_loss_network_is_refused(paint: Optimize, painting: Tensor) -> None:
    with pytest.raises(InputError, match="narrow"):
        paint(torch.rand(3, 2, 200), [painting])
