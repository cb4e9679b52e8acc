"""The second experiment: a student report's networks, trained here (DIV2K; its figures 4 to 8)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from painterly.encoders.loading import find_weights
from painterly.encoders.sources import LOSS_NETWORKS
from painterly.evaluation.super_resolution import evaluate_super_resolution
from painterly.models.file import read_card
from painterly.report.context import Context, Examples, Section, mebibytes
from painterly.report.sections.enlargements import quality_table
from painterly.training.checkpoint import CHECKPOINT
from painterly.training.super_resolution import train_super_resolution
from painterly.training.super_resolution_settings import SuperResolutionTraining

__all__ = ["draw"]

_LOSSES: Final = ("feature", "feature+pixel")


def draw(context: Context) -> Section:
    """x4 and x8, feature loss alone and with pixel loss, from scratch by the report's recipe."""
    settings, budget = context.settings, context.budget
    section = Section(
        "With and without pixel loss",
        "a second experiment, on DIV2K",
        "painterly train super-resolution --preset div2k --loss feature+pixel --scale 8 --photos DIR -o x8.safetensors",
    )
    layers = _layers()
    section.text(
        "The paper's super-resolution network with kernels of four in its up-sampling, batch normalisation, blurred "
        f"small pictures, {', '.join(layers)} of VGG-16 weighed alike, Adam at 0.001. The report's authors saw shifted "
        "colours without pixel loss, and dark, blurry pictures with it; they suspected their data and the weights of "
        "layers. The columns colour and grid measure what they saw. Where that brought unseen photographs closer, "
        "results get the small picture's histogram, which the paper does and the report left out: the mean shift of "
        "colour goes, the local one stays. Pictures are tested with the networks' own degradation, blur and bicubic."
    )
    rows: list[dict[str, Any]] = []
    for scale in (4, 8):
        models = [_train(context, scale, loss, layers) for loss in _LOSSES]
        examples = Examples(context, f"div2k-x{scale}", budget.examples)
        result = evaluate_super_resolution(
            settings.folder("benchmarks", "benchmarks"),
            scale=scale,
            models=models,
            sets=["Set5"],
            degradation="paper",  # as the networks were trained, and as the report tested
            device=settings.device,
            figure=examples.keep,
        )
        quality_table(
            section, result, f"x{scale} after {budget.div2k_steps} steps of four {budget.div2k_size}-pixel patches."
        )
        for name, file in examples.files.items():
            section.picture(file, f"{name}, x{scale}: the report's figures 4 to 7.")
        section.data[f"x{scale}"] = result.to_dict()
        for model in models:
            card = read_card(model)
            rows.append({"model": model.stem, "seconds": card.result["seconds"], **card.result["usage"]})
    section.data["training"] = rows
    section.table(
        ["training", "seconds", "memory before", "peak memory", "watts (idle)"],
        [
            [
                row["model"],
                row["seconds"],
                *(mebibytes(row[key]) for key in ("memory_before", "peak_memory")),
                "not known" if row["watts"] is None else f"{row['watts']:.0f} ({row['idle_watts']:.0f})",
            ]
            for row in rows
        ],
        f"The report: 15 W and 72 MiB idle, 126 W and 2,715 MiB in training. Energy: {rows[0]['energy_source']}.",
    )
    return section


def _layers() -> tuple[str, ...]:
    """The report's four layers where all of VGG-16 is at hand, else the two of what is."""
    if find_weights(LOSS_NETWORKS["vgg16"].encoders[0]) is not None:
        return ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
    return ("relu1_2", "relu2_2")


def _train(context: Context, scale: int, loss: str, layers: tuple[str, ...]) -> Path:
    """A network of the report, from the folder if it is there already."""
    settings, budget = context.settings, context.budget
    photos = settings.folder("training", "photos").resolve()
    work: dict[str, Any] = {
        "photos": photos,
        "preset": "div2k",
        "scale": scale,
        "loss": loss,
        "feature_layers": ",".join(layers),
        "size": budget.div2k_size,
        "steps": budget.div2k_steps,
    }
    digest = hashlib.sha256(repr(work).encode()).hexdigest()[:8]  # other work is another network's
    output = settings.output / "networks" / digest / f"x{scale}-{loss}.safetensors"
    if output.is_file() and not settings.overwrite:
        return output
    context.say(f"training x{scale}, {loss}: {budget.div2k_steps} steps")
    resumes = (output.with_suffix(".run") / CHECKPOINT).is_file() and not settings.overwrite
    train_super_resolution(
        SuperResolutionTraining(
            **work, output=output, sample_every=0, resume=resumes, overwrite=True, device=settings.device
        )
    )
    return output
