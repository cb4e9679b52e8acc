"""`painterly learn`: a new style from a painting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from painterly.commands.common import Json, Quiet, Verbose, print_json, say
from painterly.commands.options import with_options_of
from painterly.models.catalogue import GALLERY
from painterly.training.learn_settings import LearnSettings

__all__ = ["learn"]


@with_options_of(LearnSettings)
def learn(
    config: LearnSettings,
    painting: Annotated[Path, typer.Argument(help="The painting to learn.")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Learn a new style from a painting, in minutes and offline; --style NAME finds it from then on."""
    from painterly.training.learn import learn_style

    path, card = learn_style(painting, config)
    name = card.style["name"]
    if "unseen" in card.result:
        unseen, ratio = card.result["unseen"]["total"], card.result["ratio"]
        say(f"objective on unseen photographs: {unseen:.4g} ({100 * ratio:.1f} % of unchanged ones')")
    style = name if config.output is None else str(path)
    model = "" if config.base == GALLERY or config.deep else f" --model {config.base}"
    say(f"wrote {path}; paint with it:  painterly stylize photo.jpg{model} --style {style}")
    if json:
        print_json({"file": str(path), **card.to_dict()})
