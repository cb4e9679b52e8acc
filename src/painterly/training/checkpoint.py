"""Checkpoints: everything that a run needs to go on as if it had never stopped."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from painterly.atomic import atomic_path
from painterly.errors import InputError, UsageError

__all__ = ["CHECKPOINT", "load_checkpoint", "save_checkpoint"]

CHECKPOINT = "checkpoint.pt"
"""Name of the checkpoint in a run's folder."""

FREE = frozenset(
    {
        *(
            "resume",
            "overwrite",
            "output",
            "steps",
            "epochs",
            "checkpoint_every",
            "sample_every",
            "measure_every",
            "workers",
            "device",
            "devices",
            "nodes",
        ),
        *("compile", "title", "style_title", "painter", "licence", "half", "init", "photos", "style"),
    }
)
"""Settings that may differ between a run and its resumption. Photographs and painting are compared by their content."""


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint, whole or not at all: a kill at any moment leaves the old one or the new one.

    Args:
        path: The file.
        state: Tensors, numbers, strings, lists and dicts; nothing else survives `weights_only` loading.

    Raises:
        OutputError: It cannot be written.
    """
    content = io.BytesIO()
    torch.save(state, content)  # straight to a full disk, it would raise an error of its own that says nothing
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def load_checkpoint(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Read a checkpoint and make sure that it belongs to this run.

    Args:
        path: The file.
        settings: The run's settings, compared with those of the checkpoint.

    Raises:
        InputError: There is none, or it is damaged.
        UsageError: It was made with other settings.
    """
    if not path.is_file():
        raise InputError(f"there is no checkpoint to resume from at {path}; leave out --resume to start afresh")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        before = state["settings"]
    except Exception as error:  # a damaged file makes the reader raise nearly anything
        raise InputError(f"{path} is not a checkpoint, or a damaged one") from error
    for name in sorted(settings):
        if name not in FREE and before.get(name) != settings[name]:
            option = name.replace("_", "-")
            raise UsageError(
                f"{path} was made with another {option} ({before.get(name)!r}, now {settings[name]!r}); "
                "give the same, or start afresh with --overwrite"
            )
    return state
