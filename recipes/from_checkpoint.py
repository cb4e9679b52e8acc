"""Makes a model file of a run that was interrupted.

    python recipes/from_checkpoint.py RUN/checkpoint.pt MODEL

The network as far as it has learnt; the run itself goes on with --resume and does not look at this file.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import torch

from painterly.encoders.distilled import DistilledVGG
from painterly.errors import InputError, PainterlyError
from painterly.models.card import ModelCard
from painterly.models.file import save_network
from painterly.networks.build import build_network
from painterly.training.encoder_settings import EncoderTraining
from painterly.training.settings import RunSettings
from painterly.training.style_settings import StyleTraining, style_name
from painterly.training.super_resolution_settings import SRCNNTraining, SuperResolutionTraining

KINDS: tuple[type[RunSettings], ...] = (StyleTraining, SuperResolutionTraining, SRCNNTraining, EncoderTraining)


def settings_of(state: dict[str, Any]) -> Any:
    """The settings of a run from its checkpoint, of the kind whose fields fit them best."""
    given = state["settings"]

    def fit(kind: type[RunSettings]) -> int:
        names = {field.name for field in dataclasses.fields(kind)}
        return len(names & given.keys()) - len(names - given.keys())

    kind = max(KINDS, key=fit)
    names = {field.name for field in dataclasses.fields(kind)} & given.keys()
    values = {name: given[name] for name in names} | {"device": "auto", "devices": 1, "nodes": 1, "init": None}
    values |= {name: Path(values[name]) for name in ("photos", "output")}
    if "style" in values:
        values["style"] = [Path(name) for name in values["style"]]
    return kind(**values)


def write_model(checkpoint: Path, model: Path) -> int:
    """Write the model file; returns the number of steps that its network has learnt.

    Raises:
        InputError: It is not a checkpoint.
        OutputError: The file cannot be written.
    """
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        config = settings_of(state)
    except Exception as error:  # a damaged file makes the reader raise nearly anything
        raise InputError(f"{checkpoint} is not a checkpoint of a run") from error
    description = config.description()
    task = {StyleTraining: "style", EncoderTraining: "encoder"}.get(type(config), "super-resolution")
    network: Any = (
        DistilledVGG(until=description.until, width=description.width)
        if task == "encoder"
        else build_network(task, description.to_dict())
    )
    network.load_state_dict(state["network"])
    about: dict[str, Any] = {"title": config.title}
    if task == "style":
        titles = config.style_title or [path.stem.replace("_", " ").title() for path in config.style]
        painters = config.painter or [""] * len(titles)
        styles = [
            {"name": style_name(path), "title": title, "painter": painter, "licence": config.licence, "file": path.name}
            for path, title, painter in zip(config.style, titles, painters, strict=True)
        ]
        about |= {"style": styles[0]} if description.styles == 1 else {"styles": styles}
    result = {"steps": state["step"], "seconds": round(state["seconds"]), "interrupted": True}
    card = ModelCard(task, description.to_dict(), training=state["settings"], result=result, **about)
    save_network(model, network, card, dtype=torch.float16 if config.half else torch.float32)
    return int(state["step"])


if __name__ == "__main__":
    try:
        steps = write_model(Path(sys.argv[1]), Path(sys.argv[2]))
    except PainterlyError as error:
        sys.exit(f"from_checkpoint: {error}")
    sys.stdout.write(f"{sys.argv[2]}: {steps} steps\n")
