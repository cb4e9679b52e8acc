"""What commands say about the pictures that they made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from painterly.commands.common import print_json, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from painterly.batch.run import Outcome

__all__ = ["conclude", "report"]


def report(outcome: Outcome) -> None:
    """One line about one picture."""
    if outcome.error:
        typer.echo(f"painterly: {outcome.error}", err=True)
    else:
        width, height = outcome.size
        say(f"{outcome.source} -> {outcome.target}  {width}x{height}  {outcome.seconds:.2f} s")


def conclude(outcomes: Sequence[Outcome], about: dict[str, Any], *, json: bool) -> None:
    """The JSON document, if one is wanted, and exit status 1 if any picture failed."""
    failed = sum(bool(outcome.error) for outcome in outcomes)
    if json:
        print_json({**about, "results": [outcome.to_dict() for outcome in outcomes]})
    if failed:
        if len(outcomes) > 1:
            typer.echo(f"painterly: {failed} of {len(outcomes)} pictures failed", err=True)
        raise typer.Exit(1)
