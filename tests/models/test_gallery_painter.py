"""Painting with a network of several styles: looks, strength, colours, strokes and masks."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import painterly
from painterly import memory
from painterly.errors import InputError, UsageError
from painterly.images.color import keep_colours
from painterly.models.card import ModelCard
from painterly.models.look import parse_look
from painterly.models.painter import Painter
from painterly.networks import StyleNetwork

Learn = Callable[..., Path]
CPU = torch.device("cpu")
NOISE = np.random.default_rng(0).integers(0, 256, (37, 50, 3), np.uint8)
MIXTURES = ["ochre", "sienna", "ochre,sienna", "burnt-umber:1,sienna:4"]


@pytest.fixture
def painter(network: StyleNetwork, card: ModelCard) -> Painter:
    return Painter(network, card, CPU, "torch", "float32")


def load(path: Path, **how: Any) -> Painter:
    return painterly.load(path, device="cpu", backend="torch", precision="float32", **how)


def photograph(*shape: int) -> Tensor:
    """A tensor with large and small features, so that nothing is lost in rounding to eight bits."""
    *batch, height, width = shape
    return torch.nn.functional.interpolate(torch.rand(*batch, 3, 6, 7).view(-1, 3, 6, 7), (height, width)).view(
        *batch, 3, height, width
    )


def hard(height: int, width: int, left: int) -> Tensor:
    """A mask that is white to the left."""
    mask = torch.zeros(3, height, width)
    mask[..., :left] = 1
    return mask


class TestLooks:
    def test_the_first_style_is_painted_unless_another_is_loaded(self, gallery_file: Path) -> None:
        picture = photograph(20, 24)
        painter = load(gallery_file)
        assert painter.look == parse_look("ochre")
        assert torch.equal(painter(picture), painter(picture, style="ochre"))
        assert painter.card.title == "Ochre Fields"
        assert painter.network.description.styles == 1
        assert painter.styles == ["ochre", "burnt-umber", "sienna"]

    @pytest.mark.parametrize("strength", [1.0, 0.4, 0.0])
    @pytest.mark.parametrize("style", MIXTURES)
    def test_to_call_with_a_style_is_to_load_it(self, gallery_file: Path, style: str, strength: float) -> None:
        picture = photograph(2, 18, 23)
        loaded = load(gallery_file, style=style, strength=strength)
        assert loaded.look == parse_look(style, strength)
        found = load(gallery_file, style="burnt-umber")(picture, style=style, strength=strength)
        assert torch.equal(found, loaded(picture))

    @pytest.mark.parametrize("strength", [1.0, 0.4, 0.0])
    def test_it_is_what_the_network_paints_when_told_the_mixture(
        self, painter: Painter, network: StyleNetwork, strength: float
    ) -> None:
        picture = photograph(2, 21, 34)
        mix = torch.tensor([0.75 * strength, 0, 0.25 * strength, 1 - strength])
        with torch.no_grad():
            expected = network(picture, mix).clamp(0, 1)
        found = painter(picture, style={"ochre": 3, "sienna": 1}, strength=strength)
        torch.testing.assert_close(found, expected, atol=3e-5, rtol=0)

    def test_a_style_may_be_a_name_a_mapping_or_a_look(self, painter: Painter) -> None:
        picture = photograph(20, 24)
        first, *others = (
            painter(picture, style=style)
            for style in ("ochre:3,sienna:1", {"Sienna": 1, "Ochre": 3}, parse_look("sienna:1,ochre:3", 0.2))
        )
        for other in others:
            torch.testing.assert_close(other, first, atol=1e-5, rtol=0)

    def test_what_is_not_said_is_what_was_loaded(self, gallery_file: Path) -> None:
        picture = photograph(20, 24)
        painter = load(gallery_file, style="sienna", strength=0.3)
        assert torch.equal(painter(picture), painter(picture, style="sienna", strength=0.3))
        assert torch.equal(painter(picture, style="ochre"), painter(picture, style="ochre", strength=0.3))
        assert torch.equal(painter(picture, strength=0.9), painter(picture, style="sienna", strength=0.9))

    def test_other_looks_leave_what_was_loaded_as_it_was(self, painter: Painter) -> None:
        picture = photograph(20, 24)
        assert painter.gallery is not None
        weights = {name: value.clone() for name, value in painter.gallery.network.state_dict().items()}
        one = {name: value.clone() for name, value in painter.network.state_dict().items()}
        before = painter(picture)
        for style, strength in itertools.product(MIXTURES, (1.0, 0.5, 0.0)):
            other = painter(picture, style=style, strength=strength)
            if (style, strength) != ("ochre", 1.0):
                assert not torch.equal(other, before)
            assert torch.equal(painter(picture), before)
        for now, then in ((painter.gallery.network.state_dict(), weights), (painter.network.state_dict(), one)):
            assert all(torch.equal(now[name], value) for name, value in then.items())

    def test_only_so_many_looks_are_kept_and_none_is_mistaken_for_another(self, painter: Painter) -> None:
        picture = photograph(16, 16)
        strengths = [index / 40 for index in range(41)]
        default = painter(picture)
        first = [painter(picture, style="sienna", strength=strength) for strength in strengths]
        assert len(painter._ready) <= 16
        assert torch.equal(painter(picture), default)
        again = [painter(picture, style="sienna", strength=strength) for strength in strengths]
        assert len(painter._ready) <= 16
        assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
        assert all(not torch.equal(one, other) for one, other in itertools.pairwise(first))

    def test_a_look_in_use_stays_ready(self, painter: Painter) -> None:
        picture = photograph(16, 16)
        painter(picture, style="sienna")
        ready = painter._network(painter._looks("sienna", 1.0)[0])
        for index in range(40):
            painter(picture, style="sienna", strength=index / 40)
            assert painter._network(painter._looks("sienna", 1.0)[0]) is ready

    def test_learnt_styles_can_be_painted_as_soon_as_they_are_there(
        self, gallery_file: Path, learn: Learn, tmp_path: Path
    ) -> None:
        picture = photograph(20, 24)
        painter = load(gallery_file)
        with pytest.raises(UsageError, match="there is no style 'azure'"):
            painter(picture, style="azure")
        path = learn("azure")
        assert painter.styles == ["ochre", "burnt-umber", "sienna", "azure"]
        found = painter(picture, style="azure:2,ochre:1", strength=0.7)
        assert torch.equal(found, load(gallery_file, style=f"{path}:2,ochre:1", strength=0.7)(picture))
        path.unlink()
        with pytest.raises(UsageError, match="there is no style 'azure'"):
            painter(picture, style="azure")

    def test_a_style_that_was_learnt_again_is_painted_anew(self, gallery_file: Path, learn: Learn) -> None:
        picture = photograph(20, 24)
        painter = load(gallery_file)
        for seed in (1, 2):
            learn("azure", seed=seed)
            found = painter(picture, style="azure")
            assert torch.equal(found, load(gallery_file, style="azure")(picture))

    def test_a_style_of_another_network_is_refused(
        self, gallery_file: Path, learn: Learn, make_network: Callable[..., StyleNetwork]
    ) -> None:
        learn("azure", base=make_network(seed=9))
        with pytest.raises(InputError, match="was learnt on another network than Tiny"):
            load(gallery_file, style="azure")
        with pytest.raises(InputError, match="was learnt on another network than Tiny"):
            load(gallery_file)(NOISE, style="azure")

    @pytest.mark.parametrize(
        ("how", "said"),
        [
            ({"style": "ocre"}, "there is no style 'ocre'; did you mean ochre"),
            ({"style": "ochre:0"}, "--style 'ochre:0': weights must be numbers above 0"),
            ({"style": ""}, "--style '' lacks the name of a style"),
            ({"strength": 1.5}, "--strength must be a number from 0 (the photograph) to 1 (the style), not 1.5"),
            ({"color": "red"}, "--color must be one of style, content, luminance, not 'red'"),
            ({"stroke": "red"}, "--stroke must be one of small, medium, large, not 'red'"),
            ({"style": ["ochre", "sienna"]}, "there are 2 styles and no mask that says where each belongs"),
            ({"size": 0}, "size must be at least 16 pixels, not 0"),
        ],
    )
    def test_what_cannot_be_meant_is_said(self, painter: Painter, how: dict[str, Any], said: str) -> None:
        with pytest.raises(UsageError, match=f"^{re.escape(said)}"):
            painter(NOISE, **how)

    def test_an_empty_list_of_styles_is_as_good_as_none(self, painter: Painter) -> None:
        assert np.array_equal(painter(NOISE, style=[]), painter(NOISE))

    def test_a_network_that_does_not_know_the_photograph_knows_no_strength(
        self, make_network: Callable[..., StyleNetwork]
    ) -> None:
        two = make_network(styles=2, identity=False)
        card = ModelCard("style", two.description.to_dict(), title="Two", styles=[{"name": "a"}, {"name": "b"}])
        painter = Painter(two, card, CPU, "torch", "float32")
        assert painter(NOISE, style="a,b").shape == NOISE.shape
        with pytest.raises(UsageError, match=r"^Two has not learnt the photograph itself, so leave out --strength$"):
            painter(NOISE, strength=0.5)


class TestOneStyle:
    def test_a_network_of_one_style_takes_its_own_name_and_no_other(self, plain_file: Path) -> None:
        painter = load(plain_file)
        assert (painter.gallery, painter.look, painter.styles) == (None, None, ["plain-painting"])
        assert np.array_equal(painter(NOISE, style=painter.styles[0]), painter(NOISE))
        assert np.array_equal(painter(NOISE, strength=1), painter(NOISE))
        with pytest.raises(UsageError, match=r"^plain has one style only"):
            painter(NOISE, style="ochre")
        with pytest.raises(UsageError, match=r"^plain has one style and no strength but 1"):
            painter(NOISE, strength=0.5)

    def test_a_network_whose_card_names_no_style_can_paint_all_that_it_says(self, plain_file: Path) -> None:
        painter = load(plain_file)
        bare = Painter(painter.network, ModelCard("style", painter.card.network, "Bare"), CPU, "torch", "float32")
        for style in bare.styles:
            assert np.array_equal(bare(NOISE, style=style), painter(NOISE))

    def test_colours_strokes_and_masks_are_for_it_too(self, plain_file: Path) -> None:
        painter, picture = load(plain_file), photograph(20, 30)
        plain = painter(picture)
        found = painter(picture, color="content", mask=hard(20, 30, 11))
        torch.testing.assert_close(found[..., :11], keep_colours(plain[None], picture[None])[0, ..., :11])
        assert torch.equal(found[..., 11:], picture[..., 11:])
        assert painter(picture, stroke="large").shape == picture.shape
        with pytest.raises(UsageError, match="there are 2 styles and no mask"):
            painter(picture, style=["plain-painting", "plain-painting"])


class TestContinuity:
    """A small change of weights or strength is a small change of the painting."""

    @pytest.mark.parametrize("strength", [1.0, 0.5])
    def test_along_a_path_of_weights(self, painter: Painter, strength: float) -> None:
        picture = photograph(24, 28)

        def paint(share: float) -> Tensor:
            weights = {"ochre": 1 - share, "sienna": share}
            return painter(
                picture, style={name: weight for name, weight in weights.items() if weight}, strength=strength
            )

        self.check(paint)

    @pytest.mark.parametrize("style", ["burnt-umber", "ochre:1,sienna:2"])
    def test_along_strength(self, painter: Painter, style: str) -> None:
        picture = photograph(24, 28)
        self.check(lambda strength: painter(picture, style=style, strength=strength))

    @staticmethod
    def check(paint: Callable[[float], Tensor]) -> None:
        """Steps of half the size are about half as large, everywhere: there is no jump."""
        largest = []
        for steps in (8, 16, 32):
            path = [paint(index / steps) for index in range(steps + 1)]
            assert all(picture.min() >= 0 and picture.max() <= 1 for picture in path)
            largest.append(max(float((b - a).abs().max()) for a, b in itertools.pairwise(path)))
        assert largest[0] > 0
        assert largest[1] < 0.7 * largest[0]
        assert largest[2] < 0.7 * largest[1]

    def test_both_ends_are_the_styles_alone(self, painter: Painter) -> None:
        picture = photograph(24, 28)
        for near, end in (("ochre:1,sienna:1e-7", "ochre"), ("ochre:1e-7,sienna:1", "sienna")):
            torch.testing.assert_close(painter(picture, style=near), painter(picture, style=end), atol=1e-4, rtol=0)
        torch.testing.assert_close(painter(picture, strength=1 - 1e-7), painter(picture), atol=1e-4, rtol=0)


HOWS: list[dict[str, Any]] = [
    {},
    {"style": "ochre,sienna", "strength": 0.5},
    {"strength": 0},
    {"color": "content"},
    {"color": "luminance", "stroke": "large"},
    {"stroke": "small"},
    {"mask": Image.new("L", (50, 37), 100)},
    {"style": ["sienna", "ochre"], "mask": [Image.new("L", (50, 37), 100)], "color": "content", "stroke": "large"},
]


class TestKinds:
    @pytest.mark.parametrize("how", HOWS, ids=lambda how: "-".join(how) or "plain")
    def test_every_kind_of_picture_comes_back_in_its_kind_and_size(
        self, painter: Painter, tmp_path: Path, how: dict[str, Any]
    ) -> None:
        image = Image.fromarray(NOISE)
        image.save(tmp_path / "a.png")
        reference = painter(image, **how)
        for picture in (tmp_path / "a.png", str(tmp_path / "a.png")):
            assert painter(picture, **how).tobytes() == reference.tobytes()
        expected = np.asarray(reference).astype(float)
        assert expected.shape == NOISE.shape

        clear = image.copy()
        clear.putalpha(Image.linear_gradient("L").resize(clear.size))
        found = painter(clear, **how)
        assert (found.mode, found.size) == ("RGBA", (50, 37))
        assert found.getchannel("A").tobytes() == clear.getchannel("A").tobytes()
        assert found.convert("RGB").tobytes() == reference.tobytes()
        grey = painter(image.convert("L"), **how)
        assert (grey.mode, grey.size) == ("RGB", (50, 37))

        assert np.array_equal(painter(NOISE, **how), expected)
        floats = painter(NOISE.astype(np.float32) / 255, **how)
        assert floats.dtype == np.float32
        assert np.abs(floats * 255 - expected).max() <= 0.51
        tensor = torch.from_numpy(NOISE).permute(2, 0, 1)
        assert np.array_equal(painter(tensor, **how).permute(1, 2, 0).numpy(), expected)
        batch = painter((tensor / 255).expand(2, -1, -1, -1), **how)
        assert batch.shape == (2, 3, 37, 50)
        assert np.abs(batch[1].permute(1, 2, 0).numpy() * 255 - expected).max() <= 0.51

    @pytest.mark.parametrize("stroke", ["small", "medium", "large"])
    @pytest.mark.parametrize("size", [(16, 16), (16, 40), (17, 16), (21, 61), (64, 33)])
    def test_strokes_leave_the_size(self, painter: Painter, stroke: str, size: tuple[int, int]) -> None:
        for color in ("style", "content", "luminance"):
            found = painter(photograph(*size), style="ochre,sienna", stroke=stroke, color=color)
            assert found.shape == (3, *size)
            assert 0 <= found.min() <= found.max() <= 1

    @pytest.mark.parametrize("stroke", ["small", "medium", "large"])
    def test_what_is_too_small_stays_too_small(self, painter: Painter, stroke: str) -> None:
        with pytest.raises(InputError, match="40x15 pixels is too small; at least 16x16 are needed"):
            painter(photograph(15, 40), stroke=stroke)

    def test_strokes_differ(self, painter: Painter) -> None:
        picture = photograph(32, 40)
        paintings = [painter(picture, stroke=stroke) for stroke in ("small", "medium", "large")]
        assert all((a - b).abs().max() > 0.01 for a, b in itertools.combinations(paintings, 2))

    @pytest.mark.parametrize("size", [24, 50, 77])
    @pytest.mark.parametrize("stroke", ["medium", "large"])
    def test_size_goes_with_a_style(self, painter: Painter, size: int, stroke: str) -> None:
        found = painter(NOISE, size=size, style="sienna", strength=0.5, stroke=stroke, color="content")
        assert found.shape == (round(37 * size / 50), size, 3)
        image = Image.fromarray(NOISE)
        image.putalpha(90)
        assert painter(image, size=size, style="sienna", stroke=stroke).size == (size, round(37 * size / 50))

    def test_small_strokes_need_more_memory(self, painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
        needs: list[int] = []
        monkeypatch.setattr(
            "painterly.models.on_device.check_memory", lambda width, height, need, remedy: needs.append(need)
        )
        for stroke in ("medium", "small", "large"):
            painter(photograph(64, 64), stroke=stroke)
        assert [need / needs[0] for need in needs] == pytest.approx([1, 2.25, 0.36], rel=1e-3)

    def test_what_is_too_large_is_refused_at_any_stroke(
        self, painter: Painter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(memory, "available_memory", lambda: 10_000)
        for stroke in ("small", "medium", "large"):
            with pytest.raises(InputError, match="try --size"):
                painter(photograph(64, 64), stroke=stroke)


class TestColours:
    @pytest.mark.parametrize("color", ["content", "luminance"])
    @pytest.mark.parametrize("style", ["ochre", "ochre,sienna"])
    def test_colours_stay_the_photograph_s(self, painter: Painter, color: str, style: str) -> None:
        picture = torch.rand(2, 3, 20, 30)
        found = painter(picture, style=style, color=color)
        painting = painter(picture, style=style)
        torch.testing.assert_close(found, keep_colours(painting, picture, contrast=color == "luminance"))

    def test_colours_of_a_resized_photograph_are_the_resized_one_s(self, painter: Painter) -> None:
        """I and Q of YIQ: differences of the channels."""
        picture = 0.45 + 0.1 * torch.rand(3, 40, 60)
        small = painter(picture, size=30, color="content", mask=torch.zeros(3, 20, 30))  # the photograph
        found = painter(picture, size=30, color="content")
        for a, b in ((0, 1), (1, 2)):
            torch.testing.assert_close(found[a] - found[b], small[a] - small[b], atol=1e-5, rtol=0)


class TestMasks:
    def test_inside_is_the_painting_and_outside_the_photograph(self, painter: Painter) -> None:
        picture = photograph(2, 20, 30)
        found, painting = (painter(picture, style="sienna", mask=mask) for mask in (hard(20, 30, 11), None))
        assert torch.equal(found[..., :11], painting[..., :11])
        assert torch.equal(found[..., 11:], picture[..., 11:])

    def test_eight_bits_stay_where_nothing_is_painted(self, painter: Painter) -> None:
        mask = Image.new("L", (50, 37))
        mask.paste(255, (0, 0, 20, 37))
        found = painter(NOISE, mask=mask)
        assert np.array_equal(found[:, 20:], NOISE[:, 20:])
        assert np.array_equal(found[:, :20], painter(NOISE)[:, :20])

    @pytest.mark.parametrize("count", [2, 3])
    def test_each_style_has_its_place_and_the_last_may_have_the_rest(self, painter: Painter, count: int) -> None:
        picture, styles = photograph(20, 30), ["ochre", "ochre:1,burnt-umber:3", "sienna"][:count]
        paintings = [painter(picture, style=style, strength=0.8) for style in styles]
        edges = [0, 9, 17, 24]
        masks = [hard(20, 30, right) - hard(20, 30, left) for left, right in itertools.pairwise(edges[: count + 1])]
        found = painter(picture, style=styles, strength=0.8, mask=masks)
        for painting, (left, right) in zip(paintings, itertools.pairwise(edges), strict=False):
            assert torch.equal(found[..., left:right], painting[..., left:right])
        assert torch.equal(found[..., edges[count] :], picture[..., edges[count] :])

        found = painter(picture, style=styles, strength=0.8, mask=masks[:-1])
        for painting, (left, right) in zip(paintings[:-1], itertools.pairwise(edges), strict=False):
            assert torch.equal(found[..., left:right], painting[..., left:right])
        assert torch.equal(found[..., edges[count - 1] :], paintings[-1][..., edges[count - 1] :])

    def test_where_masks_overlap_they_share(self, painter: Painter) -> None:
        picture = photograph(20, 30)
        whole, half = torch.ones(3, 20, 30), torch.full((3, 20, 30), 0.5)
        first, second = (painter(picture, style=style) for style in ("ochre", "sienna"))
        for masks, expected in (
            ([whole, whole], (first + second) / 2),
            ([whole, half], (2 * first + second) / 3),
            ([half, half], (first + second) / 2),
            ([half], (first + second) / 2),
            ([half / 2, half], first / 4 + second / 2 + picture / 4),
        ):
            torch.testing.assert_close(painter(picture, style=["ochre", "sienna"], mask=masks), expected)

    def test_a_mask_may_be_of_any_kind(self, painter: Painter, tmp_path: Path) -> None:
        mask = Image.new("L", (50, 37))
        mask.paste(255, (0, 0, 20, 37))
        mask.save(tmp_path / "mask.png")
        array = np.asarray(mask)
        expected = painter(NOISE, mask=mask)
        for given in (
            tmp_path / "mask.png",
            str(tmp_path / "mask.png"),
            [tmp_path / "mask.png"],
            (mask,),
            mask.convert("RGB"),
            mask.convert("1"),
            array,
            array[..., None],
            array / 255,
            torch.from_numpy(array.copy()).expand(3, -1, -1),
        ):
            assert np.array_equal(painter(NOISE, mask=given), expected)

    @pytest.mark.parametrize("factor", [0.5, 2, 4])
    def test_a_mask_may_be_larger_or_smaller(self, painter: Painter, factor: float) -> None:
        picture = photograph(36, 48)
        mask = hard(int(36 * factor), int(48 * factor), int(24 * factor))
        found, painting = painter(picture, mask=mask), painter(picture)
        assert torch.equal(found[..., :20], painting[..., :20])
        assert torch.equal(found[..., 28:], picture[..., 28:])

    def test_a_photograph_s_mask_fits_whatever_size_is_painted(self, painter: Painter) -> None:
        picture = photograph(134, 200)
        for size in (50, 77, 101, 150):
            assert painter(picture, size=size, mask=torch.ones(3, 134, 200)).shape[-1] == size

    def test_wrong_proportions_are_refused_by_the_mask_s_name(self, painter: Painter, tmp_path: Path) -> None:
        Image.new("L", (37, 50)).save(tmp_path / "sky.png")
        said = f"the mask {tmp_path / 'sky.png'} has 37x50 pixels, the picture 50x37: they must have the same"
        with pytest.raises(InputError, match=f"^{re.escape(said)}"):
            painter(NOISE, mask=tmp_path / "sky.png")
        with pytest.raises(InputError, match=r"^the mask has 37x50 pixels, the picture 50x37"):
            painter(NOISE, style=["ochre", "sienna"], mask=[Image.new("L", (50, 37)), Image.new("L", (37, 50))])

    @pytest.mark.parametrize(("styles", "masks"), [(1, 2), (1, 3), (2, 3), (3, 1), (3, 4)])
    def test_there_are_as_many_masks_as_styles_or_one_less(self, painter: Painter, styles: int, masks: int) -> None:
        with pytest.raises(UsageError, match="give one mask for each style"):
            painter(NOISE, style=["ochre", "sienna", "burnt-umber"][:styles], mask=[np.ones((37, 50))] * masks)

    def test_a_mask_that_cannot_be_read_is_named(self, painter: Painter, tmp_path: Path) -> None:
        (tmp_path / "odd.png").write_bytes(b"odd")
        for name, said in (("odd.png", "is not a picture"), ("none.png", "does not exist")):
            with pytest.raises(InputError, match=f"^{re.escape(str(tmp_path / name))} {said}"):
                painter(NOISE, mask=tmp_path / name)

    @pytest.mark.parametrize("stroke", ["small", "large"])
    @pytest.mark.parametrize("color", ["content", "luminance"])
    def test_masks_go_with_colours_and_strokes(self, painter: Painter, color: str, stroke: str) -> None:
        picture = photograph(20, 30)
        found, painting = (painter(picture, color=color, stroke=stroke, mask=mask) for mask in (hard(20, 30, 11), None))
        assert torch.equal(found[..., :11], painting[..., :11])
        assert torch.equal(found[..., 11:], picture[..., 11:])
