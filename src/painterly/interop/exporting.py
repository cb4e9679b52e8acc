"""Networks for other programs: ONNX, OpenVINO and torch's exported programs, each checked before it gets its name."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import torch
from torch import Tensor

from painterly.atomic import atomic_path, check_writable
from painterly.errors import MissingExtraError, OutputError, UsageError
from painterly.images.reading import read_picture
from painterly.images.tensors import to_tensor
from painterly.inference.graph import Pad, lower
from painterly.models.card import ModelCard
from painterly.models.gallery import Gallery
from painterly.models.header import CARD
from painterly.models.reading import is_whole, read_file
from painterly.models.resolve import Style, card_for, resolve
from painterly.networks.build import Network
from painterly.networks.mixing import with_mix
from painterly.networks.srcnn import SRCNN
from painterly.networks.style import MINIMUM_SIZE, StyleNetwork
from painterly.networks.super_resolution import SuperResolutionNetwork

__all__ = ["TOLERANCES", "Export", "Format", "export_model", "export_network"]

Format = Literal["onnx", "openvino", "torch"]
"""What an export is written as."""

_SUFFIXES: Final[dict[str, Format]] = {".onnx": "onnx", ".xml": "openvino", ".pt2": "torch"}

TOLERANCES: Final[dict[str, float]] = {"float32": 0.0005, "float16": 0.004}
"""Largest difference from torch, of pictures in [0, 1], with which an export is written."""

_SIZES: Final = ((2, 96, 128), (1, 77, 101), (1, 1, 65))
"""Batch, height and width of the pictures with which exports are checked, or the least that the network takes."""

_PHOTO: Final = Path(__file__).parents[1] / "assets" / "demo.jpg"


@dataclass(frozen=True)
class Export:
    """What was exported, and how well it does.

    Attributes:
        file: The file; OpenVINO's weights lie beside it, in .bin.
        format: Its format.
        precision: In which weights are stored.
        bytes: Size of all that was written.
        minimum: Shortest side of a picture that it takes, in pixels.
        styles: Names of the styles whose weights are its second input, in their order; none for one style.
        differences: Largest difference from torch, of pictures in [0, 1], by their size.
        tolerance: With how much it would not have been written.
    """

    file: Path
    format: Format
    precision: str
    bytes: int
    minimum: int
    styles: list[str]
    differences: dict[str, float]
    tolerance: float


def export_model(
    model: str | Path | None,
    output: str | Path,
    *,
    style: Style | None = None,
    strength: float = 1.0,
    format: str | None = None,
    precision: str = "float32",
    overwrite: bool = False,
) -> Export:
    """Export a network for other programs. It takes and gives RGB in [0, 1], shape (B, 3, H, W), for any B, H and W.

    Everything that lies around the layers is in the graph: pixel scaling, padding of odd sizes, bicubic enlargement.

    Args:
        model: A model's name or file, as everywhere; by default the gallery. The gallery itself, with no style, takes
            the weights of all its styles as a second input, shape (S,), which should add up to one.
        output: The file to write; .onnx, .xml (OpenVINO) or .pt2 (torch).
        style: A style or a mixture, for a gallery.
        strength: From 0, the photograph, to 1, the style; likewise.
        format: "onnx", "openvino" or "torch"; by default what the file's name ends in.
        precision: "float32"; or "float16": weights are stored in half precision, and arithmetic stays in float32.
        overwrite: Whether an existing file is replaced.

    Returns:
        What was written, and how far it is from torch on three sizes.

    Raises:
        UsageError: There is no such model, style, format or precision, or the file's name does not suit the format.
        InputError: The file cannot be read as a model.
        OutputError: The output exists, cannot be written, or is not what torch computes; nothing is written then.
        MissingExtraError: The format needs an extra that is not installed.
    """
    path, look = resolve(model, style, strength)
    network, card = read_file(path)
    if not isinstance(network, (StyleNetwork, SuperResolutionNetwork, SRCNN)):
        raise UsageError(f"{path.stem} is a network for {card.task}, which is not exported")
    whole = style is None and strength == 1 and model is not None and is_whole(model, path)
    if look is not None and isinstance(network, StyleNetwork) and not whole:
        network, card = Gallery(network, card).network_for(look), card_for(card, look)
    return export_network(network, card, output, format=format, precision=precision, overwrite=overwrite)


def export_network(
    network: Network,
    card: ModelCard,
    output: str | Path,
    *,
    format: str | None = None,
    precision: str = "float32",
    overwrite: bool = False,
) -> Export:
    """As `export_model`, for a network at hand.

    Args:
        network: A style network, a super-resolution network or SRCNN.
        card: Its card, which is stored in the export.
        output: As for `export_model`, like all else.
        format: Likewise.
        precision: Likewise.
        overwrite: Likewise.
    """
    target = Path(output).expanduser()
    kind = _format(target, format)
    if precision not in TOLERANCES:
        raise UsageError(f"--precision must be {' or '.join(TOLERANCES)} for an export, not {precision}")
    for path in _files(target, kind):
        check_writable(path, overwrite=overwrite)
    network = network.eval().to("cpu")
    minimum, styles = _minimum(network), _style_names(network, card)
    about = {CARD: card.to_json(), "minimum_side": str(minimum), **({"styles": json.dumps(styles)} if styles else {})}
    with contextlib.ExitStack() as files:
        temporary = [files.enter_context(atomic_path(path)) for path in _files(target, kind)]
        run = _write(kind, network, about, temporary, half=precision == "float16", minimum=minimum)
        differences = _compare(network, run, minimum)
        worst, tolerance = max(differences.values()), TOLERANCES[precision]
        if not worst <= tolerance:
            raise OutputError(
                f"{target} was not written: it differs from torch by up to {worst:.2g}, and {tolerance:g} is allowed"
            )
    size = sum(path.stat().st_size for path in _files(target, kind))
    return Export(target, kind, precision, size, minimum, styles, differences, tolerance)


def _format(target: Path, format: str | None) -> Format:
    own = _SUFFIXES.get(target.suffix.lower())
    kinds = get_args(Format)
    if format is not None and format not in kinds:
        raise UsageError(f"--format must be {', '.join(kinds[:-1])} or {kinds[-1]}, not {format}")
    if own is None or (format is not None and format != own):
        wanted = [suffix for suffix, kind in _SUFFIXES.items() if format in (None, kind)]
        what = "an export's name" if format is None else f"the name of an export to {format}"
        raise UsageError(f"{target}: {what} ends in {' or '.join(wanted)}")
    return own


def _files(target: Path, kind: Format) -> list[Path]:
    """OpenVINO's weights come first: without its text file they are nothing."""
    return [target.with_suffix(".bin"), target] if kind == "openvino" else [target]


