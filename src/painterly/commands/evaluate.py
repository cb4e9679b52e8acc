"""`painterly evaluate`: how good networks are, and what they cost; a file for each of its commands."""

from __future__ import annotations

import typer

from painterly.commands.evaluate_authors import authors
from painterly.commands.evaluate_convergence import convergence
from painterly.commands.evaluate_flicker import flicker
from painterly.commands.evaluate_gallery import gallery
from painterly.commands.evaluate_learning import learning
from painterly.commands.evaluate_style import style
from painterly.commands.evaluate_super_resolution import super_resolution

__all__ = ["app"]

app = typer.Typer(help="Measure networks on benchmarks.", no_args_is_help=True)


@app.callback()
def evaluate() -> None:
    """Measure networks on benchmarks."""


app.command("super-resolution")(super_resolution)
app.command("style")(style)
app.command("gallery")(gallery)
app.command("learning")(learning)
app.command("flicker")(flicker)
app.command("convergence")(convergence)
app.command("authors")(authors)
