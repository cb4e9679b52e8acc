"""`painterly benchmark`: how long things take here, against what people run today."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from painterly.commands.benchmark_scale import cluster, scaling
from painterly.commands.benchmark_serving import serving
from painterly.commands.common import Device, Json, Overwrite, Precision, Quiet, Verbose, print_json, say
from painterly.folders import DEMO_PICTURE
from painterly.models.catalogue import DEFAULT_MODEL

if TYPE_CHECKING:
    from painterly.inference.choice import Choice

__all__ = ["app"]

app = typer.Typer(help="Measure speed, memory and energy.", no_args_is_help=True)
app.command("serving")(serving)

Sizes = Annotated[str, typer.Option("--sizes", help="Sides in pixels, separated by commas.")]
Model = Annotated[str, typer.Option("--model", "-m", help="A style network's name or file.")]
Picture = Annotated[Path, typer.Option("--picture", help="Any picture; by default the demo's.")]
Repeats = Annotated[int, typer.Option("--repeats", min=1, help="How often each is timed, in turns.")]
Backends = Annotated[
    str | None, typer.Option("--backends", help="torch,compile,openvino,onnxruntime; by default what is installed.")
]


@app.callback()
def benchmark() -> None:
    """Measure speed, memory and energy."""


@app.command("paper")
def paper(
    sizes: Sizes = "256,512,1024",
    iterations: Annotated[
        int, typer.Option("--iterations", min=1, help="Iterations that are timed; more are extrapolated, and marked.")
    ] = 10,
    repeats: Repeats = 5,
    model: Model = DEFAULT_MODEL,
    picture: Picture = DEMO_PICTURE,
    loss_network: Annotated[str, typer.Option("--loss-network", help="As for train style.")] = "auto",
    tile: Annotated[
        int, typer.Option("--tile", min=0, help="Optimise by tiles of so many pixels, a multiple of 16.")
    ] = 0,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Table 1: seconds of optimisation against one pass of the network, in float32."""
    from painterly.benchmarks.paper import benchmark_paper
    from painterly.commands.tables import paper_table, paper_usage_table
    from painterly.errors import UsageError

    if tile % 16:
        raise UsageError(f"--tile must be a multiple of 16, not {tile}")
    table = benchmark_paper(
        picture,
        model=model,
        sizes=_sizes(sizes),
        iterations=iterations,
        repeats=repeats,
        loss_network=loss_network,
        tile=str(tile) if tile else "off",
        device=device,
        report=say if verbose else (lambda text: None),
    )
    lines = [f"{table.device}, {table.threads} threads, float32, loss network {table.loss_network}"]
    lines += paper_table(table.rows)
    if any(entry["extrapolated"] for row in table.rows for entry in row["optimisation"]):
        lines.append(f"~ extrapolated from the median of {iterations} iterations")
    _print(table.to_dict(), [*lines, *paper_usage_table(table.rows)], json=json)