def _write(
    kind: Format, network: Network, about: dict[str, str], files: Sequence[Path], *, half: bool, minimum: int
) -> Callable[..., Tensor]:
    """Write an export and what is to be said about it; returns what runs the file that was written."""
    if kind == "torch":
        from painterly.interop.export_torch import exported_program

        program = exported_program(network, half=half, minimum=minimum)
        torch.export.save(program, files[-1], extra_files={f"{name}.json": text for name, text in about.items()})
        module: Callable[..., Tensor] = torch.export.load(files[-1]).module()
        return module
    from painterly.interop.export_onnx import portable_onnx

    model = portable_onnx(network, about, half=half and kind == "onnx")
    if kind == "onnx":
        files[-1].write_bytes(model.SerializeToString())
        return _onnx_runner(files[-1])
    from painterly.interop.export_openvino import openvino_runner, write_openvino

    write_openvino(model, files[-1], files[0], about, half=half)
    return openvino_runner(files[-1], files[0])


def _onnx_runner(path: Path) -> Callable[..., Tensor]:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError("checking an export to ONNX", "onnx") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]

    def run(*inputs: Tensor) -> Tensor:
        given = dict(zip(names, (value.numpy() for value in inputs), strict=True))
        return torch.from_numpy(session.run(None, given)[0])

    return run


def _minimum(network: Network) -> int:
    """Shortest side of a picture that plain reflection can pad."""
    if isinstance(network, StyleNetwork) and network.description.styles > 1:
        return _minimum(with_mix(network, torch.eye(network.description.styles)[0]))
    ops = lower(network.get_submodule("layers")).ops
    pads = [op.amount for op in ops if isinstance(op, Pad) and op.mode == "reflect"]
    if isinstance(network, StyleNetwork):  # the first padding is of the picture; deeper ones of a quarter of it
        return max([MINIMUM_SIZE, *(pad + 1 for pad in pads[:1])])
    return max([3, *(pad + 1 for pad in pads)])


def _style_names(network: Network, card: ModelCard) -> list[str]:
    """What the second input's weights are for; nothing for a network of one style."""
    if not isinstance(network, StyleNetwork) or network.description.styles == 1:
        return []
    names = [str(entry.get("name", "")) for entry in card.styles]
    return [*names, "photograph"] if network.description.identity else names


def _styles(network: Network) -> int:
    return network.description.styles if isinstance(network, StyleNetwork) else 1


@torch.inference_mode()
def _compare(network: Network, run: Callable[..., Tensor], minimum: int) -> dict[str, float]:
    """Largest difference by size, on pieces of the photograph that ships."""
    differences = {}
    for inputs in _examples(network, minimum):
        picture = inputs[0]
        batch, _, height, width = picture.shape
        wanted = network(*inputs).clamp(0, 1)
        found = run(*(value.contiguous() for value in inputs))
        same = found.shape == wanted.shape and bool(found.isfinite().all())
        differences[f"{batch}x{height}x{width}"] = float((found - wanted).abs().max()) if same else float("inf")
    return differences


def _examples(network: Network, minimum: int) -> Iterator[list[Tensor]]:
    photo = to_tensor(read_picture(_PHOTO))
    shrink = 1 if isinstance(network, StyleNetwork) else 3
    for number, (batch, height, width) in enumerate(_SIZES):
        high, wide = (max(minimum, side // shrink) for side in (height, width))
        pieces = [photo[..., 40 * i : 40 * i + high, 60 * i : 60 * i + wide] for i in range(1, batch + 1)]
        inputs = [torch.cat(pieces)]
        if (styles := _styles(network)) > 1:
            mix = (
                torch.eye(styles)[0]
                if number == 0
                else torch.rand(styles, generator=torch.Generator().manual_seed(number))
            )
            inputs.append(mix / mix.sum())
        yield inputs
