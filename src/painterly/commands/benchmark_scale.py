"""`painterly benchmark scaling` and `cluster`: what many GPUs, processes and machines bring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from painterly.commands.common import Device, Json, Quiet, Verbose, print_json, say
from painterly.folders import DEMO_PICTURE

__all__ = ["cluster", "cluster_lines", "scaling", "scaling_lines"]


def scaling(
    size: Annotated[int, typer.Option("--size", min=32, help="Side of the crops in pixels.")] = 256,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Crops a step and GPU.")] = 4,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="How often each is timed.")] = 5,
    teraflops: Annotated[
        float, typer.Option("--teraflops", min=0.001, help="Presumed of a GPU: 10^12 operations a second in training.")
    ] = 50.0,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """A training step and an all-reduce, measured here; communication against computing up to 64 GPUs, worked out."""
    from painterly.benchmarks.scaling import benchmark_scaling

    table = benchmark_scaling(
        size=size, batch_size=batch_size, repeats=repeats, rate=teraflops * 1e12, device=device, report=say
    )
    _print(table.to_dict(), scaling_lines(table.to_dict()), json=json)


def cluster(
    count: Annotated[int, typer.Option("--count", min=3, help="Pictures.")] = 40,
    size: Annotated[int, typer.Option("--size", min=16, help="Their longest side in pixels.")] = 512,
    workers: Annotated[list[int] | None, typer.Option("--workers", min=1, help="Once for each number.")] = None,
    copies: Annotated[int, typer.Option("--copies", min=1, help="Files that the engine only copies.")] = 2000,
    picture: Annotated[Path, typer.Option("--picture", help="Any picture; by default the demo's.")] = DEMO_PICTURE,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Pictures a second of --engine ray on this machine, against one process, and what the engine costs for each."""
    from painterly.benchmarks.cluster import benchmark_cluster

    table = benchmark_cluster(
        picture, count=count, size=size, workers=workers, copies=copies, device=device, report=say
    )
    _print(table.to_dict(), cluster_lines(table.to_dict()), json=json)


def scaling_lines(table: dict[str, Any]) -> list[str]:
    """Lines of a document: what was measured, then what follows."""
    from painterly.commands.tables import machine_line, markdown

    step, reduce = table["step"], table["reduce"]
    compute = table["operations"] / table["rate"]
    lines = [
        machine_line(table["machine"]),
        "",
        "Measured here, medians (quartiles):",
        "",
        f"- a step of {table['batch_size']} crops of {table['size']}x{table['size']} in {table['precision']}, "
        f"{table['operations'] / 1e12:.2f} x 10^12 operations: {step['median']:.3f} s "
        f"({step['low']:.3f} to {step['high']:.3f})",
        f"- two processes here add up {table['parameters']:,} gradients through gloo: {reduce['median'] * 1e3:.2f} ms "
        f"({reduce['low'] * 1e3:.2f} to {reduce['high'] * 1e3:.2f}), {reduce['median'] / step['median']:.2%} of a step",
        "",
        f"Arithmetic, no measurement: GPUs at {table['rate'] / 1e12:g} x 10^12 operations a second, so "
        f"{compute * 1e3:.1f} ms a step; a ring through the link as its makers state it; nothing overlaps.",
        "",
    ]
    wanted = [row for row in table["rows"] if row["gpus"] > 1]
    columns = sorted({row["gpus"] for row in wanted})
    head = ["link", "", *(f"{count} GPUs" for count in columns)]
    rows = []
    for link in dict.fromkeys(row["link"] for row in wanted):
        own = [row for row in wanted if row["link"] == link]
        rows.append([link, "all-reduce", *(f"{row['reduce'] * 1e3:.2f} ms" for row in own)])
        rows.append(["", f"efficiency, {table['batch_size']} a GPU", *(f"{row['efficiency']:.1%}" for row in own)])
        rows.append(["", "efficiency, a batch of 64", *(f"{row['same_batch']:.1%}" for row in own)])
    return [*lines, *markdown(head, rows)]


def cluster_lines(table: dict[str, Any]) -> list[str]:
    """Lines of a document."""
    from painterly.commands.tables import machine_line, markdown

    first = table["rows"][0]["rate"]
    rows = [
        [
            row["who"] if row["who"] != "cluster" else f"--engine ray --workers {row['workers']}",
            f"{row['rate']:.2f}",
            f"{row['rate'] / first:.2f}x",
            f"{row['startup']:.1f} s",
        ]
        for row in table["rows"]
    ]
    return [
        machine_line(table["machine"]),
        f"{table['count']} pictures of {table['size']} pixels",
        *markdown(["", "pictures a second", "ratio", "before the first"], rows),
        f"the engine by itself: {table['cost'] * 1e3:.2f} ms a file, of {table['copied']:,} that were only copied; all "
        f"of them listed again and found done in {table['listing']:.2f} s",
    ]


def _print(values: dict[str, Any], lines: list[str], *, json: bool) -> None:
    if json:
        print_json(values)
        return
    for line in lines:
        typer.echo(line)
