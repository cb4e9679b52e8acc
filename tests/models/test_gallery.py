"""Networks of one style that come out of a network of several."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from painterly.errors import InputError, UsageError
from painterly.models.card import ModelCard
from painterly.models.file import load_network, read_tensors, save_network, save_tensors
from painterly.models.gallery import Gallery
from painterly.models.look import Look, parse_look
from painterly.networks import StyleDescription, StyleNetwork
from painterly.networks.mixing import norm_layers, shared_digest, style_parameters

Network = Callable[..., StyleNetwork]
Learn = Callable[..., Path]
OWN = ["ochre", "burnt-umber", "sienna"]


@pytest.fixture
def gallery(gallery_file: Path) -> Gallery:
    network, card = load_network(gallery_file)
    assert isinstance(network, StyleNetwork)
    return Gallery(network, card)


def mix_of(look: Look) -> Tensor:
    """The same mixture as the network itself takes it: a share for each of its styles, the photograph last."""
    mix = torch.zeros(len(OWN) + 1)
    for name, weight in look.styles:
        mix[OWN.index(name)] = weight * look.strength
    mix[-1] = 1 - look.strength
    return mix


def check(gallery: Gallery, look: Look) -> None:
    """The network for a look paints what the whole one paints when it is told the mixture."""
    pictures = torch.rand(2, 3, 21, 34)
    with torch.no_grad():
        torch.testing.assert_close(
            gallery.network_for(look)(pictures), gallery.network(pictures, mix_of(look)), atol=2e-5, rtol=1e-4
        )


@pytest.mark.parametrize("index", range(len(OWN)))
def test_one_style_is_the_network_told_that_style_alone(gallery: Gallery, index: int) -> None:
    look = parse_look(OWN[index])
    found, expected = style_parameters(gallery.network_for(look)), style_parameters(gallery.network, index)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    check(gallery, look)


@pytest.mark.parametrize("strength", [1.0, 0.6, 0.0])
@pytest.mark.parametrize("style", ["ochre", "ochre,sienna", "burnt-umber:1,sienna:9", "ochre:1,burnt-umber:2,sienna:3"])
def test_mixtures_are_the_network_told_that_mixture(gallery: Gallery, style: str, strength: float) -> None:
    check(gallery, parse_look(style, strength))


@pytest.mark.parametrize("strength", [1.0, 0.7, 0.25, 0.0])
def test_a_mixture_s_numbers_are_the_mixture_of_the_numbers(gallery: Gallery, learn: Learn, strength: float) -> None:
    path = learn("azure")
    single = gallery.network_for(parse_look("azure:2,ochre:1,sienna:1", strength))
    ochre, sienna, photograph = (style_parameters(gallery.network, index) for index in (0, 2, -1))
    azure = read_tensors(path)
    for name, value in style_parameters(single).items():
        style = 0.5 * azure[name] + 0.25 * ochre[name] + 0.25 * sienna[name]
        torch.testing.assert_close(value, strength * style + (1 - strength) * photograph[name])
    assert single.description.carry == 1 - strength


def test_at_strength_0_all_styles_are_the_photograph_s(gallery: Gallery, learn: Learn) -> None:
    learn("azure")
    pictures = torch.rand(1, 3, 16, 20)
    with torch.no_grad():
        first, *others = (
            gallery.network_for(parse_look(style, 0))(pictures) for style in (*OWN, "azure", "ochre,azure")
        )
    assert all(torch.equal(first, other) for other in others)


def test_what_comes_out_has_one_style_and_can_be_saved_and_loaded(gallery: Gallery, tmp_path: Path) -> None:
    single = gallery.network_for(parse_look("ochre,sienna", 0.3))
    description = dataclasses.replace(gallery.network.description, styles=1, identity=False, carry=0.7)
    assert single.description == description
    assert not single.training
    save_network(tmp_path / "one.safetensors", single, ModelCard("style", description.to_dict()))
    again, _ = load_network(tmp_path / "one.safetensors")
    pictures = torch.rand(1, 3, 20, 20)
    with torch.no_grad():
        assert torch.equal(again(pictures), single(pictures))


def test_the_gallery_stays_as_it_was(gallery: Gallery) -> None:
    before = {name: value.clone() for name, value in gallery.network.state_dict().items()}
    for style, strength in (("ochre", 1), ("ochre,sienna", 0.5), ("sienna", 0)):
        single = gallery.network_for(parse_look(style, strength))
        with torch.no_grad():
            for _, norm in norm_layers(single):
                norm.weight.fill_(17)  # its own numbers, not the gallery's
    after = gallery.network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


@pytest.mark.parametrize("strength", [0.0, 0.999])
def test_without_the_photograph_among_the_styles_there_is_no_strength(make_network: Network, strength: float) -> None:
    network = make_network(styles=2, identity=False)
    card = ModelCard("style", network.description.to_dict(), title="Two", styles=[{"name": "a"}, {"name": "b"}])
    gallery = Gallery(network, card)
    gallery.network_for(parse_look("a,b", 1.0))
    with pytest.raises(UsageError, match=r"^Two has not learnt the photograph itself, so leave out --strength$"):
        gallery.network_for(parse_look("a", strength))


@pytest.mark.parametrize(
    "styles", [[], [{"name": "a"}], [{"name": "a"}] * 3, [{"name": name} for name in "abcd"], [{}, {}, {}]], ids=repr
)
def test_a_card_that_does_not_name_the_styles_is_refused(network: StyleNetwork, styles: list[dict[str, str]]) -> None:
    with pytest.raises(InputError, match=r"^the card of Odd does not name its styles$"):
        Gallery(network, ModelCard("style", network.description.to_dict(), title="Odd", styles=styles))


class TestLearntStyles:
    def test_by_name_and_by_file_it_is_one_style(self, gallery: Gallery, learn: Learn) -> None:
        path = learn("lead-white")
        expected = read_tensors(path)
        for name in ("lead-white", "Lead White", str(path)):
            found = style_parameters(gallery.network_for(parse_look(name)))
            assert all(torch.equal(found[key], expected[key]) for key in expected)

    def test_half_precision_will_do(self, gallery: Gallery, learn: Learn) -> None:
        learn("azure", dtype=torch.float16)
        learn("zinc")
        half, full = (gallery.parameters(name) for name in ("azure", "zinc"))
        assert {value.dtype for value in half.values()} == {torch.float32}
        for name, value in full.items():
            torch.testing.assert_close(half[name], value, atol=1e-3, rtol=0)

    def test_a_file_that_has_changed_is_read_again(self, gallery: Gallery, learn: Learn) -> None:
        for seed in (1, 2):
            path = learn("azure", seed=seed)
            os.utime(path, ns=(seed, seed * 1_000_000_000))
            found, expected = gallery.parameters("azure"), read_tensors(path)
            assert all(torch.equal(found[name], expected[name]) for name in expected)

    def test_a_network_that_has_the_same_convolutions_takes_it_too(
        self, gallery: Gallery, card: ModelCard, learn: Learn
    ) -> None:
        """What is shared decides; how many styles it has, and what they are like, does not."""
        more = StyleNetwork(dataclasses.replace(gallery.network.description, styles=5, identity=False))
        weights = gallery.network.state_dict()
        more.load_state_dict(
            {
                name: weights[name] if weights[name].shape == value.shape else torch.randn_like(value)
                for name, value in more.state_dict().items()
            }
        )
        learn("azure")
        other = Gallery(more, dataclasses.replace(card, styles=[{"name": str(index)} for index in range(5)]))
        assert other.digest == gallery.digest
        assert style_parameters(other.network_for(parse_look("azure"))).keys() == gallery.parameters("azure").keys()

    def test_another_network_s_is_refused(self, gallery: Gallery, make_network: Network, learn: Learn) -> None:
        path = learn("azure", base=make_network(seed=3))
        said = f"{path} was learnt on another network than Tiny: learn it again with painterly learn"
        with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
            gallery.network_for(parse_look("ochre,azure"))

    def test_a_whole_network_is_refused_with_the_remedy(self, gallery: Gallery, plain_file: Path) -> None:
        said = f"{plain_file} is a whole network, not a style for another: name it with --model"
        with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
            gallery.network_for(parse_look(str(plain_file)))

    @pytest.mark.parametrize("fault", ["shape", "missing", "more", "rows"])
    def test_numbers_that_do_not_fit_are_refused(
        self, gallery: Gallery, network: StyleNetwork, tmp_path: Path, fault: str
    ) -> None:
        tensors = style_parameters(network)
        name = next(iter(tensors))
        if fault == "shape":
            tensors[name] = torch.ones(len(tensors[name]) + 1)
        elif fault == "missing":
            del tensors[name]
        elif fault == "more":
            tensors["layers.last.norm.weight"] = torch.ones(3)
        else:
            tensors[name] = tensors[name][None]
        path = tmp_path / "odd.safetensors"
        save_tensors(path, tensors, ModelCard("style parameters", {"shared": shared_digest(network)}))
        said = f"{path} holds a style that does not fit the network that it was learnt on"
        with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
            gallery.network_for(parse_look(str(path)))

    @pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 64])
    def test_damaged_files_are_refused(self, gallery: Gallery, learn: Learn, content: bytes) -> None:
        path = learn("azure")
        path.write_bytes(content)
        with pytest.raises(InputError, match=f"^{re.escape(str(path))} is not a model file: "):
            gallery.network_for(parse_look("azure"))

    def test_a_file_that_was_cut_off_is_refused(self, gallery: Gallery, learn: Learn) -> None:
        path = learn("azure")
        path.write_bytes(path.read_bytes()[:-5])
        with pytest.raises(InputError, match=f"^{re.escape(str(path))} is not a model file: "):
            gallery.network_for(parse_look("azure"))

    def test_a_card_that_names_no_network_is_another_network_s(self, gallery: Gallery, tmp_path: Path) -> None:
        path = tmp_path / "odd.safetensors"
        save_tensors(path, style_parameters(gallery.network), ModelCard("style parameters", {"width": 3}))
        with pytest.raises(InputError, match="was learnt on another network than Tiny"):
            gallery.network_for(parse_look(str(path)))

    @pytest.mark.parametrize("make", [Path.mkdir, lambda path: None])
    def test_what_is_no_file_is_refused(self, gallery: Gallery, tmp_path: Path, make: Callable[[Path], object]) -> None:
        path = tmp_path / "none.safetensors"
        make(path)
        with pytest.raises(InputError, match=f"^{re.escape(str(path))} is not a file$"):
            gallery.network_for(parse_look(str(path)))

    def test_an_unknown_one_is_refused(self, gallery: Gallery) -> None:
        with pytest.raises(UsageError, match="there is no style 'azure'"):
            gallery.network_for(parse_look("ochre,azure"))


def test_what_a_gallery_can_paint_is_its_own_and_what_was_learnt_for_it(
    gallery: Gallery, learn: Learn, make_network: Network, plain_file: Path, styles_folder: Path
) -> None:
    assert gallery.names == OWN
    learn("zinc")
    learn("azure")
    learn("ochre")  # the network's own goes first
    learn("foreign", base=make_network(seed=4))
    shutil.copy(plain_file, styles_folder / "deep.safetensors")
    (styles_folder / "damaged.safetensors").write_bytes(b"damaged")
    (styles_folder / "folder.safetensors").mkdir()
    assert gallery.names == [*OWN, "azure", "zinc"]
    for name in gallery.names:
        gallery.network_for(parse_look(name))


def test_the_digest_is_that_of_all_but_the_styles(make_network: Network) -> None:
    """It changes with any convolution, and with no scale or shift."""
    network = make_network()
    digest = shared_digest(network)
    assert shared_digest(make_network()) == digest
    styles = {f"{name}.{kind}" for name, _ in norm_layers(network) for kind in ("weight", "bias")}
    for name, value in network.state_dict().items():
        before = value.clone()
        value.view(-1)[0] += 0.5
        assert (shared_digest(network) == digest) == (name in styles), name
        value.copy_(before)
    assert shared_digest(network) == digest


def test_the_smallest_gallery_has_one_style() -> None:
    network = StyleNetwork(StyleDescription(width=2, blocks=0, styles=2, identity=True)).eval()
    gallery = Gallery(network, ModelCard("style", network.description.to_dict(), styles=[{"name": "only"}]))
    pictures = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(
            gallery.network_for(parse_look("only", 0.5))(pictures), network(pictures, torch.tensor([0.5, 0.5]))
        )
