"""`painterly train`: networks from photographs and a painting."""

from __future__ import annotations

import typer

from painterly.commands.common import Json, Quiet, Verbose, print_json, say
from painterly.commands.options import with_options_of
from painterly.training.config import StyleTraining

__all__ = ["app"]

app = typer.Typer(help="Train a network.", no_args_is_help=True)


@app.callback()
def train() -> None:
    """Train a network."""


@app.command("style")
@with_options_of(StyleTraining)
def style(config: StyleTraining, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Teach a network to paint like one painting (paper, section 4.1).

    The run's checkpoint, curve, TensorBoard scalars and sample pictures are kept in a folder beside the model file,
    named OUTPUT.run; --resume goes on from there.
    """
    from painterly.training.style import train_style

    card = train_style(config)
    result = card.result
    if "unseen" in result:
        say(
            f"objective on {card.data['held_out']} unseen photographs: {result['unseen']['total']:.4g} "
            f"(unchanged photographs {result['unchanged']['total']:.4g}, ratio {result['ratio']:.3f})"
        )
    say(f"wrote {config.output}")
    if json:
        print_json(card.to_dict())
