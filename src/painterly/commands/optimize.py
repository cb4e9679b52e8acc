"""`painterly optimize`: the slow way, without a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from painterly.commands.common import Json, Overwrite, Quiet, Verbose, print_json, say
from painterly.commands.options import with_options_of
from painterly.optimisation.settings import OptimizationSettings

if TYPE_CHECKING:
    from painterly.optimisation.run import Progress

__all__ = ["optimize"]


@with_options_of(OptimizationSettings)
def optimize(
    settings: OptimizationSettings,
    content: Annotated[Path, typer.Argument(metavar="CONTENT", help="The photograph.")],
    styles: Annotated[list[Path], typer.Argument(metavar="STYLE...", help="The painting, or several.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture to write.")],
    preview_every: Annotated[
        int,
        typer.Option("--preview-every", min=0, help="Iterations between previews beside OUTPUT; 0 for none."),
    ] = 50,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Paint by optimisation (Gatys et al. 2015): any painting, no training, minutes instead of milliseconds.

    Ctrl-C writes the best picture so far; what is needed to go on with --resume lies in OUTPUT.state until it is done.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from painterly.atomic import check_writable
    from painterly.errors import InputError, Interrupted
    from painterly.images.reading import read_picture
    from painterly.images.writing import check_format, save_picture
    from painterly.optimisation.run import optimize as paint
    from painterly.progress import console
    from painterly.training.meter import Interruption

    check_format(output)
    check_writable(output, overwrite=overwrite or resume)
    state = output.with_name(output.name + ".state")
    if resume and not state.exists():
        raise InputError(f"there is nothing to resume at {state}; leave out --resume to start afresh")
    preview = output.with_stem(output.stem + "-preview")
    if preview_every:
        check_writable(preview, overwrite=overwrite or resume)
    photograph, paintings = read_picture(content), [read_picture(style) for style in styles]

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, TextColumn("{task.fields[terms]}"), console=console()) as bar, Interruption() as interruption:
        task = bar.add_task("optimising", total=settings.iterations, terms="")

        def report(progress: Progress) -> None:
            terms = "  ".join(f"{name} {value:.4g}" for name, value in progress.iteration.terms.items())
            number = progress.iteration.number
            bar.update(task, description=f"{progress.size} px", completed=number, terms=terms)
            if preview_every and number and number % preview_every == 0:
                save_picture(progress.picture(), preview, overwrite=True)

        result = paint(
            photograph, paintings, settings, report=report, state=state, resume=resume, stop=lambda: interruption.asked
        )
        stopped = interruption.asked
    save_picture(result.picture, output, overwrite=overwrite or resume)
    if preview_every:
        preview.unlink(missing_ok=True)
    last = result.curve[-1]
    say(f"{output}: objective {result.curve[0]['total']:.4g} -> {last['total']:.4g} at {last['size']} px")
    if json:
        print_json({"output": str(output), "curve": result.curve})
    if stopped:
        raise Interrupted(f"stopped after iteration {last['iteration']} at {last['size']} px; --resume goes on")
    state.unlink(missing_ok=True)
