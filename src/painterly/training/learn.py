"""A new style for a network that knows many: its scales and shifts alone are fitted (Dumoulin et al. 2017, 3.3)."""

from __future__ import annotations

import copy
import dataclasses
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from painterly.atomic import atomic_path, check_writable
from painterly.data.photos import find_photos
from painterly.errors import InputError, Interrupted, OutputError, TrainingError, UsageError
from painterly.folders import styles_folder
from painterly.models.card import ModelCard
from painterly.models.catalogue import find_model, shipped_models
from painterly.models.file import load_network, save_tensors
from painterly.models.gallery import Gallery
from painterly.models.look import plain_name
from painterly.models.style_book import STYLE_TASK
from painterly.networks.mixing import mix_parameters, norm_layers, style_parameters, with_parameters
from painterly.networks.style import StyleNetwork
from painterly.training.evaluation import held_out_crops, mean_objective
from painterly.training.learn_settings import PHOTOGRAPHS, LearnSettings
from painterly.training.loop import fit
from painterly.training.style import StyleTask
from painterly.training.style_settings import StyleTraining, check_style_name, style_name
from painterly.training.task import Task

__all__ = ["LearnTask", "Watch", "learn_style"]

log = logging.getLogger(__name__)

Watch = Callable[[int, Callable[[Tensor], Tensor]], object]
"""Told before every step how many were done, and given what paints as far as the style is learnt: from RGB in [0, 1],
shape (B, 3, H, W), to the same, on the network's device."""


def learn_style(
    painting: Path, config: LearnSettings | None = None, *, watch: Watch | None = None
) -> tuple[Path, ModelCard]:
    """Add a painting to a gallery.

    Args:
        painting: Its file.
        config: How.
        watch: Told how far it is; see `Watch`. What it draws of random numbers changes the style.

    Returns:
        The file that was written, and its card. `painterly stylize --style NAME` finds it from then on.

    Raises:
        PainterlyError: Something cannot be read or written, or the name is taken.
        Interrupted: Somebody pressed Ctrl-C; nothing is written.
    """
    config = config or LearnSettings()
    base, card = load_network(find_model(config.base))
    if not isinstance(base, StyleNetwork) or base.description.styles == 1:
        raise UsageError(f"{config.base} is not a network of several styles; leave out --base")
    gallery = Gallery(base, card)
    name = plain_name(config.name) if config.name is not None else style_name(painting)
    check_style_name(name, "name it otherwise with --name")
    if name in gallery.book.own or name in shipped_models():
        raise UsageError(f"'{name}' is the name of a style or a network already; name this one otherwise with --name")
    target = config.output or styles_folder() / f"{name}.safetensors"
    check_writable(target, overwrite=config.overwrite)
    if config.measure_every and _run(target).exists() and not config.overwrite:
        raise OutputError(f"{_run(target)} holds an earlier run; add --overwrite to replace it")

    plan = _training(painting, config, card, target)
    task = LearnTask(plan, gallery, config.start)
    task.name, task.watch = name, watch
    result = _fit(plan, task, keep=not config.deep)
    if config.deep:
        start = style_parameters(task.network)
        deep = dataclasses.replace(plan, steps=config.deep_steps, learning_rate=1e-3, decay=0.3, overwrite=True)
        task = LearnTask(deep, gallery, config.start, start, deep=True)
        task.name = name
        if watch is not None:
            task.watch = lambda step, paint: watch(config.steps + step, paint)
        result = _fit(deep, task, keep=True)
    return target, result


