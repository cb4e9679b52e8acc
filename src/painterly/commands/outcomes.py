"""What commands say about the pictures that they made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from painterly.commands.common import print_json, say
from painterly.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from painterly.batch.run import Outcome

__all__ = ["check_json", "conclude", "report"]

_ON_ONE_SCREEN = 10
"""Outcomes from which on what failed is named again at the end."""


def check_json(inputs: Sequence[str], output: Path | None, *, json: bool) -> None:
    """Make sure that standard output gets the document or the picture, not both.

    Raises:
        UsageError: Both were asked for.
    """
    if json and (str(output) == "-" or (output is None and "-" in inputs)):
        raise UsageError("--json and the picture cannot both go to standard output; name a file with -o")


def report(outcome: Outcome) -> None:
    """One line about one picture."""
    if outcome.error:
        typer.echo(f"painterly: {outcome.error}", err=True)
    else:
        width, height = outcome.size
        source, target = ("standard input" if str(outcome.source) == "-" else outcome.source), outcome.target
        where = "standard output" if str(target) == "-" else target
        say(f"{source} -> {where}  {width}x{height}  {outcome.seconds:.2f} s")


def conclude(outcomes: Sequence[Outcome], about: dict[str, Any], *, json: bool) -> None:
    """The JSON document, if one is wanted, and exit status 1 if any picture failed."""
    failed = sum(bool(outcome.error) for outcome in outcomes)
    if json:
        print_json({**about, "results": [outcome.to_dict() for outcome in outcomes]})
    if failed:
        if len(outcomes) > _ON_ONE_SCREEN:
            for outcome in outcomes:
                if outcome.error:
                    typer.echo(f"painterly: failed: {outcome.source}", err=True)
        if len(outcomes) > 1:
            typer.echo(f"painterly: {failed} of {len(outcomes)} pictures failed", err=True)
        raise typer.Exit(1)
