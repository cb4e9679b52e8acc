"""Gatys, Ecker and Bethge's method: a picture of a photograph in the style of paintings, without a trained network."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from painterly.encoders.loading import choose_loss_network, load_loss_network
from painterly.encoders.names import parse_layers
from painterly.errors import InputError, UsageError
from painterly.images.color import match_statistics, with_luminance
from painterly.images.reading import read_picture, resize_longest
from painterly.images.tensors import from_tensor, to_tensor
from painterly.losses.objective import StyleObjective
from painterly.memory import keep_freed_memory
from painterly.models.device import choose_device, fast_bfloat16
from painterly.models.kinds import Picture, resize_tensor, unpack
from painterly.models.painter import load
from painterly.optimisation.descent import Descent, Iteration
from painterly.optimisation.settings import OptimizationSettings
from painterly.optimisation.terms import picture_objective
from painterly.training.checkpoint import load_checkpoint, save_checkpoint

__all__ = ["Progress", "Result", "optimize"]


_NARROWEST = 16
"""Pixels that the short side must have at the smallest size: what four poolings leave something of."""


@dataclass(frozen=True)
class Progress:
    """What is reported after each iteration.

    Attributes:
        size: Longest side that is being worked at.
        scale: Which of the sizes it is, counted from 0.
        iteration: Where the descent stands.
        picture: Makes the picture so far, at the size worked at.
    """

    size: int
    scale: int
    iteration: Iteration
    picture: Callable[[], Image.Image]


@dataclass(frozen=True)
class Result:
    """What came out.

    Attributes:
        picture: In the kind of the photograph (an image for a path), with the photograph's transparency.
        curve: For every iteration, `size`, `iteration`, `evaluations`, and the objective's terms and `total`.
    """

    picture: Any
    curve: list[dict[str, Any]]


def optimize(
    content: Picture,
    styles: Sequence[Picture],
    settings: OptimizationSettings | None = None,
    *,
    report: Callable[[Progress], object] = lambda progress: None,
    state: Path | None = None,
    resume: bool = False,
    save_every: int = 25,
    stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Optimise a picture so that it shows a photograph in the style of paintings.

    Args:
        content: The photograph, in any kind that models take.
        styles: The paintings.
        settings: See `OptimizationSettings`.
        report: Called after every iteration.
        state: A file that keeps what is needed to go on after an interruption.
        resume: Whether to go on from that file.
        save_every: Iterations between writing it.
        stop: Asked after every iteration; when it says so, the picture so far is the result.

    Raises:
        InputError: A picture, the loss network or the state cannot be read.
        UsageError: Settings contradict each other, or the state belongs to others.
    """
    config = settings or OptimizationSettings()
    if not styles:
        raise UsageError("name at least one painting")
    keep_freed_memory()
    device = choose_device(config.device)
    photograph, restore = unpack(content)
    photograph = photograph.to(device)
    paintings = [unpack(style)[0].to(device) for style in styles]
    for what, one in (("photograph", photograph), *(("painting", one) for one in paintings)):
        height, width = one.shape[-2:]
        if min(height, width) * config.sizes()[0] < _NARROWEST * max(height, width):
            raise InputError(f"a {what} of {width}x{height} pixels is too narrow for --size {config.size}")
    shares = _shares(config, len(paintings))
    masks = _masks(config, len(paintings))
    loss_network = _loss_network(config).to(device)
    about = _about(config, [photograph, *paintings])
    saved = load_checkpoint(state, about) if resume and state is not None else None

    curve: list[dict[str, Any]] = list(saved["curve"]) if saved else []
    picture: Tensor | None = None
    shown = photograph
    for scale, size in enumerate(config.sizes()):
        if saved and scale < saved["scale"]:
            continue
        shown = resize_tensor(photograph, size)
        scaled = [resize_tensor(one, max(32, round(size * config.style_scale))) for one in paintings]
        if config.color == "statistics":
            scaled = [match_statistics(one, shown) for one in scaled]
        objective = StyleObjective(
            loss_network,
            scaled,
            config.weights(),
            content_layers=_layers(config.content_layers),
            style_layers=_layers(config.style_layers),
            shares=shares,
            masks=F.interpolate(masks, shown.shape[-2:], mode="area").to(device) if masks is not None else None,
        ).to(device)
        start = _start(config, shown) if picture is None else _resize_to(picture, shown)
        descent = Descent(
            picture_objective(objective, shown, tile=config.tile, mixes=_mixes(config, device)),
            start,
            method=config.method,  # type: ignore[arg-type]
            learning_rate=config.learning_rate,
        )
        if saved and scale == saved["scale"]:
            descent.load_state_dict(saved["descent"])
        stopped = False
        for iteration in descent.run(config.iterations):
            if not (saved and scale == saved["scale"] and iteration.number == saved["descent"]["number"]):
                row = {"size": size, "iteration": iteration.number, "evaluations": iteration.evaluations}
                curve.append({**row, **iteration.terms, "total": iteration.total})
            report(Progress(size, scale, iteration, partial(_show, config, iteration.picture, shown)))
            stopped = stop()
            if state is not None and (stopped or iteration.number % save_every == 0):
                save_checkpoint(
                    state, {"settings": about, "scale": scale, "descent": descent.state_dict(), "curve": curve}
                )
            if stopped:
                break
        picture = descent.picture.detach()
        if stopped:
            break
    assert picture is not None
    return Result(restore(_finish(config, picture, shown)), curve)


