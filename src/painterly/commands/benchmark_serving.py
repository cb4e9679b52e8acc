"""`painterly benchmark serving`: the HTTP API under load and under abuse, on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from painterly.commands.common import Json, Quiet, Verbose, print_json, say
from painterly.commands.tables import machine_line, markdown
from painterly.folders import DEMO_PICTURE

__all__ = ["serving"]


def serving(
    clients: Annotated[int, typer.Option("--clients", min=1, help="How many ask at once.")] = 64,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="For how long.")] = 60.0,
    size: Annotated[int, typer.Option("--size", min=16, help="Longest side of their pictures in pixels.")] = 256,
    queue: Annotated[int, typer.Option("--queue", min=1, help="How many may wait, as for painterly serve.")] = 32,
    workers: Annotated[int, typer.Option("--workers", min=0, help="Likewise.")] = 0,
    abuse: Annotated[bool, typer.Option("--abuse/--no-abuse", help="Whether it is abused too.")] = True,
    times: Annotated[int, typer.Option("--times", min=4, help="How often each abuse is tried.")] = 32,
    picture: Annotated[Path, typer.Option("--picture", help="Any picture; by default the demo's.")] = DEMO_PICTURE,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Load and abuse of a server of its own: served, refused, lost, how soon, and in how much memory."""
    from painterly.benchmarks.abuse import benchmark_abuse
    from painterly.benchmarks.serving import benchmark_serving

    options = ["--workers", str(workers)]
    load = benchmark_serving(
        picture, clients=clients, seconds=seconds, size=size, options=[*options, "--queue", str(queue)], report=say
    )
    rows = []
    if abuse:
        rows = benchmark_abuse(picture, times=times, options=options, report=lambda row: say(row.what))
    if json:
        print_json({"load": load.to_dict(), "abuse": [row.to_dict() for row in rows]})
        return
    lines = [machine_line(load.machine), *_load_table(load)]
    lines += [f"lost: {reason}, {count} times" for reason, count in load.reasons.items()]
    typer.echo("\n".join([*lines, *(["", *_abuse_table(rows)] if rows else [])]))


def _load_table(load: Any) -> list[str]:
    head = ["clients", "picture", "seconds", "served", "a second", "refused (429)", "lost", "median", "99 %"]
    memory = [f"{load.memory[when] / 1e6:.0f} MB" for when in ("before", "after", "peak")]
    row = [
        load.clients,
        "{}x{}".format(*load.size),
        f"{load.seconds:.0f}",
        load.served,
        f"{load.served / load.seconds:.1f}",
        load.refused,
        load.lost,
        f"{load.median:.2f} s",
        f"{load.slowest:.2f} s",
    ]
    return markdown([*head, "memory before", "after", "at most"], [[*row, *memory]])


def _abuse_table(rows: list[Any]) -> list[str]:
    cells = [
        [
            row.what,
            row.tries,
            ", ".join(f"{answer}: {count}" for answer, count in sorted(row.answers.items())),
            "yes" if row.right else "NO",
            "yes" if row.works else "NO",
            f"{row.memory / 1e6:.0f} MB",
        ]
        for row in rows
    ]
    return markdown(["abuse", "tries", "answers", "as it should", "works on", "memory after"], cells)
