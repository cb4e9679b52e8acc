"""What a run leaves behind beside its checkpoint: a curve, TensorBoard scalars and sample pictures, in one folder."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from painterly.atomic import atomic_path
from painterly.errors import MissingExtraError, OutputError

__all__ = ["MEASURES", "RunLog", "read_measures"]

MEASURES = "measures.jsonl"
"""Name of the file, in a run's folder, with what was measured on the way."""


def read_measures(path: Path) -> list[dict[str, Any]]:
    """What was measured on the way, by rising steps; lines that are not whole are left out."""
    found = []
    for line in path.read_text(errors="replace").splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            found.append({**entry, "step": int(entry["step"])})
    return found


class RunLog:
    """The folder of a run, `<output>.run`.

    Args:
        folder: Where it is.
        keep: Whether what is there is continued (a resumed run) or removed.
        active: Whether this process is the one that writes; of several, only the first is.
    """

    def __init__(self, folder: Path, *, keep: bool, active: bool = True) -> None:
        self.folder = folder
        self.active = active
        self._curve: list[dict[str, Any]] = []
        self._writer: Any = None
        if not active:
            return
        if folder.exists() and not keep:
            shutil.rmtree(folder)
        with self._writing():
            (folder / "samples").mkdir(parents=True, exist_ok=True)

    def start(self, step: int) -> None:
        """Open the logs at `step`; entries of a killed run beyond it are dropped, they will come again."""
        if not self.active:
            return
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MissingExtraError("training", "train") from error

        path = self.folder / "curve.jsonl"
        with self._writing():
            if path.is_file():
                for line in path.read_text(errors="replace").splitlines():
                    with contextlib.suppress(ValueError, KeyError, TypeError):  # a crash may have cut the last line
                        entry = json.loads(line)
                        self._curve += [entry] if entry["step"] <= step else []
            path.write_text("".join(json.dumps(entry) + "\n" for entry in self._curve))
            self._writer = SummaryWriter(str(self.folder), purge_step=step or None)

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Record values of one step."""
        entry = {"step": step, **{name: float(f"{value:.6g}") for name, value in values.items()}}
        self._curve.append(entry)
        if not self.active:
            return
        with self._writing():
            with (self.folder / "curve.jsonl").open("a") as file:
                file.write(json.dumps(entry) + "\n")
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def measured(self, step: int, found: dict[str, Any]) -> None:
        """Record what a network was worth on unseen photographs; replaces an earlier entry of the same step."""
        if not self.active:
            return
        path = self.folder / MEASURES
        with self._writing():
            old = [entry for entry in read_measures(path) if entry["step"] < step] if path.is_file() else []
            with atomic_path(path) as temporary:
                temporary.write_text("".join(json.dumps(entry) + "\n" for entry in [*old, {"step": step, **found}]))

    def sample(self, step: int, picture: Image.Image) -> None:
        """Keep a sample picture."""
        if not self.active:
            return
        with atomic_path(self.folder / "samples" / f"step-{step:06d}.jpg") as temporary:
            picture.save(temporary, quality=92)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(f"cannot write into {self.folder} ({error.strerror or error})") from error

    def last(self) -> dict[str, Any]:
        """The newest entry of the curve."""
        return self._curve[-1] if self._curve else {}

    def close(self) -> None:
        """Flush everything to disk; called in the end and after errors, so it raises none of its own."""
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()