class LearnTask(StyleTask):
    """The parameters of one style, or with `deep` all weights of its network.

    Args:
        config: Resolved settings, of one painting.
        gallery: The network that learns.
        start: The style to begin with: a name, "mean", or "auto" for the one whose paintings come nearest.
        parameters: Begin with these instead.
        deep: Whether all weights are trained.
    """

    name = ""
    watch: Watch | None = None

    def __init__(
        self,
        config: StyleTraining,
        gallery: Gallery,
        start: str = "auto",
        parameters: dict[str, Tensor] | None = None,
        *,
        deep: bool = False,
    ) -> None:
        super().__init__(config)
        self.gallery, self.deep = gallery, deep
        self.network = gallery.network  # for `_first`, which measures what it paints
        if parameters is None:
            self.start, parameters = self._first(start)
        else:
            self.start = "the style's own numbers"
        self.network = copy.deepcopy(with_parameters(gallery.network, parameters, 0.0))
        if not deep:
            self.network.requires_grad_(False)
            for _, norm in norm_layers(self.network):
                norm.requires_grad_(True)
        self.settings = {**self.settings, "base": gallery.digest, "start": self.start, "deep": deep}

    def parameters(self) -> Iterable[dict[str, Any]]:
        return [{"params": [parameter for parameter in self.network.parameters() if parameter.requires_grad]}]

    def terms(self, model: nn.Module, photographs: Tensor, step: int, samples: Sequence[int]) -> dict[str, Tensor]:
        if self.watch is not None:
            self.watch(step, self.paint)
        return super().terms(model, photographs, step, samples)

    def given(self, step: int, samples: Sequence[int]) -> dict[str, Tensor] | None:
        """As of `StyleTask`; while somebody watches, steps are done one by one."""
        return None if self.watch is not None else super().given(step, samples)

    @torch.no_grad()
    def paint(self, photographs: Tensor) -> Tensor:
        """Paint as far as the style is learnt: RGB in [0, 1], shape (B, 3, H, W), to the same."""
        device = next(self.network.parameters()).device
        return self._paint(0, photographs.to(device)).clamp(0, 1)

    def about(self) -> dict[str, Any]:
        about = super().about()
        about["style"]["name"] = self.name
        about["training"].update(base=self.gallery.card.title, start=self.start, deep=self.deep)
        return about

    def save(self, path: Path, card: ModelCard, dtype: torch.dtype) -> ModelCard:
        """The style's parameters alone, unless all weights were trained."""
        if self.deep:
            return super().save(path, card, dtype)
        card = dataclasses.replace(card, task=STYLE_TASK, network={"shared": self.gallery.digest})
        save_tensors(path, style_parameters(self.network), card)  # small enough for full precision
        return card

    def _first(self, start: str) -> tuple[str, dict[str, Tensor]]:
        """What to begin with: its name and its parameters."""
        gallery = self.gallery
        own = {name: gallery.parameters(name) for name in gallery.book.own}
        if start == "mean":
            return start, mix_parameters([(1 / len(own), parameters) for parameters in own.values()])
        if start != "auto":
            return start, gallery.parameters(start)
        photos = find_photos(self.config.photos)
        crops = held_out_crops(photos, range(min(16, len(photos))), 128)[:4]
        if not len(crops):
            raise InputError(f"none of the first photographs in {self.config.photos} can be read")
        found = {}
        for name, parameters in own.items():
            network = with_parameters(gallery.network, parameters, 0.0).eval()
            found[name] = mean_objective(self.objective.first, crops, network)["total"]
        nearest = min(found, key=found.__getitem__)
        log.info("beginning with %s", nearest)
        return nearest, own[nearest]


def _training(painting: Path, config: LearnSettings, card: ModelCard, target: Path) -> StyleTraining:
    """The run's settings: what the gallery was taught with, where nothing else is asked for."""
    taught = card.training
    weight = config.style_weight
    if weight is None:
        weights = taught.get("weights", {})
        given = [one.get("style") for one in (weights if isinstance(weights, list) else [weights])]
        known = [float(value) for value in given if isinstance(value, (int, float))]
        weight = sorted(known)[len(known) // 2] if known else None
    return StyleTraining(
        style=[painting],
        photos=config.photos or PHOTOGRAPHS,
        output=target,
        preset=str(taught.get("preset", "modern")),
        steps=config.steps,
        identity_steps=0,
        batch_size=config.batch_size,
        size=config.size,
        learning_rate=config.learning_rate,
        decay=0.5,
        canvas=card.canvas,
        style_size=config.style_size or taught.get("style_size"),
        style_weight=None if weight is None else [weight],
        loss_network=config.loss_network,
        style_title=[config.title] if config.title else None,
        painter=[config.painter] if config.painter else None,
        licence=config.licence,
        seed=config.seed,
        device=config.device,
        precision=config.precision,
        overwrite=config.overwrite,
        sample_every=50,
        measure_every=config.measure_every,
    ).resolved()


def _fit(plan: StyleTraining, task: Task, *, keep: bool) -> ModelCard:
    """Train in a folder of its own: it takes minutes, so there is nothing to resume from, and no run to be mistaken."""
    with tempfile.TemporaryDirectory(prefix="painterly-learn-") as folder:
        inner = Path(folder) / plan.output.name
        try:
            card = fit(dataclasses.replace(plan, output=inner), lambda: task)
        except Interrupted as error:
            raise Interrupted("stopped before the style was learnt; nothing is written") from error
        except TrainingError as error:
            remedy = "lower --learning-rate or --batch-size, or learn with --precision 32-true"
            raise TrainingError(f"{str(error).split(';')[0].split(':')[0]}; {remedy}") from error
        if not keep:
            return card
        plan.output.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(plan.output) as temporary:
            shutil.copyfile(inner, temporary)
        if plan.measure_every:
            shutil.rmtree(_run(plan.output), ignore_errors=True)
            shutil.copytree(inner.with_suffix(".run"), _run(plan.output))
    return card


def _run(output: Path) -> Path:
    return output.with_suffix(".run")
