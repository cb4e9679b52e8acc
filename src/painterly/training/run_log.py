"""What a run leaves behind: a curve, TensorBoard scalars, sample pictures and the checkpoint, in one folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from PIL import Image

from painterly.atomic import atomic_path
from painterly.errors import OutputError

__all__ = ["RunLog"]


class RunLog:
    """The folder of a run, `<output>.run`.

    Args:
        folder: Where it is.
        keep: Whether what is there is continued (a resumed run) or removed.
    """

    def __init__(self, folder: Path, *, keep: bool) -> None:
        self.folder = folder
        self.checkpoint = folder / "checkpoint.pt"
        if folder.exists() and not keep:
            shutil.rmtree(folder)
        try:
            (folder / "samples").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the run's folder {folder} ({error.strerror})") from error
        self._curve: list[dict[str, Any]] = []
        self._writer: Any = None

    def start(self, step: int) -> None:
        """Open the logs at `step`; entries of a killed run beyond it are dropped, they will come again."""
        from torch.utils.tensorboard import SummaryWriter

        path = self.folder / "curve.jsonl"
        if path.is_file():
            entries = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
            self._curve = [entry for entry in entries if entry["step"] <= step]
        path.write_text("".join(json.dumps(entry) + "\n" for entry in self._curve))
        self._writer = SummaryWriter(str(self.folder), purge_step=step or None)

    def scalars(self, step: int, values: dict[str, float]) -> None:
        """Record values of one step."""
        entry = {"step": step, **{name: float(f"{value:.6g}") for name, value in values.items()}}
        self._curve.append(entry)
        with (self.folder / "curve.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def sample(self, step: int, picture: Image.Image) -> None:
        """Keep a sample picture."""
        with atomic_path(self.folder / "samples" / f"step-{step:06d}.jpg") as temporary:
            picture.save(temporary, quality=92)

    def last(self) -> dict[str, Any]:
        """The newest entry of the curve."""
        return self._curve[-1] if self._curve else {}

    def close(self) -> None:
        """Flush everything to disk."""
        if self._writer is not None:
            self._writer.close()
