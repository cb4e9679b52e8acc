"""`painterly video`: clips in, painted or enlarged clips out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from painterly.commands.common import (
    Backend,
    Device,
    Json,
    Overwrite,
    Precision,
    Quiet,
    Verbose,
    print_json,
    say,
)
from painterly.commands.engine import Address, Engine, EngineOptions, Manifest, Quarantine, Workers, on_cluster

if TYPE_CHECKING:
    from painterly.video.make import Made

__all__ = ["Codec", "Crf", "Preset", "video"]

Codec = Annotated[str | None, typer.Option("--codec", help="h264, hevc or vp9; by default what suits the file.")]
Crf = Annotated[
    float | None, typer.Option("--crf", help="Constant rate factor: smaller is better; by default 22, 25 or 32.")
]
Preset = Annotated[
    str | None, typer.Option("--preset", help="The encoder's own; by default one that is faster than the network.")
]


def video(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="A clip; with --engine ray, a folder, a store or a tar of them too.")
    ],
    output: Annotated[
        str | None, typer.Option("--output", "-o", help=".mp4, .mov, .mkv or .webm; otherwise beside the clip.")
    ] = None,
    style: Annotated[str | None, typer.Option(help="A style, or a mixture; painterly styles lists them.")] = None,
    strength: Annotated[float, typer.Option(help="From 0, the photograph, to 1, the style.")] = 1.0,
    color: Annotated[
        str, typer.Option(help="style, the painting's colours; content, the clip's; or luminance.")
    ] = "style",
    stroke: Annotated[str, typer.Option(help="How large strokes are: small, medium or large.")] = "medium",
    mix: Annotated[
        str | None, typer.Option(help="Styles over time, such as 0:starry-night,5:great-wave, mixed in between.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A model's name or file; by default the gallery.")
    ] = None,
    size: Annotated[int | None, typer.Option("--size", "-s", min=16, help="Longest side in pixels.")] = None,
    enlarge: Annotated[
        int | None, typer.Option("--enlarge", help="Do not paint, but make it so many times larger: 4 or 8.")
    ] = None,
    smooth: Annotated[
        float, typer.Option("--smooth", help="From 0 to below 1: how much of the past remains where nothing moves.")
    ] = 0.8,
    steady_norms: Annotated[
        float, typer.Option("--steady-norms", help="From 0 to below 1: how much of the norms' moments remains.")
    ] = 0.0,
    codec: Codec = None,
    crf: Crf = None,
    preset: Preset = None,
    preview: Annotated[
        Path | None, typer.Option("--preview", help="First write some frames and their paintings into this picture.")
    ] = None,
    device: Device = "auto",
    backend: Backend = "auto",
    precision: Precision = "auto",
    engine: Engine = "local",
    workers: Workers = None,
    address: Address = None,
    manifest: Manifest = None,
    quarantine: Quarantine = None,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Paint a clip, with its sound, in step and in its own colours; or enlarge it."""
    from painterly.commands.frames import frames_bar
    from painterly.errors import UsageError
    from painterly.video.video import enlarge_video, paint_video

    options: dict[str, Any] = {
        "model": model,
        "codec": codec,
        "crf": crf,
        "preset": preset,
        "device": device,
        "backend": backend,
        "precision": precision,
    }
    if enlarge is None:
        options |= {"style": style, "strength": strength, "color": color, "stroke": stroke, "mix": mix, "size": size}
        options |= {"smooth": smooth, "steady_norms": steady_norms}
    else:
        painting = {"--style": style, "--mix": mix, "--size": size, "--preview": preview}
        for name, value in painting.items():
            if value is not None:
                raise UsageError(f"--enlarge does not paint; leave out {name}")
    cluster = EngineOptions(engine, workers, address, manifest, quarantine)
    if cluster.ray:
        from painterly.cluster.recipe import Recipe

        if preview is not None:
            raise UsageError("--preview is for one clip; leave it out, or --engine ray")
        recipe = Recipe("video", options if enlarge is None else {**options, "enlarge": enlarge})
        on_cluster(recipe, [source], output, cluster, overwrite=overwrite, json=json, verbose=verbose)
        return
    with frames_bar(source) as progress:
        if enlarge is None:
            made = paint_video(source, output, **options, preview=preview, overwrite=overwrite, progress=progress)
        else:
            made = enlarge_video(source, output, **options, scale=enlarge, overwrite=overwrite, progress=progress)
    _conclude(made, json=json)


def _conclude(made: Made, *, json: bool) -> None:
    if json:
        print_json(made.to_dict())
    shares, whole = made.shares, made.shares.whole or 1.0
    work = ", ".join(f"{name} {getattr(shares, name) / whole:.0%}" for name in ("decoding", "network", "encoding"))
    say(
        f"{made.source} -> {made.target}  {made.width}x{made.height}  {made.frames} frames in {shares.whole:.1f} s, "
        f"{made.rate:.1f} a second  (at work: {work})"
    )
    for note in made.notes:
        typer.echo(f"painterly: {made.source}: {note}", err=True)
