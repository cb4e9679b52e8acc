"""What a model file says about itself. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Final

from painterly.errors import InputError

__all__ = ["CANVAS_MOST", "FORMAT", "ModelCard"]

FORMAT = 1
"""Version of the metadata's layout; it grows only when old readers would misunderstand."""

CANVAS_MOST: Final = 32.0
"""The most uneven canvas, in grey levels of 255; from about 8 on it is seen in itself."""


@dataclass(frozen=True)
class ModelCard:
    """The metadata of a model file: enough to build the network again and to know where it comes from.

    Attributes:
        task: "style" or "super-resolution".
        network: The network's description.
        title: Name for people.
        style: The painting: name, title, painter, licence, file, SHA-256.
        styles: The paintings of a network of several styles, each likewise, in their order.
        training: The training settings, all of them.
        loss_network: What the loss network was put together from, and its layers.
        data: The photographs: how many, from where, how many were unreadable.
        result: Steps, seconds, the last values of the loss, the objective on unseen photographs.
        software: Versions, device and precision.
        notes: Anything else.
    """

    task: str
    network: dict[str, Any]
    title: str = ""
    style: dict[str, Any] = field(default_factory=dict)
    styles: list[dict[str, Any]] = field(default_factory=list)
    training: dict[str, Any] = field(default_factory=dict)
    loss_network: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    software: dict[str, Any] = field(default_factory=dict)
    notes: str = ""

    @property
    def canvas(self) -> float:
        """How uneven a canvas it was trained on, in grey levels of 255, and paints on unless told otherwise."""
        value = self.training.get("canvas", 0.0)
        return float(value) if isinstance(value, (int, float)) and 0 <= value <= CANVAS_MOST else 0.0

    def to_dict(self) -> dict[str, Any]:
        """The card as plain JSON values, without what is empty."""
        values = {key: value for key, value in dataclasses.asdict(self).items() if value not in ("", {}, [])}
        return {"format": FORMAT, **values}

    def to_json(self) -> str:
        """The card as it stands in a file."""
        return json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, origin: str) -> ModelCard:
        """Read a card.

        Args:
            text: What `to_json` made.
            origin: The file, for messages.

        Raises:
            InputError: It is not a card, or a newer one.
        """
        try:
            values = json.loads(text)
            version = values.pop("format")
            known = {f.name: f for f in dataclasses.fields(cls)}
            card = cls(**{key: value for key, value in values.items() if key in known})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(f"{origin} has a damaged model card") from error
        if version != FORMAT:
            raise InputError(f"{origin} was written by another painterly (format {version!r}); update painterly")
        for name, f in known.items():
            wanted = {"str": str, "list": list}.get(str(f.type).split("[")[0], dict)
            value = getattr(card, name)
            fits = isinstance(value, wanted)
            if wanted is list:
                fits = fits and all(isinstance(entry, dict) for entry in value)
            if not fits:
                raise InputError(f"{origin} has a damaged model card ({name})")
        return card
