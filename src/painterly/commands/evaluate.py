"""`painterly evaluate`: how good networks are, on the benchmarks of the paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose, print_json, say
from painterly.commands.tables import markdown

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["app"]

app = typer.Typer(help="Measure networks on benchmarks.", no_args_is_help=True)


@app.callback()
def evaluate() -> None:
    """Measure networks on benchmarks."""


@app.command("super-resolution")
def super_resolution(
    data: Annotated[Path, typer.Option("--data", help="A folder of benchmark sets (Set5, Set14, ...), or one set.")],
    scale: Annotated[int, typer.Option("--scale", help="How many times larger: 2, 3, 4 or 8.")] = 4,
    models: Annotated[
        list[str] | None,
        typer.Option("--models", help="A network's name or file; may be given several times. By default what ships."),
    ] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="A set to use; may be given several times. By default all.")
    ] = None,
    degradation: Annotated[
        str, typer.Option("--degradation", help="bicubic, as published figures mean it, or paper (blur first).")
    ] = "bicubic",
    loss_network: Annotated[
        str, typer.Option("--loss-network", help="Where the feature distance is taken: auto, none, a name or a file.")
    ] = "auto",
    feature_layers: Annotated[
        str, typer.Option("--feature-layers", help="Its layers, separated by commas.")
    ] = "relu2_2",
    figures: Annotated[
        Path | None, typer.Option("--figures", help="A folder for side-by-side pictures (the paper's figures 8 and 9).")
    ] = None,
    corner: Annotated[
        tuple[int, int] | None,
        typer.Option("--corner", help="Left and top of the part that they enlarge; by default the busiest."),
    ] = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """PSNR, SSIM and feature distance of bicubic enlargement and networks, beside the paper's (figures 8 and 9).

    On luma, of pictures rounded to eight bits, without a border as wide as the scale. `colour` is the shift of
    the mean colour, `grid` the strength of the pattern that repeats with the up-sampling in the flatter half of the
    ground truth (and in the ground truth itself), both in levels of 255.
    """
    from painterly.data.degradation import DEGRADATIONS
    from painterly.errors import OutputError, UsageError
    from painterly.evaluation.super_resolution import evaluate_super_resolution
    from painterly.images.writing import save_picture

    if degradation not in DEGRADATIONS:
        raise UsageError(f"--degradation must be one of {', '.join(DEGRADATIONS)}, not '{degradation}'")
    if corner is not None and min(corner) < 0:
        raise UsageError(f"--corner must not be negative, as {min(corner)} is")
    if figures is not None and figures.exists() and not figures.is_dir():
        raise OutputError(f"{figures} is not a folder")

    def keep(group: str, name: str, picture: Image.Image) -> None:
        assert figures is not None
        save_picture(picture, figures / group / f"{name}-x{scale}.png", overwrite=overwrite)

    result = evaluate_super_resolution(
        data,
        scale=scale,
        models=models,
        degradation=degradation,  # type: ignore[arg-type]
        loss_network=loss_network,
        feature_layers=feature_layers,
        device=device,
        sets=sets,
        corner=corner,
        figure=keep if figures is not None else None,
        report=say if verbose else (lambda text: None),
    )
    if json:
        print_json(result.to_dict())
        return
    for line in _table(result.rows):
        typer.echo(line)
    if result.feature_layers is None and loss_network == "auto":
        say("no feature distance: the loss network is not at hand (painterly download vgg16)")


@app.command("style")
def style(
    model: Annotated[str, typer.Option("--model", "-m", help="A style network's name or file.")],
    photos: Annotated[Path, typer.Option("--photos", help="Photographs that it has not seen: a folder or a tar.")],
    painting: Annotated[
        Path | None, typer.Option("--style", help="The painting that it learnt; by default the data folder's.")
    ] = None,
    size: Annotated[int, typer.Option("--size", min=32, help="Side of the photographs in pixels.")] = 256,
    iterations: Annotated[int, typer.Option("--iterations", min=1, help="Iterations of L-BFGS.")] = 500,
    count: Annotated[int, typer.Option("--count", min=1, help="How many photographs.")] = 10,
    start: Annotated[str, typer.Option("--start", help="What optimisation starts from: noise or content.")] = "noise",
    loss_network: Annotated[
        str | None, typer.Option("--loss-network", help="Instead of the one that it was trained with.")
    ] = None,
    figure: Annotated[
        Path | None, typer.Option("--figure", help="Draw the curve into this .svg file (extra: evaluate).")
    ] = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """How many iterations of optimisation a network is worth (figure 5)."""
    from rich.progress import Progress

    from painterly.evaluation.charts import check_chart, curve_chart, save_chart
    from painterly.evaluation.style import evaluate_style
    from painterly.progress import console

    if figure is not None:
        check_chart(figure, overwrite=overwrite)
    with Progress(console=console()) as progress:
        task = progress.add_task("optimising", total=count * iterations)
        result = evaluate_style(
            model,
            photos,
            style=painting,
            size=size,
            iterations=iterations,
            count=count,
            start=start,
            loss_network=loss_network,
            device=device,
            report=lambda photograph, iteration: progress.update(task, completed=photograph * iterations + iteration),
        )
    if figure is not None:
        save_chart(curve_chart([result]), figure, overwrite=overwrite)
        say(f"wrote {figure}")
    if json:
        print_json(result.to_dict())
        return
    typer.echo(f"objective on {result.photographs} photographs at {size}x{size}")
    typer.echo(f"  unchanged photograph  {result.content:.4g}")
    typer.echo(f"  {result.model:20}  {result.network:.4g}")
    for number in (0, 20, 50, 100, 200, 300, 500):
        if number < len(result.optimisation):
            typer.echo(f"  L-BFGS {number:4} iterations {result.optimisation[number]:.4g}")
    reached = result.equivalent_iterations
    typer.echo(
        f"the network is worth {reached} iterations"
        if reached is not None
        else f"{iterations} iterations do not reach the network"
    )


@app.command("gallery")
def gallery(
    photos: Annotated[Path, typer.Argument(help="Photographs that the networks have not seen: a folder or a tar.")],
    model: Annotated[str, typer.Option("--model", "-m", help="A network of several styles.")] = "gallery",
    alone: Annotated[
        list[str] | None,
        typer.Option("--alone", help="STYLE=MODEL: a network that knows that style only; once for each."),
    ] = None,
    style: Annotated[list[str] | None, typer.Option("--style", help="Which styles; by default all.")] = None,
    size: Annotated[int, typer.Option("--size", min=32, help="Side of the photographs in pixels.")] = 256,
    iterations: Annotated[int, typer.Option("--iterations", min=0, help="Of L-BFGS; 0 for none.")] = 300,
    count: Annotated[int, typer.Option("--count", min=1, help="How many photographs.")] = 4,
    loss_network: Annotated[
        str | None, typer.Option("--loss-network", help="Instead of the one that it was trained with.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="Draw the pictures into this file.")] = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare a gallery's styles with networks of one style and with optimisation."""
    from painterly.atomic import check_writable
    from painterly.errors import UsageError
    from painterly.evaluation.gallery import evaluate_gallery
    from painterly.images.writing import check_format, save_picture

    if sheet is not None:
        check_format(sheet)
        check_writable(sheet, overwrite=overwrite)
    pairs = [entry.partition("=") for entry in alone or []]
    if not all(name and path for name, _, path in pairs):
        raise UsageError("--alone takes STYLE=MODEL, such as starry-night=starry-night.safetensors")
    result = evaluate_gallery(
        model,
        photos,
        alone={name: path for name, _, path in pairs},
        styles=style,
        size=size,
        iterations=iterations,
        count=count,
        loss_network=loss_network,
        device=device,
        report=lambda name, photograph: say(f"{name}: optimising photograph {photograph + 1} of {count}"),
    )
    if sheet is not None:
        save_picture(result.sheet, sheet, overwrite=overwrite)
        say(f"wrote {sheet}")
    if json:
        print_json(result.to_dict())
        return
    head, cells = ["style", "unchanged", "gallery", "alone", f"{iterations} iterations", "worth (iterations)"], []
    for row in result.rows:
        values = [row[name] for name in ("unchanged", "gallery", "alone", "optimisation")]
        figures = ["" if value is None else f"{value:.4g}" for value in values]
        worth = row.get("equivalent_iterations")
        cells.append([row["style"], *figures, "" if worth is None else str(worth)])
    typer.echo(f"objective on {result.photographs} photographs at {size}x{size}")
    typer.echo("\n".join(markdown(head, cells)))


