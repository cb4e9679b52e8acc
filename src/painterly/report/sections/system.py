"""What painterly is made of (figures 1 and 2; supplement, tables 1 and 2; Simonyan and Zisserman, table 1)."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import nn

from painterly.encoders.vgg import VGG, VGG_CONFIGURATIONS, layer_names
from painterly.evaluation.cost import multiplications, receptive_field
from painterly.models.catalogue import shipped_models
from painterly.models.file import read_card
from painterly.networks.description import (
    SRCNN_PRESETS,
    STYLE_PRESETS,
    SUPER_RESOLUTION_PRESETS,
    StyleDescription,
    SuperResolutionDescription,
)
from painterly.networks.srcnn import SRCNN
from painterly.networks.style import StyleNetwork
from painterly.networks.super_resolution import SuperResolutionNetwork
from painterly.report.context import Context, Section

__all__ = ["draw"]

_DIAGRAM = "system.svg"
_SIDE = 256
"""Pixels of the square for which multiplications are counted; the paper's network reflects 40 more on every side."""


def draw(context: Context) -> Section:
    """Figure 2, and every network in numbers."""
    section = Section("The system", "figure 2", "painterly models; painterly info starry-night")
    section.text(
        "A network is trained to paint; a second one, trained to classify and never changed, judges its paintings by "
        "activations instead of pixels. Matching the photograph's activations keeps what is shown, matching the "
        "Gram matrices of the painting's takes over its style."
    )
    chart = context.keep_chart(_DIAGRAM, _diagram().encode())
    section.picture(chart, "Training (figure 2). Afterwards the image transformation network alone paints.")

    networks = [_row(name, network, field) for name, network, field in _networks()]
    section.data["networks"] = networks
    section.table(
        ["network", "parameters", "thousand multiplications a pixel of the result", "receptive field, pixels"],
        [[n["name"], f"{n['parameters']:,}", f"{n['multiplications'] / 1000:.1f}", n["field"]] for n in networks],
        "Multiplications as torch counts them; style networks' receptive fields by gradients, without instance norm.",
    )

    section.data["loss_networks"] = vggs = [_vgg(letter) for letter in VGG_CONFIGURATIONS]
    section.table(
        ["VGG", "convolutions", "parameters (convolutions)", "deepest layer"],
        [[v["name"], v["convolutions"], f"{v['parameters']:,}", v["deepest"]] for v in vggs],
        "All six configurations of Simonyan and Zisserman; D is the loss network of the paper, E that of Gatys.",
    )

    section.data["shipped"] = ships = [_shipped(name) for name in shipped_models()]
    section.table(
        ["ships as", "task", "steps", "bytes"],
        [[s["name"], s["task"], s["steps"], f"{s['bytes']:,}"] for s in ships],
        "painterly info NAME prints the whole card.",
    )
    return section


def _networks() -> list[tuple[str, nn.Module, nn.Module | None]]:
    """Name, network, and what the field is measured on: without whole-picture normalisation and the final tanh."""
    found: list[tuple[str, nn.Module, nn.Module | None]] = []
    for name, style in STYLE_PRESETS.items():
        local: StyleDescription = dataclasses.replace(style, normalization="batch")
        found.append((f"style, {name}", StyleNetwork(style), StyleNetwork(local).layers))
    for name, preset in SUPER_RESOLUTION_PRESETS.items():
        for scale in (4, 8):
            description: SuperResolutionDescription = dataclasses.replace(preset, scale=scale)
            network = SuperResolutionNetwork(description)
            found.append((f"super-resolution x{scale}, {name}", network, None))
    found += [(f"SRCNN {name}, x4", SRCNN(description), None) for name, description in SRCNN_PRESETS.items()]
    return found


def _row(name: str, network: nn.Module, local: nn.Module | None) -> dict[str, Any]:
    side = _SIDE if isinstance(network, StyleNetwork) else _SIDE // 4
    picture = torch.rand(1, 3, side, side)
    with torch.inference_mode():
        output = network.eval()(picture)
    return {
        "name": name,
        "parameters": sum(p.numel() for p in network.parameters()),
        "multiplications": multiplications(network, picture) / output[0, 0].numel(),
        "field": receptive_field(local, torch.rand(1, 3, 48, 160)) if local is not None else None,
    }


def _vgg(letter: str) -> dict[str, Any]:
    deepest = layer_names(letter)[-1]  # type: ignore[arg-type]
    with torch.device("meta"):
        vgg = VGG(letter, until=deepest)  # type: ignore[arg-type]
    return {
        "name": letter,
        "convolutions": sum(len(kernels) for kernels in VGG_CONFIGURATIONS[letter]),
        "parameters": sum(p.numel() for p in vgg.parameters()),
        "deepest": deepest,
    }


def _shipped(name: str) -> dict[str, Any]:
    path = shipped_models()[name]
    card = read_card(path)
    return {"name": name, "task": card.task, "steps": card.result.get("steps"), "bytes": path.stat().st_size}


def _diagram() -> str:
    """Figure 2 as a drawing."""
    boxes = [
        (10, 70, 110, "photograph x"),
        (170, 70, 150, "image transformation\nnetwork f"),
        (370, 70, 110, "painting y"),
        (530, 70, 160, "loss network\n(VGG, fixed)"),
        (10, 150, 110, "content target = x"),
        (370, 10, 110, "style target"),
        (740, 30, 170, "style reconstruction\nGram matrices, 4 layers"),
        (740, 110, 170, "feature reconstruction\nactivations, 1 layer"),
    ]
    arrows = [(120, 92, 170, 92), (320, 92, 370, 92), (480, 92, 530, 92), (480, 32, 560, 70), (690, 80, 740, 56)]
    arrows += [(690, 104, 740, 130)]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 200" font-family="sans-serif" font-size="13">'
        '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs><rect width="920" height="200" fill="#fff"/>'
    ]
    for x, y, width, label in boxes:
        lines = label.split("\n")
        parts.append(f'<rect x="{x}" y="{y}" width="{width}" height="44" rx="6" fill="#f3ede2" stroke="#8a7a5c"/>')
        for index, line in enumerate(lines):
            below = y + 27 + 16 * index - 8 * (len(lines) - 1)
            parts.append(f'<text x="{x + width / 2}" y="{below}" text-anchor="middle" fill="#222">{line}</text>')
    for x1, y1, x2, y2 in arrows:
        parts.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#555" marker-end="url(#tip)"/>')
    parts.append(
        '<path d="M120,172 H610 V116" fill="none" stroke="#555" marker-end="url(#tip)"/>'
        '<path d="M825,156 V188 H245 V118" fill="none" stroke="#c8502b" stroke-dasharray="5 4" '
        'marker-end="url(#tip)"/><text x="640" y="183" fill="#c8502b">gradients train f alone</text></svg>'
    )
    return "".join(parts)
