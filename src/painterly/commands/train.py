"""`painterly train`: networks from photographs and a painting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from painterly.commands.common import Json, Quiet, Verbose, print_json, say
from painterly.commands.options import with_options_of
from painterly.training.encoder_settings import EncoderTraining
from painterly.training.settings import RunSettings
from painterly.training.style_settings import StyleTraining
from painterly.training.super_resolution_settings import SRCNNTraining, SuperResolutionTraining

if TYPE_CHECKING:
    from painterly.models.card import ModelCard

__all__ = ["app"]

app = typer.Typer(help="Train a network.", no_args_is_help=True)

Settings = TypeVar("Settings", bound=RunSettings)


@app.callback()
def train() -> None:
    """Train a network."""


@app.command("style")
@with_options_of(StyleTraining)
def style(config: StyleTraining, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Teach a network to paint like a painting (paper, section 4.1), or like several.

    The run's checkpoint, curve, TensorBoard scalars and sample pictures are kept in a folder beside the model file,
    named OUTPUT.run; --resume goes on from there.
    """
    from painterly.training.style import train_style

    card = _trained(train_style, config)
    result = card.result
    if "unseen" in result:
        say(
            f"objective on {card.data['held_out']} unseen photographs: {result['unseen']['total']:.4g} "
            f"(unchanged photographs {result['unchanged']['total']:.4g}, ratio {result['ratio']:.3f})"
        )
    for name, found in result.get("styles", {}).items():
        say(f"{name}: objective {found['unseen']['total']:.4g}, ratio {found['ratio']:.3f}")
    if "identity_psnr" in result:
        say(f"the photograph itself: {result['identity_psnr']:.1f} dB")
    _report(card, config.output, json)


@app.command("super-resolution")
@with_options_of(SuperResolutionTraining)
def super_resolution(
    config: SuperResolutionTraining, json: Json = False, quiet: Quiet = False, verbose: Verbose = False
) -> None:
    """Teach a network to enlarge photographs (paper, section 4.2).

    Low-resolution pictures are made from the photographs on the fly. The run's checkpoint, curve, TensorBoard scalars
    and sample pictures are kept in a folder beside the model file, named OUTPUT.run; --resume goes on from there.
    """
    from painterly.training.super_resolution import train_super_resolution

    _report_psnr(_trained(train_super_resolution, config), config.output, json)


@app.command("srcnn")
@with_options_of(SRCNNTraining)
def srcnn(config: SRCNNTraining, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Train SRCNN, the baseline of the paper's super-resolution (Dong et al. 2016)."""
    from painterly.training.super_resolution import train_srcnn

    _report_psnr(_trained(train_srcnn, config), config.output, json)


@app.command("encoder")
@with_options_of(EncoderTraining)
def encoder(config: EncoderTraining, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Distil a loss network into a small one (Wang et al. 2020), such as the one that comes with painterly."""
    from painterly.training.encoder import train_encoder

    card = _trained(train_encoder, config)
    for name, value in card.result.get("correlation", {}).items():
        line = f"{name}: correlation {value:.3f}"
        for kind in ("content", "style"):
            ranks = card.result.get(f"{kind}_rank_correlation", {})
            line += f", ranks of {kind} losses {ranks[name]:.3f}" if name in ranks else ""
        say(line)
    _report(card, config.output, json)


def _trained(train: Callable[[Settings], ModelCard], config: Settings) -> ModelCard:
    """What came of a run, in the first of its processes; the others end here and say nothing."""
    from painterly.training.processes import ToldElsewhere, is_first_process

    try:
        card = train(config)
    except ToldElsewhere:
        # With a status other than 0, whoever started this process would kill the one that is about to speak.
        raise typer.Exit(0) from None
    if not is_first_process():
        raise typer.Exit(0)
    return card


def _report_psnr(card: ModelCard, output: Path, json: bool) -> None:
    if "unseen" in card.result:
        found = card.result["unseen"]
        say(
            f"PSNR on {card.data['held_out']} unseen photographs: {found['psnr']:.2f} dB "
            f"(bicubic {found['bicubic_psnr']:.2f} dB)"
        )
    _report(card, output, json)


def _report(card: ModelCard, output: Path, json: bool) -> None:
    say(f"wrote {output}")
    if json:
        print_json(card.to_dict())
