"""The application: every command, under the group in which `painterly --help` lists it."""

from __future__ import annotations

from typing import Annotated

import typer

from painterly import __version__
from painterly.commands import (
    benchmark,
    blend,
    camera,
    demo,
    download,
    evaluate,
    export,
    import_,
    info,
    invert,
    learn,
    models,
    optimize,
    report,
    serve,
    studio,
    styles,
    stylize,
    sweep,
    train,
    upscale,
    video,
)
from painterly.commands.common import MEASURE, PAINT, SHARE, TRAIN

__all__ = ["app"]

app = typer.Typer(
    name="painterly",
    help="A neural network paints your photograph: style transfer by perceptual losses (Johnson et al. 2016).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"painterly {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """A neural network paints your photograph."""


app.command("demo", rich_help_panel=PAINT)(demo.demo)
app.command("stylize", rich_help_panel=PAINT)(stylize.stylize)
app.command("styles", rich_help_panel=PAINT)(styles.styles)
app.command("optimize", rich_help_panel=PAINT)(optimize.optimize)
app.command("upscale", rich_help_panel=PAINT)(upscale.upscale)
app.command("video", rich_help_panel=PAINT)(video.video)
app.command("camera", rich_help_panel=PAINT)(camera.camera)
app.command("studio", rich_help_panel=PAINT)(studio.studio)
app.command("serve", rich_help_panel=SHARE)(serve.serve)
app.command("learn", rich_help_panel=TRAIN)(learn.learn)
app.add_typer(train.app, name="train", rich_help_panel=TRAIN)
app.command("sweep", rich_help_panel=TRAIN)(sweep.sweep)
app.command("download", rich_help_panel=TRAIN)(download.download)
app.command("invert", rich_help_panel=MEASURE)(invert.invert)
app.add_typer(evaluate.app, name="evaluate", rich_help_panel=MEASURE)
app.add_typer(benchmark.app, name="benchmark", rich_help_panel=MEASURE)
app.command("report", rich_help_panel=MEASURE)(report.report)
app.command("blend", rich_help_panel=SHARE)(blend.blend)
app.command("models", rich_help_panel=SHARE)(models.models)
app.command("export", rich_help_panel=SHARE)(export.export)
app.command("import", rich_help_panel=SHARE)(import_.import_)
app.command("info", rich_help_panel=SHARE)(info.info)