@app.command("inference")
def inference(
    sizes: Sizes = "256,512,1024",
    models: Annotated[
        str, typer.Option("--models", "-m", help="Style networks' names or files, separated by commas.")
    ] = f"{DEFAULT_MODEL},{DEFAULT_MODEL}-small",
    backends: Backends = None,
    repeats: Repeats = 7,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, help="Pictures a call; figures are a picture's.")
    ] = 1,
    picture: Picture = DEMO_PICTURE,
    figure: Annotated[Path | None, typer.Option("--figure", help="Draw a bar chart into this .svg file.")] = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Milliseconds a picture, against the architecture of pytorch/examples in eager float32."""
    from painterly.benchmarks.inference import benchmark_inference
    from painterly.commands.tables import inference_table, machine_line
    from painterly.errors import UsageError
    from painterly.evaluation.charts import bar_chart, check_chart, save_chart

    wanted = _sizes(sizes)
    networks = [name.strip() for name in models.split(",") if name.strip()]
    if not networks:
        raise UsageError("--models names no network")
    if figure is not None:
        check_chart(figure, overwrite=overwrite)
    table = benchmark_inference(
        picture,
        models=networks,
        sizes=wanted,
        choices=_choices(backends, device),
        repeats=repeats,
        batch_size=batch_size,
        device=device,
        report=say,
    )
    if figure is not None:
        save_chart(bar_chart(table.rows), figure, overwrite=overwrite)
        say(f"wrote {figure}")
    rates = ", ".join(f"{name} {rate / 1e9:.0f} billion" for name, rate in table.ceiling.items())
    ceiling = f"ceiling, multiplications a second: {rates}"
    _print(table.to_dict(), [machine_line(table.machine), ceiling, *inference_table(table.rows)], json=json)


@app.command("training")
def training(
    size: Annotated[int, typer.Option("--size", min=32, help="Side of the crops in pixels.")] = 256,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Crops a step.")] = 4,
    repeats: Repeats = 5,
    compile: Annotated[bool, typer.Option("--compile", help="Compile painterly's network and loss first.")] = False,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Seconds a training step, against pytorch/examples' step with the same loss network."""
    from painterly.benchmarks.training import benchmark_training
    from painterly.commands.tables import machine_line, training_table
    from painterly.errors import UsageError

    if size % 4:
        raise UsageError(f"--size must be a multiple of 4, which the reference needs, not {size}")
    table = benchmark_training(
        size=size, batch_size=batch_size, repeats=repeats, compile=compile, device=device, report=say
    )
    about = f"{table.batch_size} crops of {table.size}x{table.size} a step"
    _print(table.to_dict(), [machine_line(table.machine), about, *training_table(table.rows)], json=json)


