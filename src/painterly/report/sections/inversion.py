"""What layers keep of a picture (figure 3), and of a style (figure 4)."""

from __future__ import annotations

from painterly.encoders.loading import load_loss_network
from painterly.encoders.sources import LOSS_NETWORKS
from painterly.errors import UsageError
from painterly.evaluation.style import find_painting
from painterly.images.writing import save_picture
from painterly.models.reading import info
from painterly.optimisation.invert import invert
from painterly.report.context import Context, Section

__all__ = ["draw"]

_PAPER = (("relu2_2", "relu3_3", "relu4_3", "relu5_1", "relu5_3"), ("relu1_2", "relu2_2", "relu3_3", "relu4_3"))
"""The layers of figures 3 and 4."""


def draw(context: Context) -> Section:
    """Both figures, on a photograph and on the painting."""
    settings, budget = context.settings, context.budget
    features, styles, name = _layers(settings.loss_network)
    section = Section(
        "What layers know",
        "figures 3 and 4",
        f"painterly invert PHOTO --layer {','.join(features)} --grid -o features.png; "
        f"painterly invert PAINTING --style {','.join(styles)} --grid -o styles.png",
    )
    source = settings.output / "pictures" / "inverted.png"
    title, photograph = context.photographs(1)[0]
    save_picture(photograph, source, overwrite=True)
    try:
        painting = settings.style or find_painting(info(settings.model))
    except UsageError:
        painting = source
    for kind, layers, picture, caption in (
        ("feature", features, source, f"Figure 3: pictures with the activations of {title} at a layer."),
        ("style", styles, painting, f"Figure 4: pictures with the Gram matrix of {painting.stem} at a layer."),
    ):
        context.say(f"{kind} inversion of {len(layers)} layers")
        sheet, rows = invert(
            picture,
            ",".join(layers),
            kind=kind,  # type: ignore[arg-type]
            grid=True,
            size=budget.inversion_size,
            iterations=budget.inversion_iterations,
            loss_network=settings.loss_network,
            device=settings.device,
        )
        section.picture(context.keep_picture(f"inversion-{kind}.png", sheet), caption)
        section.data[kind] = rows
    section.text(
        "Shallow layers give the picture back; deeper ones keep what is where, but not colours, textures and exact "
        f"shapes. From noise, {budget.inversion_iterations} iterations of projected L-BFGS for each layer of {name}, "
        "with Mahendran and Vedaldi's total variation. The distance is relative to the layer's own activations."
    )
    rows = [*section.data["feature"], *section.data["style"]]
    section.table(
        ["layer", "matched", "distance of noise", "in the end"],
        [[r["layers"], r["kind"], f"{r['start']:.3g}", f"{r['end']:.3g}"] for r in rows],
    )
    return section


def _layers(loss_network: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """The paper's layers where the loss network has them, else its own; and its title."""
    features, styles = _PAPER
    try:
        network = load_loss_network(loss_network, content_layers=features, style_layers=styles)
        return features, styles, network.description["title"]
    except UsageError:
        network = load_loss_network(loss_network)
        own = tuple(network.description["style_layers"])
        deeper = (*own, *_deeper(network.description["name"], own))
        return deeper, own, network.description["title"]


def _deeper(name: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """A layer below those of style, where there is one."""
    source = LOSS_NETWORKS.get(name)
    served = [layer for part in source.encoders for layer in part.layers] if source else []
    return tuple(layer for layer in served if layer not in own and layer.startswith("relu5"))[:1]
