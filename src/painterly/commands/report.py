"""`painterly report`: the paper redrawn, as one page."""

from __future__ import annotations

from painterly.commands.common import Json, Quiet, Verbose, print_json, say
from painterly.commands.options import with_options_of
from painterly.report.settings import ReportSettings

__all__ = ["report"]


@with_options_of(ReportSettings)
def report(settings: ReportSettings, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Draw the paper's figures and tables again with our own networks, as one HTML page.

    What the folder holds already is kept, so that an interrupted report goes on.
    """
    from painterly.report.build import build_report

    result = build_report(settings, say)
    say(f"wrote {result['page']}")
    if json:
        print_json(result)
