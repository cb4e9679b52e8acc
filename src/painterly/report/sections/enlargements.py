"""Super-resolution: the tables, and pictures side by side (figures 8 and 9)."""

from __future__ import annotations

from painterly.evaluation.super_resolution import Evaluation, evaluate_super_resolution
from painterly.report.context import Context, Examples, Section

__all__ = ["draw", "quality_table"]


def draw(context: Context) -> Section:
    """x4 (figure 8) and x8 (figure 9)."""
    settings, budget = context.settings, context.budget
    section = Section(
        "Enlargements",
        "figures 8 and 9",
        "painterly evaluate super-resolution --data DIR --scale 4 --figures FOLDER",
    )
    section.text(
        "PSNR and SSIM on luma, of pictures rounded to eight bits, without a border as wide as the scale, made small "
        "by plain bicubic interpolation. The paper's x8 figures come from a protocol that is not known: compare those "
        "by their distance from bicubic. The feature distance is that of equation 2, relative to the truth's "
        "activations; colour is the shift of the mean colour and grid the strength of the pattern that repeats with "
        "the up-sampling, in levels of 255. Feature networks are made to look right, not to have a high PSNR: that is "
        "the paper's point."
    )
    for figure, scale in ((8, 4), (9, 8)):
        context.say(f"figure {figure}: x{scale}")
        examples = Examples(context, f"x{scale}", budget.examples)
        result = evaluate_super_resolution(
            settings.folder("benchmarks", "benchmarks"),
            scale=scale,
            sets=budget.sets or None,
            device=settings.device,
            figure=examples.keep,
        )
        quality_table(section, result, f"Figure {figure}: x{scale}. Feature distance: {result.feature_layers}.")
        for name, file in examples.files.items():
            section.picture(file, f"Figure {figure}: {name}, x{scale}.")
        section.data[f"x{scale}"] = result.to_dict()
    return section


def quality_table(section: Section, result: Evaluation, caption: str) -> None:
    """Add the means over each set."""
    section.table(
        ["set", "method", "PSNR / SSIM", "the paper's", "feature distance", "colour", "grid (truth)"],
        [
            [
                row["set"],
                row["method"],
                f"{row['psnr']:.2f} / {row['ssim']:.4f}",
                "" if row["paper_psnr"] is None else f"{row['paper_psnr']:.2f} / {row['paper_ssim']:.4f}",
                "" if row["feature_distance"] is None else f"{row['feature_distance']:.3f}",
                f"{row['colour_shift']:.2f}",
                f"{row['grid']:.2f} ({row['grid_truth']:.2f})",
            ]
            for row in result.rows
        ],
        caption,
    )