@app.command("learning")
def learning(
    runs: Annotated[
        list[str], typer.Argument(metavar="PAINTING:WAY=RUN...", help="Run folders with measures, and what they show.")
    ],
    figure: Annotated[Path | None, typer.Option("--figure", help="Draw the curves into this .svg file.")] = None,
    goal: Annotated[
        str, typer.Option("--goal", help="WAY:FACTOR: the goal is that way's last objective times the factor.")
    ] = "",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare ways to learn a style: the objective on unseen photographs against steps (train with --measure-every)."""
    from painterly.evaluation.charts import check_chart, learning_chart, save_chart
    from painterly.evaluation.learning import learning_curves, learning_goals

    if figure is not None:
        check_chart(figure, overwrite=overwrite)
    panels = learning_curves(runs)
    goals = learning_goals(panels, goal) if goal else {}
    if figure is not None:
        save_chart(learning_chart(panels, goals), figure, overwrite=overwrite)
        say(f"wrote {figure}")
    if json:
        print_json({"curves": panels, "goals": goals})
        return
    head, cells = ["painting", "way", "steps", "objective", "goal", "reached after"], []
    for painting, curves in panels.items():
        for way, points in curves.items():
            reached = next((step for step, value in points if value <= goals.get(painting, float("-inf"))), None)
            wanted = f"{goals[painting]:.4g}" if painting in goals else ""
            steps, value = points[-1]
            cells.append([painting, way, str(steps), f"{value:.4g}", wanted, "" if reached is None else str(reached)])
    typer.echo("\n".join(markdown(head, cells)))


@app.command("flicker")
def flicker(
    photos: Annotated[
        list[Path] | None, typer.Option("--photos", help="A photograph; again for more. Clips are made of them.")
    ] = None,
    clip: Annotated[
        Path | None, typer.Option("--clip", help="A clip instead: how much paintings change where it does not.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A network's name or file; by default the gallery.")
    ] = None,
    styles: Annotated[
        list[str] | None, typer.Option("--style", help="A style; again for more. By default all.")
    ] = None,
    motions: Annotated[
        list[str] | None, typer.Option("--motion", help="still, pan, light or zoom; again for more. By default all.")
    ] = None,
    smooth: Annotated[float, typer.Option("--smooth", help="As for painterly video.")] = 0.8,
    norms: Annotated[float, typer.Option("--steady-norms", help="Likewise.")] = 0.9,
    count: Annotated[int, typer.Option("--count", min=2, help="Frames of each clip.")] = 12,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """How much paintings flicker, followed along a motion that is known exactly, in levels of 255."""
    from painterly.video.evaluate import evaluate_flicker
    from painterly.video.flicker import MOTIONS

    rows = evaluate_flicker(
        photos or [],
        clip=clip,
        model=model,
        styles=styles,
        motions=motions or MOTIONS,
        smooth=smooth,
        norms=norms,
        count=count,
        device=device,
        report=lambda row: say(f"{row.network}, {row.clip}: {row.alone:.2f}, steadied {row.smooth:.2f}"),
    )
    if json:
        print_json([row.to_dict() for row in rows])
        return
    head, cells = ["network", "clip", "frames", "alone", f"norms {norms:g}", f"smooth {smooth:g}", "of alone"], []
    for row in rows:
        values = [f"{value:.2f}" for value in (row.frames, row.alone, row.norms, row.smooth)]
        cells.append([row.network, row.clip, *values, f"{row.share:.0%}"])
    typer.echo("\n".join(markdown(head, cells)))


def _table(rows: list[dict[str, Any]]) -> list[str]:
    head, cells = (
        ["set", "scale", "method", "PSNR", "SSIM", "paper's", "feature distance", "colour", "grid (truth)"],
        [],
    )
    for row in rows:
        paper = "" if row["paper_psnr"] is None else f"{row['paper_psnr']:.2f} / {row['paper_ssim']:.4f}"
        distance = "" if row["feature_distance"] is None else f"{row['feature_distance']:.3f}"
        measured = [f"{row['psnr']:.2f}", f"{row['ssim']:.4f}", paper, distance]
        measured += [f"{row['colour_shift']:.2f}", f"{row['grid']:.2f} ({row['grid_truth']:.2f})"]
        cells.append([row["set"], f"x{row['scale']}", row["method"], *measured])
    return markdown(head, cells)
