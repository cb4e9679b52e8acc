"""What is done to every picture or clip, as plain values that travel to the workers, and what does it there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from painterly.cluster.storage import Place
from painterly.data.photos import PICTURE_SUFFIXES
from painterly.errors import UsageError

__all__ = ["CLIP_SUFFIXES", "Maker", "Recipe"]

CLIP_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".mts", ".m2ts"})
"""What counts as a clip when a folder is searched."""

Maker = Callable[[Path, Path, Path], tuple[int, int]]
"""Makes one file of another: source, target, and the folder that the target must not leave; gives width and height."""

_PLACE = ("device", "backend", "memory")
"""Options that decide where work is done, not what comes of it."""


@dataclass(frozen=True)
class Recipe:
    """What is done.

    Attributes:
        verb: "stylize", "upscale" or "video".
        options: Of `painterly.stylize`, `painterly.upscale`, `painterly.video.paint_video`; or of
            `painterly.video.enlarge_video` where `enlarge` is among them. Files that they name are read by the workers.
        format: File name ending of results; by default that of the source, where it can be written.
    """

    verb: Literal["stylize", "upscale", "video"]
    options: Mapping[str, Any] = field(default_factory=dict)
    format: str | None = None

    @property
    def suffixes(self) -> frozenset[str]:
        """File name endings of what it works on."""
        return CLIP_SUFFIXES if self.verb == "video" else PICTURE_SUFFIXES

    def ending(self, source: Path) -> str:
        """File name ending of what is made of a file, which is looked into where its name does not tell.

        Raises:
            UsageError: It cannot be written.
        """
        if self.verb == "video":
            from painterly.video.encoding import CONTAINERS, Encoding

            encoding = Encoding(self.options.get("codec"), self.options.get("crf"), self.options.get("preset"))
            own = source.suffix.lower()
            return own if own in CONTAINERS and _takes(encoding, source) else ".mp4"
        from painterly.batch.plan import check_ending, ending_for

        depth = int(self.options.get("depth", 8))
        return check_ending(self.format, depth) or ending_for(source, depth)

    def digest(self) -> str:
        """What tells this work from other work; files that are named count with their size and time."""
        options = {name: _marked(value) for name, value in self.options.items() if name not in _PLACE}
        content = json.dumps([self.verb, options, self.format], sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def maker(self) -> Maker:
        """Load the network.

        Raises:
            PainterlyError: It cannot be loaded, or the options cannot be meant.
        """
        return _clip_maker(self.options) if self.verb == "video" else _picture_maker(self.verb, self.options)


def _picture_maker(verb: str, options: Mapping[str, Any]) -> Maker:
    from painterly.batch.make import make
    from painterly.batch.plan import Job

    kept: dict[str, Any] = {}

    def keep(inputs: Any, output: Any, work: Any, **how: Any) -> list[Any]:
        kept.update(how, work=work)
        return []

    if verb == "stylize":
        from painterly.batch.stylize import stylize

        stylize([], None, **options, overwrite=True, run=keep)
    else:
        from painterly.batch.upscale import upscale

        upscale([], None, **options, overwrite=True, run=keep)

    def one(source: Path, target: Path, folder: Path) -> tuple[int, int]:
        return make(Job(source, target, folder=folder), kept["work"], kept["files"], kept["tiled"])

    return one


def _clip_maker(options: Mapping[str, Any]) -> Maker:
    from painterly.models.painter import load
    from painterly.models.upscaler import load_upscaler
    from painterly.video.video import enlarge_video, paint_video

    where = {name: options[name] for name in ("model", "device", "backend", "precision") if name in options}
    options = dict(options)
    scale = options.pop("enlarge", None)
    if scale is not None:
        load_upscaler(scale=scale, **where)  # what is wrong with it is told before the first clip
    elif options.get("mix") is None:
        load(style=options.get("style"), strength=options.get("strength", 1.0), **where)

    def one(source: Path, target: Path, folder: Path) -> tuple[int, int]:
        target.parent.mkdir(parents=True, exist_ok=True)
        if scale is not None:
            made = enlarge_video(source, target, scale=scale, overwrite=True, **options)
        else:
            made = paint_video(source, target, overwrite=True, **options)
        return made.width, made.height

    return one


def _takes(encoding: Any, source: Path) -> bool:
    try:
        encoding.codec_for(source)
    except UsageError:
        return False
    return True


def _marked(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_marked(one) for one in value]
    if isinstance(value, (str, Path)) and (mark := Place(str(value)).fingerprint()):
        return [str(value), mark]
    return value