def _mixes(config: OptimizationSettings, device: torch.device) -> bool:
    """Whether the loss network runs in bfloat16."""
    if config.precision == "auto":
        # The line search of L-BFGS compares objectives that differ by less than bfloat16 can tell.
        return config.method == "adam" and fast_bfloat16(device)
    return config.precision == "bf16-mixed"


def _loss_network(config: OptimizationSettings) -> Any:
    pooling = config.pooling or ("average" if config.formula == "gatys" else "max")
    network = load_loss_network(
        config.loss_network,
        content_layers=_layers(config.content_layers),
        style_layers=_layers(config.style_layers),
        pooling=pooling,  # type: ignore[arg-type]
    )
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _layers(text: str | None) -> tuple[str, ...] | None:
    return parse_layers(text) if text else None


def _start(config: OptimizationSettings, photograph: Tensor) -> Tensor:
    if config.refine is not None:
        painter = load(config.refine, device=config.device, backend="torch", precision="float32")
        return painter.paint(photograph)
    if config.start == "content":
        return photograph
    if config.start == "noise":
        generator = torch.Generator().manual_seed(config.seed)
        noise = torch.randn(photograph.shape, generator=generator).to(photograph.device)
        return (0.5 + 0.1 * noise).clamp(0, 1)
    return _resize_to(to_tensor(read_picture(config.start)).to(photograph.device), photograph)


def _resize_to(picture: Tensor, like: Tensor) -> Tensor:
    if picture.shape == like.shape:
        return picture
    return F.interpolate(picture, like.shape[-2:], mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


def _show(config: OptimizationSettings, picture: Tensor, photograph: Tensor) -> Image.Image:
    return from_tensor(_finish(config, picture, photograph))


def _finish(config: OptimizationSettings, picture: Tensor, photograph: Tensor) -> Tensor:
    return with_luminance(photograph, picture) if config.color == "luminance" else picture


def _shares(config: OptimizationSettings, count: int) -> list[float] | None:
    if config.shares is None:
        return None
    try:
        shares = [float(part) for part in config.shares.split(",")]
    except ValueError:
        raise UsageError(f"--shares takes numbers separated by commas, not '{config.shares}'") from None
    if len(shares) != count or not all(0 <= share < math.inf for share in shares) or sum(shares) <= 0:
        raise UsageError(f"--shares {config.shares}: give a number from 0 up for each of the {count} paintings")
    return shares


def _masks(config: OptimizationSettings, count: int) -> Tensor | None:
    if config.masks is None:
        return None
    paths = config.masks.split(",")
    if len(paths) != count:
        raise UsageError(f"--masks {config.masks}: name a picture for each of the {count} paintings")
    masks = []
    for path in paths:
        mask = to_tensor(resize_longest(read_picture(path), config.size)).mean(1, keepdim=True)
        if float(mask.max()) == 0:
            raise InputError(f"{path} is black all over; a mask is white where its painting belongs")
        masks.append(mask)
    size = max((mask.shape[-2:] for mask in masks), key=lambda shape: shape[0] * shape[1])
    return torch.cat([F.interpolate(mask, size, mode="bilinear", align_corners=False) for mask in masks])


def _about(config: OptimizationSettings, pictures: Sequence[Tensor]) -> dict[str, Any]:
    """What a state must have been made with: settings that decide the picture, and the contents of files."""
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(json.dumps(list(picture.shape)).encode() + picture.cpu().numpy().tobytes())
    files = [config.loss_network, config.refine, *(config.masks or "").split(",")]
    files += [config.start] if config.start not in ("content", "noise") else []
    for path in (Path(name) for name in files if name):
        if path.is_file():
            digest.update(path.read_bytes())
    settings = dataclasses.asdict(config)
    if config.loss_network == "auto":  # which may be another one tomorrow
        settings["loss_network"] = choose_loss_network()
    for free in ("iterations", "tile", "device"):  # more iterations go on; where and in which parts changes nothing
        del settings[free]
    return {**settings, "pictures": digest.hexdigest()}
