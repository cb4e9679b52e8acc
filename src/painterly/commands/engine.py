"""What the commands that work on many files have in common where a cluster does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from painterly.commands.common import print_json, say
from painterly.errors import UsageError

if TYPE_CHECKING:
    from painterly.batch.run import Outcome
    from painterly.cluster.recipe import Recipe

__all__ = ["Address", "Engine", "EngineOptions", "Manifest", "Quarantine", "Workers", "on_cluster", "work"]

Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        help="local; or ray, for folders, stores (s3://...) and tar shards of any size, on many processes or machines "
        "(extra: cluster).",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", help="With --engine ray: processes; by default one a GPU, or one a core.", min=1),
]
Address = Annotated[
    str | None, typer.Option("--address", help="With --engine ray: of a cluster that is there; by default one is made.")
]
Manifest = Annotated[
    str | None,
    typer.Option("--manifest", help="With --engine ray: the list of what is done; by default in the output folder."),
]
Quarantine = Annotated[
    str | None, typer.Option("--quarantine", help="With --engine ray: a folder for copies of what cannot be read.")
]


@dataclass(frozen=True)
class EngineOptions:
    """The options that only a cluster has, as they were given."""

    engine: str
    workers: int | None = None
    address: str | None = None
    manifest: str | None = None
    quarantine: str | None = None

    @property
    def ray(self) -> bool:
        """Whether a cluster does the work.

        Raises:
            UsageError: There is no such engine, or options are given that the other one has.
        """
        if self.engine not in ("local", "ray"):
            raise UsageError(f"--engine must be local or ray, not '{self.engine}'")
        if self.engine == "local":
            for name in ("workers", "address", "manifest", "quarantine"):
                if getattr(self, name) is not None:
                    raise UsageError(f"--{name} goes with --engine ray")
        return self.engine == "ray"


def work(
    verb: Literal["stylize", "upscale"],
    here: Callable[..., list[Outcome]],
    inputs: Sequence[str],
    output: str | None,
    options: Mapping[str, Any],
    engine: EngineOptions,
    about: Callable[[], dict[str, Any]],
    *,
    format: str | None,
    overwrite: bool,
    json: bool,
    verbose: bool,
) -> None:
    """Do the work of a command, in this process or on a cluster, and say what came of it.

    Args:
        verb: The command's name.
        here: `painterly.batch`'s function of that name.
        inputs: Files, folders, globs, addresses.
        output: Where to; see `here`.
        options: What `here` and a worker are told alike.
        engine: Who does it.
        about: What the JSON says beside the outcomes; asked for afterwards.
        format: Of results in folders.
        overwrite: Whether existing files are replaced.
        json: Whether JSON is printed.
        verbose: Whether a cluster tells of every picture.
    """
    from painterly.commands.outcomes import check_json, conclude, report

    if engine.ray:
        from painterly.cluster.recipe import Recipe

        recipe = Recipe(verb, options, format)
        on_cluster(recipe, inputs, output, engine, overwrite=overwrite, json=json, verbose=verbose)
        return
    where = None if output is None else Path(output)
    check_json(inputs, where, json=json)
    outcomes = here(inputs, where, **options, format=format, overwrite=overwrite, report=report)
    conclude(outcomes, about(), json=json)


def on_cluster(
    recipe: Recipe,
    inputs: Sequence[str],
    output: str | None,
    options: EngineOptions,
    *,
    overwrite: bool,
    json: bool,
    verbose: bool,
) -> None:
    """Do the work of a command on a cluster, say what came of it, and leave with status 1 if a picture failed."""
    from painterly.cluster.engine import work_on_cluster
    from painterly.cluster.settings import ClusterSettings
    from painterly.commands.outcomes import report

    if output is None:
        raise UsageError("--engine ray needs a folder for the results, or its URL: name it with -o")

    def tell(outcome: Outcome) -> None:
        if outcome.error or verbose:
            report(outcome)

    settings = ClusterSettings(
        workers=options.workers, address=options.address, manifest=options.manifest, quarantine=options.quarantine
    )
    summary = work_on_cluster(recipe, inputs, output, settings, overwrite=overwrite, report=tell)
    values: dict[str, Any] = summary.to_dict()
    say(
        f"{summary.made} made, {summary.skipped} done before, {summary.failed} failed, in {summary.seconds:.1f} s "
        f"({values['pictures_per_second']:.2f} a second) by {summary.workers} workers"
        + (f", of which {summary.lost} had to be replaced" if summary.lost else "")
    )
    say(f"listed in {summary.manifest}")
    if json:
        print_json(values)
    if summary.failed:
        typer.echo(f"painterly: {summary.failed} pictures failed; {summary.manifest} says why", err=True)
        raise typer.Exit(1)
