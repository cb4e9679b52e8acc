"""A process that learns a style or paints a clip: `python -m painterly.server.job`, started by `Jobs`."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from painterly.errors import Interrupted, PainterlyError
from painterly.progress import be_quiet
from painterly.server.refusal import RefusedError
from painterly.server.speech import Speech

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

    from painterly.video.reading import Clip, Frame

__all__ = ["main"]

log = logging.getLogger(__name__)

_NICE: Final = 5
"""How much less than pictures jobs get of the processor."""

_STEP_SECONDS: Final = 0.2
_PICTURE_SECONDS: Final = 1.5
_SIDE: Final = 480
"""Of intermediate pictures, in pixels at most."""


class Report:
    """Tells how far a job is, not too often, with pictures now and then.

    Args:
        say: Where to.
        folder: Where pictures go.
    """

    def __init__(self, say: Callable[..., None], folder: Path) -> None:
        self.say, self._folder = say, folder
        self._said, self._painted = 0.0, 0.0

    def step(self, step: int, steps: int | None) -> None:
        """Say how many steps are done."""
        now = time.monotonic()
        if now - self._said >= _STEP_SECONDS or step == steps:
            self._said = now
            self.say(step=step, steps=steps)

    def picture(self, step: int, make: Callable[[], Image.Image]) -> None:
        """Show how it looks, if it is time for that."""
        began = time.monotonic()
        if began - self._painted < _PICTURE_SECONDS:
            return
        picture = make()
        picture.thumbnail((_SIDE, _SIDE))
        part = self._folder / "preview.part.jpg"
        picture.convert("RGB").save(part, quality=88)
        part.replace(self._folder / "preview.jpg")
        self.say(preview=step)
        took = time.monotonic() - began
        self._painted = began + 20 * took  # a twentieth of the time at most


def learn(setup: dict[str, Any], folder: Path, report: Report) -> dict[str, Any]:
    """Learn a style, as `painterly learn` does."""
    from painterly.images.reading import read_picture, resize_longest
    from painterly.images.tensors import from_tensor, to_tensor
    from painterly.training.learn import learn_style
    from painterly.training.learn_settings import PHOTOGRAPHS, LearnSettings

    config = LearnSettings(**setup["settings"])
    steps = config.steps + (config.deep_steps if config.deep else 0)
    photograph = to_tensor(resize_longest(read_picture(PHOTOGRAPHS / "cat.jpg"), 320))
    report.say(step=0, steps=steps, message="finding the style to begin with")

    def watch(step: int, paint: Callable[[Tensor], Tensor]) -> None:
        if step == 0:
            report.say(message="")
        report.step(step, steps)
        report.picture(step, lambda: from_tensor(paint(photograph)))

    path, card = learn_style(Path(setup["source"]), config, watch=watch)
    report.step(steps, steps)
    return {"result": str(path), "style": card.style["name"]}


def video(setup: dict[str, Any], folder: Path, report: Report) -> dict[str, Any]:
    """Paint a clip, as `painterly video` does, into a file that browsers play."""
    import numpy as np
    from PIL import Image

    from painterly.video.reading import open_clip
    from painterly.video.video import paint_video

    clip, most = open_clip(setup["source"]).clip, setup["clip_seconds"]
    too_long = RefusedError(413, f"the clip is longer than {most:g} s, the most that is taken here")
    if clip.duration is not None and clip.duration > most + 0.5:
        raise too_long
    if clip.width * clip.height > setup["pixels"]:
        raise RefusedError(413, f"frames of {clip.width}x{clip.height} pixels are larger than what is taken here")
    report.say(step=0, steps=clip.frames or 0)
    size = setup["settings"].get("size") or max(clip.width, clip.height)
    odd = size == max(clip.width, clip.height) and (clip.width % 2 or clip.height % 2)
    target = folder / f"result{'.webm' if odd or clip.bits > 8 else '.mp4'}"  # as H.264 browsers play neither
    latest: Frame | None = None

    def shown(frame: Frame) -> None:
        nonlocal latest
        latest = frame
        if float(frame.time * clip.time_base) > most + 0.5:  # whatever its header says
            raise too_long

    def progress(clip: Clip, frames: int) -> None:
        report.step(frames, max(frames, clip.frames or 0))
        report.picture(frames, picture)

    def picture() -> Image.Image:
        assert latest is not None
        pixels = latest.pixels if latest.pixels.dtype == np.uint8 else (latest.pixels >> 8).astype(np.uint8)
        return Image.fromarray(pixels)

    made = paint_video(setup["source"], target, **setup["settings"], progress=progress, shown=shown)
    report.say(step=made.frames, steps=made.frames, message="; ".join(made.notes))
    return {"result": str(target)}


def main() -> None:
    """Do the one job that is asked for."""
    speech = Speech()
    setup = next(iter(speech))
    logging.basicConfig(format="painterly: %(message)s", level=logging.ERROR, stream=sys.stderr)
    be_quiet()
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICE)
    folder = Path(setup["folder"])
    work = {"learn": learn, "video": video}[setup["kind"]]
    try:
        speech.say(done=work(setup, folder, Report(speech.say, folder)))
    except Interrupted:
        return
    except PainterlyError as error:
        speech.say(error=str(error).replace(f"{folder}{os.sep}", ""))
    except (MemoryError, RuntimeError) as error:
        from painterly.memory import out_of_memory

        if not out_of_memory(error):
            log.exception("an error that should not have been")
        why = "memory ran out; try it smaller" if out_of_memory(error) else "something went wrong that should not have"
        speech.say(error=why)
    except Exception:
        log.exception("an error that should not have been")
        speech.say(error="something went wrong that should not have; the server's log says more")


if __name__ == "__main__":
    main()
