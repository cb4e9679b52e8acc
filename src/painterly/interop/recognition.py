"""From tensors of unknown origin to one of our networks."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from painterly.errors import InputError
from painterly.interop.folding import fold_epsilon, fold_first, fold_last, from_tensorflow
from painterly.interop.layouts import LAYOUTS, Layout
from painterly.networks.style import StyleNetwork

__all__ = ["network_from", "recognise"]

_LISTED: Final = 6
"""Names that a message gives before it only counts."""

_TOO_FEW: Final = 0.25
"""Share of a layout's names that a file must have for the layout to be worth a mention."""


@dataclass(frozen=True)
class _Match:
    """How well a file fits a layout."""

    layout: Layout
    blocks: int
    wanted: dict[str, str]
    missing: list[str]
    unknown: list[str]

    @property
    def found(self) -> int:
        return len(self.wanted) - len(self.missing)

    @property
    def faults(self) -> int:
        return len(self.missing) + len(self.unknown)


def recognise(tensors: Mapping[str, Tensor]) -> tuple[StyleNetwork, Layout]:
    """The network that some tensors are, and whose layout it is.

    Args:
        tensors: By name, as a file has them.

    Raises:
        InputError: No known layout has these names and shapes; the nearest, and what differs, are named.
    """
    matches = [_match(layout, tensors) for layout in LAYOUTS]
    best = min(matches, key=lambda match: (match.faults, -match.found))
    if best.found < _TOO_FEW * len(best.wanted):
        layouts = ", ".join(layout.name for layout in LAYOUTS)
        raise InputError(f"it holds {_listed(list(tensors))}, which no known layout does (known are {layouts})")
    if best.faults:
        wrong = [f"lacks {_listed(best.missing)}"] if best.missing else []
        wrong += [f"holds {_listed(best.unknown)}, which is unknown there"] if best.unknown else []
        raise InputError(f"it is nearest to {best.layout.name}, but {' and '.join(wrong)}")
    return network_from(tensors, best.layout, best.blocks), best.layout


@torch.no_grad()
def network_from(tensors: Mapping[str, Tensor], layout: Layout, blocks: int) -> StyleNetwork:
    """Our network with the weights of another in a known layout.

    Args:
        tensors: By the layout's names. Normalisations may have no scales and shifts.
        layout: The layout.
        blocks: Number of residual blocks.

    Returns:
        The network, in evaluation mode.

    Raises:
        InputError: A tensor's shape is not the one that the layout has.
    """
    kernel = tensors[_parameters(layout, blocks)["first.conv.weight"]]
    width = int(kernel.shape[-1 if layout.tensorflow else 0]) if kernel.ndim == 4 else 0
    network = StyleNetwork(dataclasses.replace(layout.description, width=width, blocks=blocks))
    own = {name.removeprefix("layers."): value for name, value in network.state_dict().items()}
    weights: dict[str, Tensor] = {}
    for name, foreign in _parameters(layout, blocks).items():
        if foreign in tensors:
            value = tensors[foreign].detach().double()
            if layout.tensorflow and value.ndim == 4:
                value = from_tensorflow(value, stride=2 if own[name].shape[-2:] == (4, 4) else 1)
            if value.shape != own[name].shape:
                raise InputError(
                    f"{foreign} has the shape {tuple(tensors[foreign].shape)}, which does not fit {layout.name} with "
                    f"{width} channels and {blocks} blocks"
                )
            weights[name] = value
    for name, value in own.items():  # what is not there adds nothing: no bias, no scale, no shift
        weights.setdefault(name, (torch.ones_like if name.endswith("weight") else torch.zeros_like)(value.double()))
    _fold(weights, layout)
    network.layers.load_state_dict({name: value.float() for name, value in weights.items()})
    return network.eval()


def _fold(weights: dict[str, Tensor], layout: Layout) -> None:
    """Bring pixels and epsilons to ours, in place."""
    space = layout.description.pixels
    if layout.pixels != "own":
        first, last = (tuple(weights[f"{end}.conv.{kind}"] for kind in ("weight", "bias")) for end in ("first", "last"))
        first = fold_first(first[0], first[1], space, bgr=layout.pixels == "bgr")
        weights["first.conv.weight"], weights["first.conv.bias"] = first
        if space == "unit":
            last = fold_last(last[0], last[1], bgr=layout.pixels == "bgr")
            weights["last.conv.weight"], weights["last.conv.bias"] = last
    for norm in [name for name in weights if re.search(r"\bnorm\d?\.weight$", name)]:
        conv = re.sub(r"\bnorm(\d?)\.weight$", r"conv\1", norm)
        pair = fold_epsilon(weights[f"{conv}.weight"], weights[f"{conv}.bias"], layout.epsilon)
        weights[f"{conv}.weight"], weights[f"{conv}.bias"] = pair


def _match(layout: Layout, tensors: Mapping[str, Tensor]) -> _Match:
    blocks = max(0, layout.blocks(tensors))
    wanted = _parameters(layout, blocks)
    norms = {foreign for name, foreign in wanted.items() if "norm" in name}
    if norms.isdisjoint(tensors):  # normalisation without scales and shifts
        wanted = {name: foreign for name, foreign in wanted.items() if foreign not in norms}
    names = set(wanted.values())
    missing = [name for name in wanted.values() if name not in tensors]
    unknown = [name for name in tensors if name not in names and not re.match(layout.past, name)]
    return _Match(layout, blocks, wanted, missing, unknown)


def _parameters(layout: Layout, blocks: int) -> dict[str, str]:
    """The file's name of every parameter, by ours."""
    found = {}
    for name, foreign in layout.names(blocks).items():
        if layout.tensorflow:  # a variable is a parameter
            found[name if name.endswith(("weight", "bias")) else f"{name}.weight"] = foreign
            continue
        pair = layout.scale if "norm" in name else ("weight", "bias")
        for kind, theirs in zip(("weight", "bias"), pair, strict=True):
            found[f"{name}.{kind}"] = f"{foreign}.{theirs}"
    return found


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"
