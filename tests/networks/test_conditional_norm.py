"""Instance normalisation of several styles, against normalisation of one and torch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from painterly.networks.normalization import ConditionalInstanceNorm, InstanceNorm, instance_norm, mixed, norm_layer

LAYOUTS = [torch.contiguous_format, torch.channels_last]
DTYPES = [torch.float32, torch.bfloat16]
STYLES, CHANNELS = 3, 4

seeds = st.integers(0, 10_000)
layouts = st.sampled_from(LAYOUTS)
sizes = st.tuples(st.integers(1, 4), st.just(CHANNELS), st.integers(2, 9), st.integers(2, 9))


def drawn(dtype: torch.dtype = torch.float32) -> ConditionalInstanceNorm:
    """A normalisation whose styles differ."""
    norm = ConditionalInstanceNorm(CHANNELS, STYLES).to(dtype)
    torch.nn.init.uniform_(norm.weight, -1.5, 1.5)
    torch.nn.init.normal_(norm.bias)
    return norm


def row(norm: ConditionalInstanceNorm, style: int) -> InstanceNorm:
    """One of the styles, alone."""
    plain = InstanceNorm(CHANNELS)
    plain.load_state_dict({name: value[style] for name, value in norm.state_dict().items()})
    return plain


def activations(shape: tuple[int, ...], layout: torch.memory_format, dtype: torch.dtype = torch.float32) -> Tensor:
    """Shifted and scaled by channel and by picture, so that statistics of the wrong axes show."""
    scale, shift = torch.rand(2, *shape[:2], 1, 1, dtype=torch.float64)
    x = torch.addcmul(shift, torch.randn(shape, dtype=torch.float64), scale + 0.5)
    return x.to(dtype).contiguous(memory_format=layout)


def torchs(x: Tensor, mix: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Picture by picture, each with a scale and a shift of its own, by torch."""
    rows = mix.expand(len(x), len(weight))
    return torch.cat(
        [F.instance_norm(x[i : i + 1], weight=rows[i] @ weight, bias=rows[i] @ bias) for i in range(len(x))]
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("learning", [False, True])
@given(shape=sizes, layout=layouts, seed=seeds, style=st.integers(0, STYLES - 1))
def test_a_style_alone_is_an_instance_norm_with_its_row(
    dtype: torch.dtype, learning: bool, shape: tuple[int, ...], layout: torch.memory_format, seed: int, style: int
) -> None:
    torch.manual_seed(seed)
    norm, x = drawn(), activations(shape, layout, dtype)
    alone = F.one_hot(torch.tensor(style), STYLES).float()
    with torch.set_grad_enabled(learning):
        wanted = row(norm, style)(x)
        for mix in (alone, alone.expand(len(x), -1)):
            found = norm(x, mix)
            assert found.requires_grad == learning
            assert (found.dtype, found.stride()) == (dtype, x.stride())
            assert torch.equal(found, wanted)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("learning", [False, True])
@given(layout=layouts, seed=seeds, styles=st.lists(st.integers(0, STYLES - 1), min_size=1, max_size=4))
def test_every_picture_of_a_batch_has_its_own_style(
    dtype: torch.dtype, learning: bool, layout: torch.memory_format, seed: int, styles: list[int]
) -> None:
    torch.manual_seed(seed)
    norm, x = drawn(), activations((len(styles), CHANNELS, 5, 6), layout, dtype)
    with torch.set_grad_enabled(learning):
        found = norm(x, F.one_hot(torch.tensor(styles), STYLES))
        wanted = torch.cat([row(norm, style)(picture) for style, picture in zip(styles, x.split(1), strict=True)])
    torch.testing.assert_close(found, wanted, check_stride=False)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("learning", [False, True])
@given(shape=sizes, layout=layouts, seed=seeds)
def test_a_picture_does_not_see_its_batch_mates_or_their_mixtures(
    dtype: torch.dtype, learning: bool, shape: tuple[int, ...], layout: torch.memory_format, seed: int
) -> None:
    torch.manual_seed(seed)
    norm, x, mix = drawn(), activations(shape, layout, dtype), torch.rand(shape[0], STYLES)
    with torch.set_grad_enabled(learning):
        whole = norm(x, mix)
        for index in range(len(x)):
            part = slice(index, index + 1)
            alone = norm(x[part], mix[part])
            torch.testing.assert_close(whole[part], alone, check_stride=False)
            torch.testing.assert_close(norm(x[part], mix[index]), alone, check_stride=False)


@given(shape=sizes, layout=layouts, seed=seeds, own=st.booleans())
def test_values_and_gradients_are_torchs(
    shape: tuple[int, ...], layout: torch.memory_format, seed: int, own: bool
) -> None:
    torch.manual_seed(seed)
    norm, x = drawn(torch.float64), activations(shape, layout, torch.float64).requires_grad_()
    mix = torch.randn((shape[0], STYLES) if own else (STYLES,), dtype=torch.float64, requires_grad=True)
    inputs = [x, mix, norm.weight, norm.bias]
    ours, wanted = norm(x, mix), torchs(x.contiguous(), mix, norm.weight, norm.bias)
    torch.testing.assert_close(ours, wanted, check_stride=False)
    pull = torch.randn(shape, dtype=torch.float64)
    found = torch.autograd.grad(ours, inputs, pull.contiguous(memory_format=layout))
    for one, other in zip(found, torch.autograd.grad(wanted, inputs, pull), strict=True):
        torch.testing.assert_close(one, other, check_stride=False, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.bfloat16, 0.05)])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("batch", [1, 3])
