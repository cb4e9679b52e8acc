"""`painterly benchmark`: how long things take here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from painterly.commands.common import Device, Json, Overwrite, Quiet, Verbose, print_json, say
from painterly.commands.demo import DEMO_PICTURE
from painterly.models.catalogue import DEFAULT_MODEL

if TYPE_CHECKING:
    from painterly.inference.choice import Choice

__all__ = ["app"]

app = typer.Typer(help="Measure speed.", no_args_is_help=True)


@app.callback()
def benchmark() -> None:
    """Measure speed."""


@app.command("paper")
def paper(
    sizes: Annotated[str, typer.Option("--sizes", help="Sides in pixels, separated by commas.")] = "256,512,1024",
    iterations: Annotated[
        int, typer.Option("--iterations", min=1, help="Iterations that are timed; more are extrapolated, and marked.")
    ] = 10,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Passes of the network that are timed.")] = 5,
    model: Annotated[str, typer.Option("--model", "-m", help="A style network's name or file.")] = DEFAULT_MODEL,
    picture: Annotated[Path, typer.Option("--picture", help="Any picture; by default the demo's.")] = DEMO_PICTURE,
    loss_network: Annotated[str, typer.Option("--loss-network", help="As for train style.")] = "auto",
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Table 1: seconds of optimisation against one pass of the network, in float32."""
    from painterly.benchmarks.paper import benchmark_paper

    wanted = _sizes(sizes)
    table = benchmark_paper(
        picture,
        model=model,
        sizes=wanted,
        iterations=iterations,
        repeats=repeats,
        loss_network=loss_network,
        device=device,
        report=say if verbose else (lambda text: None),
    )
    if json:
        print_json(table.to_dict())
        return
    typer.echo(f"{table.device}, {table.threads} threads, float32, loss network {table.loss_network}")
    for line in _lines(table.rows):
        typer.echo(line)
    if any(entry["extrapolated"] for row in table.rows for entry in row["optimisation"]):
        typer.echo(f"~ extrapolated from the median of {iterations} iterations")
    for line in _usage_lines(table.rows):
        typer.echo(line)


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| size | network: median (quartiles) | an iteration | 100 | 300 | 500 | speed-up | the paper's |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        seconds = [f"{'~' if e['extrapolated'] else ''}{e['seconds']:.1f} s" for e in row["optimisation"]]
        ratios = " / ".join(f"{e['speed_up']:.0f}x" for e in row["optimisation"])
        paper = row["paper"]
        theirs = " / ".join(f"{value / paper[3]:.0f}x" for value in paper[:3]) if paper else ""
        times = [f"{t['median']:.3f} s ({t['low']:.3f} to {t['high']:.3f})" for t in (row["network"], row["iteration"])]
        lines.append(f"| {row['size']} | {' | '.join([*times, *seconds, ratios, theirs])} |")
    return lines


def _usage_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Memory and energy, or why there is none to tell."""
    lines = [
        "",
        "| size | peak memory, network | optimisation | joules a pass | an iteration |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        usages = row["usage"]["network"], row["usage"]["optimisation"]
        memory = ["" if u["peak_memory"] is None else f"{u['peak_memory'] / 2**20:.0f} MiB" for u in usages]
        joules = [f"{u['joules_per_image']:.3g}" if "joules_per_image" in u else "not known" for u in usages]
        lines.append(f"| {row['size']} | {' | '.join([*memory, *joules])} |")
    first = rows[0]["usage"]["network"]
    idle = f"{first['idle_watts']:.0f} W idle subtracted" if first["idle_watts"] is not None else "not known"
    return [*lines, f"energy: {idle}, {first['energy_source']}"]


@app.command("inference")
def inference(
    sizes: Annotated[str, typer.Option("--sizes", help="Sides in pixels, separated by commas.")] = "256,512,1024",
    models: Annotated[
        str, typer.Option("--models", "-m", help="Style networks' names or files, separated by commas.")
    ] = DEFAULT_MODEL,
    backends: Annotated[
        str | None, typer.Option("--backends", help="torch,compile,openvino,onnxruntime; by default what is installed.")
    ] = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Passes that are timed.")] = 7,
    picture: Annotated[Path, typer.Option("--picture", help="Any picture; by default the demo's.")] = DEMO_PICTURE,
    figure: Annotated[Path | None, typer.Option("--figure", help="Draw a bar chart into this .svg file.")] = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Milliseconds a picture, against the architecture of pytorch/examples in eager float32, taking turns."""
    from painterly.benchmarks.inference import benchmark_inference, contestants
    from painterly.evaluation.charts import bar_chart, check_chart, save_chart
    from painterly.models.device import choose_device

    wanted = _sizes(sizes)
    if figure is not None:
        check_chart(figure, overwrite=overwrite)
    choices = _choices(backends, contestants(choose_device(device)))
    table = benchmark_inference(
        picture,
        models=[name.strip() for name in models.split(",") if name.strip()],
        sizes=wanted,
        choices=choices,
        repeats=repeats,
        device=device,
        report=say,
    )
    if figure is not None:
        save_chart(bar_chart(table.rows), figure, overwrite=overwrite)
        say(f"wrote {figure}")
    if json:
        print_json(table.to_dict())
        return
    machine = table.machine
    typer.echo(f"{machine['gpu'] or machine['processor']}, {machine['threads']} threads, torch {machine['torch']}")
    rates = ", ".join(f"{name} {rate / 1e9:.0f} billion" for name, rate in table.ceiling.items())
    typer.echo(f"ceiling: multiplications a second in {rates}")
    for line in _inference_lines(table.rows):
        typer.echo(line)


def _inference_lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| size | network | back end | precision | ms (quartiles) | ratio | to tuned | PSNR | of ceiling | memory |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        psnr = "" if row["psnr"] is None else f"{row['psnr']:.1f} dB"
        share = "" if row["share"] is None else f"{100 * row['share']:.0f} %"
        peak = row["usage"]["peak_memory"]
        cells = [row["size"], row["model"], row["backend"], row["precision"]]
        cells += [f"{row['milliseconds']:.1f} ({row['low']:.1f} to {row['high']:.1f})"]
        cells += [f"{row['ratio']:.1f}x", f"{row['ratio_tuned']:.1f}x", psnr, share]
        cells += ["" if peak is None else f"{peak / 2**20:.0f} MiB"]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def _sizes(text: str) -> list[int]:
    from painterly.errors import UsageError

    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--sizes takes whole numbers separated by commas, not '{text}'") from None
    if min(sizes) < 32:
        raise UsageError(f"--sizes must be at least 32, not {min(sizes)}")
    return sizes


def _choices(backends: str | None, installed: list[Choice]) -> list[Choice]:
    """The contestants wanted: those of the back ends named."""
    from painterly.errors import UsageError
    from painterly.inference.choice import BACKENDS, Choice

    if backends is None:
        return installed
    names = [name.strip() for name in backends.split(",") if name.strip()]
    unknown = [name for name in names if name not in BACKENDS]
    if unknown or not names:
        raise UsageError(f"--backends takes some of {', '.join(BACKENDS)}, not '{backends}'")
    if "compile" in names:
        precisions = [choice.precision for choice in installed if choice.backend == "torch"]
        installed = [*installed, *(Choice("compile", precision) for precision in precisions)]
    return [choice for choice in installed if choice.backend in names]
