"""The stages of a network's training, from its card or from the folder of a run. Imports nothing heavy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from painterly.models.card import ModelCard

__all__ = ["Stage", "short_card", "stages_of"]

_NOT_TERMS = ("step", "total", "gradient", "entries", "rate", "spread")


@dataclass(frozen=True)
class Stage:
    """One run of training, of those that made a network.

    Attributes:
        name: Of the network, or of what this stage is part of.
        training: Its settings.
        result: What came of it: `steps`, `seconds`, `last`, `curve`, `usage`, and measures on unseen photographs.
        software: Versions and device.
    """

    name: str
    training: Mapping[str, Any]
    result: Mapping[str, Any] = field(default_factory=dict)
    software: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int | None:
        """Steps done, those of a start from the identity included."""
        steps = _number(self.result.get("steps"))
        return None if steps is None else int(steps)

    @property
    def pictures(self) -> int | None:
        """Photographs seen: steps times those in a batch."""
        batch = _number(self.training.get("batch_size"))
        return None if self.steps is None or batch is None else int(self.steps * batch)

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return _number(self.result.get("seconds"))

    @property
    def hardware(self) -> str | None:
        """What it ran on."""
        device, threads = self.software.get("device"), _number(self.software.get("threads"))
        name = self.software.get("processor") or device
        if not name:
            return None
        few = threads is not None and str(device).startswith("cpu")
        return f"{name}, {threads:.0f} thread{'' if threads == 1 else 's'}" if few else str(name)

    @property
    def joules(self) -> float | None:
        """Energy beyond that of an idle machine; of a resumed run, since then."""
        return _number(_mapping(self.result.get("usage")).get("joules"))

    @property
    def curve(self) -> dict[str, list[float]]:
        """Columns as `painterly.training.curve.thin_curve` makes them; none where the card holds none that is whole."""
        columns = {
            name: [float(value) for value in column]
            for name, column in _mapping(self.result.get("curve")).items()
            if isinstance(column, list) and all(_number(value) is not None for value in column)
        }
        whole = {"step", "entries", "rate", "total", "spread"} <= columns.keys()
        return columns if whole and len({len(column) for column in columns.values()}) == 1 else {}

    @property
    def terms(self) -> tuple[str, ...]:
        """What the objective was the sum of."""
        return tuple(name for name in self.curve or _mapping(self.result.get("last")) if name not in _NOT_TERMS)

    @property
    def last(self) -> float | None:
        """The objective of the last batch that was logged."""
        return _number(_mapping(self.result.get("last")).get("total"))

    @property
    def unseen(self) -> str | None:
        """What it was worth on photographs that it was not trained on, in words."""
        found = _mapping(self.result.get("unseen"))
        styles = [_mapping(one) for one in _mapping(self.result.get("styles")).values()]
        totals = [_number(_mapping(one.get("unseen")).get("total")) for one in styles] or [_number(found.get("total"))]
        known = [value for value in totals if value is not None]
        if known:
            return f"{sum(known) / len(known):.4g}"
        psnr = _number(found.get("psnr"))
        return None if psnr is None else f"{psnr:.2f} dB"

    def line(self) -> str:
        """Steps, size, rate and objective in words.

        Example:
            >>> Stage("a", {"batch_size": 4, "size": 256, "learning_rate": 1e-3}, {"steps": 800, "seconds": 90}).line()
            '800 steps of 4 at 256 px, learning rate 0.001, 1.5 minutes'
        """
        batch, size, rate = (_number(self.training.get(name)) for name in ("batch_size", "size", "learning_rate"))
        steps = "steps not known" if self.steps is None else f"{self.steps} steps"
        parts = [steps + (f" of {batch:.0f}" if batch else "") + (f" at {size:.0f} px" if size else "")]
        if rate is not None:
            parts.append(f"learning rate {rate:g}")
        if self.seconds is not None:
            minutes = self.seconds / 60
            parts.append(f"{minutes:.1f} minutes" if minutes < 100 else f"{minutes / 60:.1f} hours")
        if self.terms and self.last is not None:
            parts.append(f"{' + '.join(self.terms)} {self.last:.4g} in the end")
        if self.unseen is not None:
            parts.append(f"{self.unseen} on unseen photographs")
        return ", ".join(parts)


def stages_of(card: ModelCard, name: str = "") -> list[Stage]:
    """The runs that made a network, the first one first; of a blend, those of all networks that are in it.

    Args:
        card: Of the network.
        name: What to call it; by default its title.
    """
    return _chain(name or card.title, card.training, card.result, card.software)


def short_card(card: ModelCard) -> dict[str, Any]:
    """The card for people: earlier stages as a line each, and no curve."""
    values = card.to_dict()
    training = {name: value for name, value in card.training.items() if name not in ("started_from", "blend")}
    stages = stages_of(card)
    blend = card.training.get("blend")
    if isinstance(blend, Mapping):
        training["blend"] = {**blend, "of": {str(n): stage.line() for n, stage in enumerate(stages, 1)}}
    elif len(stages) > 1:
        training["started_from"] = {str(n): stage.line() for n, stage in enumerate(stages[:-1], 1)}
    result = {name: value for name, value in card.result.items() if name != "curve"}
    if stages and stages[-1].curve and "result" in values:
        points = len(stages[-1].curve["step"])
        result["curve"] = f"{points} points; painterly evaluate convergence prints its slope, and draws it"
    for name, shown in (("training", training), ("result", result)):
        if name in values:
            values[name] = shown
    return values


def _chain(
    name: str, training: Mapping[str, Any], result: Mapping[str, Any], software: Mapping[str, Any]
) -> list[Stage]:
    stages: list[Stage] = []
    while training or result:
        before, parts = _mapping(training.get("started_from")), _parts(training)
        if not parts:
            own = {key: value for key, value in training.items() if key != "started_from"}
            stages.append(Stage(name, own, result, software))
        else:
            found: list[Stage] = []
            for part in parts:
                chain = _chain(
                    name, _mapping(part.get("training")), _mapping(part.get("result")), _software(part, software)
                )
                # one of them may have begun with the other
                found += [stage for stage in chain if all(stage.result != earlier.result for earlier in found)]
            stages += found[::-1]
            if any("started_from" in _mapping(part.get("training")) for part in parts):
                break
        training, result = _mapping(before.get("training")), _mapping(before.get("result"))
        software = _mapping(before.get("software"))
    return stages[::-1]


def _parts(training: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a blend was mixed from."""
    parts = _mapping(training.get("blend")).get("of")
    return [_mapping(part) for part in parts] if isinstance(parts, list) else []


def _software(part: Mapping[str, Any], otherwise: Mapping[str, Any]) -> Mapping[str, Any]:
    return _mapping(part.get("software")) or otherwise


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value