@app.command("startup")
def startup(
    model: Model = DEFAULT_MODEL,
    backends: Backends = None,
    repeats: Repeats = 5,
    picture: Picture = DEMO_PICTURE,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Seconds from `painterly stylize` to the finished file, against a script with the reference network."""
    from painterly.benchmarks.startup import benchmark_startup
    from painterly.commands.tables import machine_line, startup_table

    table = benchmark_startup(picture, model=model, choices=_choices(backends, "cpu"), repeats=repeats, report=say)
    about = f"a picture of {table.size[0]}x{table.size[1]} pixels"
    _print(table.to_dict(), [machine_line(table.machine), about, *startup_table(table.rows)], json=json)


@app.command("memory")
def memory(
    megapixels: Annotated[
        str, typer.Option("--megapixels", help="Sizes of the result in megapixels, separated by commas.")
    ] = "1,6,24,96",
    model: Model = DEFAULT_MODEL,
    methods: Annotated[
        list[str] | None, typer.Option("--method", help="Once for each method to measure; by default all.")
    ] = None,
    memory: Annotated[str, typer.Option("--memory", help="What painterly's tiles may hold.")] = "2GB",
    whole_limit: Annotated[
        float, typer.Option("--whole-limit", min=0, help="Skip what would take more than so many GB.")
    ] = 12.0,
    others_up_to: Annotated[
        float, typer.Option("--others-up-to", min=0, help="Megapixels up to which the methods of others are run.")
    ] = 6.0,
    picture: Picture = DEMO_PICTURE,
    keep: Annotated[Path | None, typer.Option("--keep", help="Put the largest tiled result into this folder.")] = None,
    figure: Annotated[Path | None, typer.Option("--figure", help="Draw the curves into this .svg file.")] = None,
    precision: Precision = "auto",
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Peak memory of a whole process by size: whole, by tiles, and as others tile."""
    from painterly.benchmarks.memory import METHODS, benchmark_memory
    from painterly.commands.tables import machine_line, memory_table
    from painterly.evaluation.charts import check_chart, memory_chart, save_chart

    if figure is not None:
        check_chart(figure, overwrite=overwrite)
    table = benchmark_memory(
        picture,
        model=model,
        megapixels=_megapixels(megapixels),
        methods=methods or METHODS,
        memory=memory,
        whole_limit=whole_limit,
        others_up_to=others_up_to,
        precision=precision,
        device=device,
        keep=keep,
        report=say,
    )
    if figure is not None:
        save_chart(memory_chart(table.rows), figure, overwrite=overwrite)
        say(f"wrote {figure}")
    about = f"{table.model}; painterly's tiles may hold {table.memory / 1e9:g} GB"
    left_out = [f"{one['megapixels']:g} megapixels, {one['method']}: not run, {one['reason']}" for one in table.skipped]
    lines = [machine_line(table.machine), about, *memory_table(table.rows), *left_out]
    _print(table.to_dict(), lines, json=json)


@app.command("video")
def video(
    sizes: Annotated[
        str, typer.Option("--sizes", help="Widths and heights in pixels, separated by commas.")
    ] = "640x360,1280x720",
    models: Annotated[
        str, typer.Option("--models", "-m", help="Style networks' names or files, separated by commas.")
    ] = f"{DEFAULT_MODEL}-small,{DEFAULT_MODEL}",
    codecs: Annotated[str, typer.Option("--codecs", help="h264, hevc, vp9, separated by commas.")] = "h264",
    count: Annotated[int, typer.Option("--count", min=2, help="Frames of each clip.")] = 50,
    picture: Picture = DEMO_PICTURE,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Frames a second from a clip to a painted clip, and how long each stage was at work."""
    from painterly.commands.tables import machine_line
    from painterly.commands.video_table import frame_sizes, video_table
    from painterly.video.benchmark import benchmark_video

    table = benchmark_video(
        picture,
        models=models.split(","),
        sizes=frame_sizes(sizes),
        codecs=codecs.split(","),
        count=count,
        device=device,
        report=say,
    )
    _print(table.to_dict(), [machine_line(table.machine), *video_table(table.rows)], json=json)


app.command("scaling")(scaling)
app.command("cluster")(cluster)


def _megapixels(text: str) -> list[float]:
    from painterly.errors import UsageError

    try:
        sizes = [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--megapixels takes numbers separated by commas, not '{text}'") from None
    if not all(0.001 <= size <= 1e5 for size in sizes):
        raise UsageError(f"--megapixels must be from 0.001 to 100000, not '{text}'")
    return sizes


def _print(values: dict[str, Any], lines: list[str], *, json: bool) -> None:
    if json:
        print_json(values)
        return
    for line in lines:
        typer.echo(line)


def _sizes(text: str) -> list[int]:
    from painterly.errors import UsageError

    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--sizes takes whole numbers separated by commas, not '{text}'") from None
    if min(sizes) < 32:
        raise UsageError(f"--sizes must be at least 32, not {min(sizes)}")
    if any(size % 4 for size in sizes):
        raise UsageError(f"--sizes must be multiples of 4, which the reference needs, not '{text}'")
    return sizes


def _choices(backends: str | None, device: str) -> list[Choice]:
    """The contestants: those of the back ends named, or all that are installed."""
    from painterly.benchmarks.inference import contestants
    from painterly.errors import MissingExtraError, UsageError
    from painterly.inference.choice import BACKENDS, Choice
    from painterly.models.device import choose_device

    installed = contestants(choose_device(device))
    if backends is None:
        return installed
    names = [name.strip() for name in backends.split(",") if name.strip()]
    unknown = [name for name in names if name not in BACKENDS]
    if unknown or not names:
        raise UsageError(f"--backends takes some of {', '.join(BACKENDS)}, not '{backends}'")
    if "compile" in names:
        precisions = [choice.precision for choice in installed if choice.backend == "torch"]
        installed += [Choice("compile", precision) for precision in precisions]
    missing = [name for name in names if name not in {choice.backend for choice in installed}]
    if missing:
        raise MissingExtraError(f"the back end {missing[0]}", "onnx" if missing[0] == "onnxruntime" else missing[0])
    return [choice for choice in installed if choice.backend in names]
