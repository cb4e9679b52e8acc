"""Anybody's network as a program: its `forward` is followed once, symbolically, and every step becomes an operation."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from painterly.inference.graph import Add, Nearest, Pad, Relu, Shuffle
from painterly.networks.normalization import InstanceNorm
from painterly.networks.padding import ReflectionPad
from painterly.tiling.layers import average_pooling, convolution, group_norm, patches, simple
from painterly.tiling.ops import Pointwise, TiledOp, channels_of, operands
from painterly.tiling.program import Program, ProgramBuilder

__all__ = ["trace_network"]

_ELEMENTWISE: Final[set[Any]] = {
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow),
    *(operator.iadd, operator.isub, operator.imul, operator.itruediv),
    *(torch.add, torch.sub, torch.mul, torch.div, torch.neg, torch.pow, torch.abs, torch.square, torch.sqrt),
    *(torch.exp, torch.clamp, torch.clip, torch.maximum, torch.minimum, torch.sigmoid, torch.tanh, torch.relu),
    *(F.relu, F.relu6, F.leaky_relu, F.elu, F.gelu, F.silu, F.mish, F.softplus, F.hardtanh, F.sigmoid, F.tanh),
}
"""Functions that look at one pixel and one channel at a time, and at numbers."""

_METHODS: Final = {
    *("add", "sub", "mul", "div", "neg", "pow", "abs", "square", "sqrt", "exp", "clamp", "clip", "sigmoid", "tanh"),
    *("relu", "add_", "sub_", "mul_", "div_", "clamp_", "relu_"),
}
"""The same, of tensors. Those in place are done out of place."""

_IN_PLACE: Final[dict[Any, Any]] = {
    operator.iadd: operator.add,
    operator.isub: operator.sub,
    operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
}
"""Operators that change their first operand, and what they compute."""

_SAME: Final = {"contiguous", "float", "clone", "detach"}
"""Methods that leave float32 as it is."""


class _Proxy(fx.Proxy):
    """Stands for a tensor while `forward` is followed, and remembers what is done to it in place."""

    def __iadd__(self, other: object) -> fx.Proxy:
        return self._in_place(operator.iadd, other)

    def __isub__(self, other: object) -> fx.Proxy:
        return self._in_place(operator.isub, other)

    def __imul__(self, other: object) -> fx.Proxy:
        return self._in_place(operator.imul, other)

    def __itruediv__(self, other: object) -> fx.Proxy:
        return self._in_place(operator.itruediv, other)

    def _in_place(self, what: Callable[..., Any], other: object) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", what, (self, other), {})


class _Tracer(fx.Tracer):
    """torch's layers are steps, and so are painterly's two that torch has not."""

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        own = isinstance(m, (InstanceNorm, ReflectionPad))
        return own or super().is_leaf_module(m, module_qualified_name)


@torch.no_grad()
def trace_network(network: nn.Module, *, channels: int = 3, device: torch.device | str = "cpu") -> Program:
    """Follow a network's `forward` and list what it does, as in evaluation mode.

    What it may be made of: convolutions, plain and transposed, with groups, dilation and any padding mode but
    "circular"; reflected and repeated padding; instance, group and batch normalisation; pooling; nearest up-sampling,
    pixel shuffle and unshuffle; activations and arithmetic by pixel, also with one number for each channel; sums and
    concatenations of values of one size.

    Args:
        network: From a picture, shape (1, C, H, W), to a picture. It is not changed.
        channels: C.
        device: Where the program will run.

    Raises:
        TypeError: `forward` does something that is not known here, or depends on the values of its input.

    Example:
        >>> from painterly.tiling import trace_network
        >>> trace_network(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.LeakyReLU(), nn.Conv2d(8, 3, 1))).channels
        [3, 8, 8, 3]
    """
    tracer = _Tracer()
    if tracer.is_leaf_module(network, ""):
        network = nn.Sequential(network)
    with _evaluating(network):
        try:
            graph = tracer.trace(network)
        except TypeError:
            raise
        except Exception as error:  # whatever a forward does with a value that is none yet
            raise TypeError(f"the forward of {type(network).__name__} cannot be followed: {error}") from error
    steps = _Steps(network, channels, torch.device(device))
    for node in graph.nodes:
        steps.take(node)
    return steps.builder.build()


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


class _Steps:
    """Operations so far, and which value each step of a traced network gives."""

    def __init__(self, network: nn.Module, channels: int, device: torch.device) -> None:
        self.builder = ProgramBuilder()
        self.network, self.device = network, device
        self.values: dict[fx.Node, int] = {}
        self.constants: dict[fx.Node, Tensor] = {}
        self.channels: list[int] = []
        self.inputs = channels

    def take(self, node: fx.Node) -> None:
        """Append what a step does."""
        if node.op == "placeholder":
            if self.channels:
                raise TypeError(f"{type(self.network).__name__} takes more than a picture: {node.name}")
            self.values[node] = self.builder.source(self.inputs)
            self.channels.append(self.inputs)
        elif node.op == "get_attr":
            self.constants[node] = self._attribute(str(node.target))
        elif node.op == "output":
            self._finish(node.args[0])
        elif node.op == "call_module":
            module = self.network.get_submodule(str(node.target))
            x = node.args[0] if node.args else node.kwargs["input"]
            self._give(node, self._module(module, self._value(x)), in_place=getattr(module, "inplace", False))
        elif node.all_input_nodes and all(one in self.constants for one in node.all_input_nodes):
            self.constants[node] = self._constant(node)
        elif node.op == "call_method":
            name = str(node.target)
            self._give(node, self._method(node, name), in_place=name.endswith("_"))
        else:
            in_place = node.target in _IN_PLACE or bool(node.kwargs.get("inplace"))
            self._give(node, self._function(node, node.target), in_place=in_place)

    def _give(self, node: fx.Node, value: int, *, in_place: bool) -> None:
        """Say which value a step gives; done in place, it is from now on what all names of its first operand mean."""
        if in_place:
            old = self._value(node.args[0])
            self.values = {one: value if own == old else own for one, own in self.values.items()}
        self.values[node] = value

    def emit(self, op: TiledOp) -> int:
        """Append an operation; returns its value."""
        self.channels.append(channels_of(op, [self.channels[value] for value in operands(op)]))
        return self.builder.op(op)

    def _finish(self, result: Any) -> None:
        last = self._value(result)
        if last != len(self.channels) - 1 or last == 0:  # the result is the value of the last operation
            self.emit(Pointwise((last,), lambda x: x, self.channels[last]))

    def _attribute(self, name: str) -> Tensor:
        value: Any = self.network
        for part in name.split("."):
            value = getattr(value, part)
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} is not a tensor")
        return value.detach().to(self.device)

    def _constant(self, node: fx.Node) -> Tensor:
        """What is computed of parameters and buffers alone, of copies of them."""
        args = fx.map_arg(node.args, lambda one: self.constants[one].clone())
        kwargs = fx.map_arg(node.kwargs, lambda one: self.constants[one].clone())
        if node.op == "call_method":
            value = getattr(args[0], str(node.target))(*args[1:], **kwargs)
        else:
            value = node.target(*args, **kwargs)  # type: ignore[operator]
        if not isinstance(value, Tensor):
            raise TypeError(f"{node.name} is not a tensor")
        return value

    def _value(self, given: Any) -> int:
        if not isinstance(given, fx.Node) or given not in self.values:
            raise TypeError(f"{given} is not a picture that was computed from the input")
        return self.values[given]

    def _module(self, module: nn.Module, x: int) -> int:
        if isinstance(module, (nn.Identity, nn.Dropout, nn.Dropout2d)):
            return x
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            pad, op = convolution(module, x, self.device)
            return self.emit(op if pad is None else replace(op, x=self.emit(pad)))
        if isinstance(module, nn.AvgPool2d):
            return self.emit(average_pooling(module, x, self.channels[x], self.device))
        if isinstance(module, nn.MaxPool2d):
            return self._max_pool(module, x)
        if isinstance(module, nn.PixelUnshuffle):
            side = module.downscale_factor
            return self.emit(patches(x, self.channels[x], side, side, self.device))
        if isinstance(module, nn.GroupNorm):
            return self.emit(group_norm(module, x, self.device))
        return self.emit(simple(module, x, self.channels[x], self.device))

    def _method(self, node: fx.Node, name: str) -> int:
        if name in _SAME:
            return self._value(node.args[0])
        if name not in _METHODS:
            raise TypeError(f"no operation is known for the method {name} of {node.args[0]}")
        out_of_place = name.removesuffix("_")
        return self._elementwise(node, lambda x, *args, **kwargs: getattr(x, out_of_place)(*args, **kwargs))

    def _function(self, node: fx.Node, target: Any) -> int:
        options = dict(node.kwargs)
        if target in (operator.add, operator.iadd, torch.add) and len(node.args) == 2 and not options:
            x, y = node.args
            if all(isinstance(one, fx.Node) and one in self.values for one in (x, y)):
                x, y = self._value(x), self._value(y)
                if self.channels[x] == self.channels[y]:
                    return self.emit(Add(x, y, 0))
        if target in (F.relu, torch.relu):
            return self.emit(Relu(self._value(node.args[0])))
        if target in _ELEMENTWISE:
            return self._elementwise(node, _IN_PLACE.get(target, target), without="inplace")
        if target in (torch.cat, torch.concat):
            return self._cat(node)
        if target is F.interpolate:
            return self._interpolate(node)
        if target is F.pad:
            return self._pad(node)
        if target is F.pixel_shuffle:
            return self.emit(Shuffle(self._value(node.args[0]), int(_argument(node, 1, "upscale_factor"))))
        name = getattr(target, "__name__", str(target))
        raise TypeError(f"no operation is known for {name}, which {node.name} calls")

    def _elementwise(self, node: fx.Node, function: Callable[..., Tensor], without: str = "") -> int:
        """Any function of values of one size, of numbers, and of one number for each channel."""
        pictures: list[int] = []

        def place(given: Any) -> Any:
            if isinstance(given, fx.Node) and given in self.constants:
                if any(side != 1 for side in self.constants[given].shape[-2:]):
                    raise TypeError(f"{given} differs from place to place: tiles cannot tell their part of it")
                return self.constants[given]
            if isinstance(given, fx.Node):
                pictures.append(self._value(given))
                return _Slot(len(pictures) - 1)
            return given

        args = [place(one) for one in node.args]
        kwargs = {key: place(one) for key, one in node.kwargs.items() if key != without}

        def compute(*tensors: Tensor) -> Tensor:
            filled = [tensors[one.index] if isinstance(one, _Slot) else one for one in args]
            named = {key: tensors[one.index] if isinstance(one, _Slot) else one for key, one in kwargs.items()}
            return function(*filled, **named)

        trial = compute(*(torch.zeros(1, self.channels[value], 1, 1, device=self.device) for value in pictures))
        return self.emit(Pointwise(tuple(pictures), compute, trial.shape[1]))

    def _max_pool(self, module: nn.MaxPool2d, x: int) -> int:
        side, stride, channels = module.kernel_size, module.stride, self.channels[x]
        plain = module.padding == 0 and module.dilation == 1 and not module.ceil_mode
        if not plain or not isinstance(side, int) or not isinstance(stride, int):
            raise TypeError(f"no operation is known for {module}")
        under = self.emit(patches(x, channels, side, stride, self.device))
        return self.emit(Pointwise((under,), lambda y: y.unflatten(1, (channels, -1)).amax(2), channels))

    def _cat(self, node: fx.Node) -> int:
        if _argument(node, 1, "dim", 0) not in (1, -3):
            raise TypeError(f"{node.name} puts pictures together in another direction than that of their channels")
        given: Any = node.args[0] if node.args else node.kwargs["tensors"]
        parts = tuple(self._value(one) for one in given)
        total = sum(self.channels[value] for value in parts)
        return self.emit(Pointwise(parts, lambda *tensors: torch.cat(tensors, 1), total))

    def _interpolate(self, node: fx.Node) -> int:
        factor, mode = _argument(node, 2, "scale_factor"), _argument(node, 3, "mode", "nearest")
        factors = set(factor) if isinstance(factor, (tuple, list)) else {factor}
        whole = len(factors) == 1 and all(isinstance(f, (int, float)) and f == int(f) for f in factors)
        if mode != "nearest" or not whole:
            raise TypeError(f"{node.name} resizes by {factor} ({mode}); only nearest by a whole factor is known")
        return self.emit(Nearest(self._value(node.args[0]), int(factors.pop())))

    def _pad(self, node: fx.Node) -> int:
        amounts, mode = _argument(node, 1, "pad"), _argument(node, 2, "mode", "constant")
        if mode not in ("reflect", "replicate") or len(amounts) != 4 or len(set(amounts)) != 1:
            raise TypeError(
                f"{node.name} pads by {amounts} ({mode}); only reflect and replicate on all sides are known"
            )
        return self.emit(Pad(self._value(node.args[0]), "reflect" if mode == "reflect" else "edge", amounts[0]))


def _argument(node: fx.Node, index: int, name: str, default: Any = None) -> Any:
    """An argument of a function, given by place or by name."""
    return node.args[index] if len(node.args) > index else node.kwargs.get(name, default)


class _Slot:
    """The place of a picture among a function's arguments."""

    def __init__(self, index: int) -> None:
        self.index = index