def test_gradients_are_torchs_in_the_types_of_training(
    batch: int, own: bool, layout: torch.memory_format, dtype: torch.dtype, tolerance: float
) -> None:
    norm, mix = drawn(), torch.rand((batch, STYLES) if own else (STYLES,))
    x = activations((batch, CHANNELS, 16, 12), layout, dtype).requires_grad_()
    pull = torch.randn(batch, CHANNELS, 16, 12).to(dtype).contiguous(memory_format=layout)
    exact = [value.detach().double().contiguous().requires_grad_() for value in (x, norm.weight, norm.bias)]
    found = torch.autograd.grad(norm(x, mix), [x, norm.weight, norm.bias], pull)
    wanted = torch.autograd.grad(torchs(exact[0], mix.double(), *exact[1:]), exact, pull.double().contiguous())
    for one, other in zip(found, wanted, strict=True):
        scale = float(other.abs().max())
        torch.testing.assert_close(one.double(), other, rtol=0, atol=tolerance * scale, check_stride=False)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mix", [[0.0, 1.0, 0.0], [0.4, 0.0, 0.6], [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]])
def test_only_styles_that_are_mixed_in_learn(mix: list[float] | list[list[float]], dtype: torch.dtype) -> None:
    norm, x = drawn(), activations((2, CHANNELS, 6, 5), torch.channels_last, dtype)
    shares = torch.tensor(mix)
    norm(x, shares).float().pow(3).sum().backward()
    counts = shares.view(-1, STYLES).sum(0) != 0
    for parameter in (norm.weight, norm.bias):
        assert parameter.grad is not None
        assert torch.equal(parameter.grad.ne(0).all(1), counts)
        assert torch.equal(parameter.grad.ne(0).any(1), counts)


@pytest.mark.parametrize("learning", [False, True])
@given(seed=seeds)
def test_a_mixture_of_styles_is_the_mixture_of_what_they_give(learning: bool, seed: int) -> None:
    torch.manual_seed(seed)
    norm, x, mix = drawn(), activations((2, CHANNELS, 5, 6), torch.channels_last), torch.randn(STYLES)
    with torch.set_grad_enabled(learning):
        wanted = torch.stack([share * row(norm, style)(x) for style, share in enumerate(mix)]).sum(0)
        torch.testing.assert_close(norm(x, mix), wanted, rtol=1e-4, atol=1e-4, check_stride=False)


@pytest.mark.parametrize("shape", [(STYLES,), (2, STYLES)])
def test_styles_are_mixed_in_float32_under_autocast(shape: tuple[int, ...]) -> None:
    values, mix = 1 + torch.rand(STYLES, 64) / 256, torch.rand(shape)  # bfloat16 would round the values to a few
    plain = mixed(mix, values)
    torch.testing.assert_close(plain.double(), mix.double() @ values.double(), rtol=1e-6, atol=0)
    with torch.autocast("cpu", torch.bfloat16):
        found = mixed(mix, values)
        assert found.dtype == torch.float32
        assert torch.equal(found, plain)


@pytest.mark.parametrize("learning", [False, True])
def test_autocast_changes_nothing_for_activations_of_either_type(learning: bool) -> None:
    norm, mix = drawn(), torch.rand(2, STYLES)
    for dtype in DTYPES:
        x = activations((2, CHANNELS, 6, 5), torch.channels_last, dtype)
        with torch.set_grad_enabled(learning):
            plain = norm(x, mix)
            with torch.autocast("cpu", torch.bfloat16):
                found = norm(x, mix)
        assert found.dtype == dtype
        assert torch.equal(found, plain)


@pytest.mark.parametrize("dtype", [*DTYPES, torch.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("learning", [False, True])
def test_scales_and_shifts_by_picture_are_those_of_each_picture(
    learning: bool, layout: torch.memory_format, dtype: torch.dtype
) -> None:
    x = activations((3, CHANNELS, 7, 5), layout, dtype)
    wide = torch.promote_types(dtype, torch.float32)
    weight, bias = torch.randn(2, 3, CHANNELS, dtype=wide)
    weight.requires_grad_(learning)
    found = instance_norm(x, weight, bias)
    wanted = torch.cat([instance_norm(x[i : i + 1], weight[i], bias[i]) for i in range(3)])
    assert (found.dtype, found.stride()) == (dtype, x.stride())
    torch.testing.assert_close(found, wanted, check_stride=False)


def test_every_channel_ends_with_the_mixed_mean_and_deviation() -> None:
    norm, mix = drawn(), torch.tensor([[0.2, 0.3, 0.5], [0.9, 0.1, 0.0]])
    with torch.no_grad():
        y = norm(activations((2, CHANNELS, 32, 32), torch.contiguous_format), mix)
        torch.testing.assert_close(y.mean((2, 3)), mix @ norm.bias, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(y.std((2, 3), correction=0), (mix @ norm.weight).abs(), rtol=1e-4, atol=1e-4)


def test_without_a_mixture_it_is_refused() -> None:
    with pytest.raises(ValueError, match="which"):
        drawn()(torch.rand(1, CHANNELS, 4, 4), None)


def test_one_style_has_a_plain_norm_and_several_have_a_row_each_under_the_same_names() -> None:
    one, several = norm_layer("instance", CHANNELS), norm_layer("instance", CHANNELS, 5)
    assert isinstance(one, InstanceNorm)
    assert isinstance(several, ConditionalInstanceNorm)
    assert several.epsilon == one.epsilon
    assert list(several.state_dict()) == list(one.state_dict())
    for name, value in several.state_dict().items():
        assert torch.equal(value, one.state_dict()[name].expand(5, -1))


def test_it_behaves_the_same_in_training_and_evaluation() -> None:
    norm, x, mix = drawn(), activations((2, CHANNELS, 6, 5), torch.channels_last), torch.rand(STYLES)
    assert torch.equal(norm.train()(x, mix), norm.eval()(x, mix))
