"""Painting without torch against painting with it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import painterly
from painterly.errors import InputError, UsageError
from painterly.images.reading import read_picture
from painterly.inference.light import LightPainter, _carry_round, _to_bfloat16, find_light_painter, keep_light_model
from painterly.models.card import ModelCard
from painterly.models.file import save_network, save_tensors
from painterly.models.look import parse_look
from painterly.networks import StyleDescription, StyleNetwork
from painterly.networks.carry import carry_round
from painterly.networks.mixing import norm_layers, shared_digest, style_parameters

pytest.importorskip("openvino", reason="OpenVINO is not installed")

HERE: dict[str, Any] = {"device": "cpu", "backend": "openvino"}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model file, and a cache of its own."""
    monkeypatch.setenv("PAINTERLY_CACHE", str(tmp_path / "cache"))
    network = StyleNetwork(StyleDescription(width=6, blocks=1))
    path = tmp_path / "model.safetensors"
    save_network(path, network, ModelCard("style", network.description.to_dict()))
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture whose sides are no multiples of anything."""
    pixels = np.random.default_rng(0).integers(0, 256, (61, 83, 3), np.uint8)
    Image.fromarray(pixels).resize((83, 61)).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def kept(model: Path, precision: str) -> LightPainter:
    painter = painterly.load(model, device="cpu", backend="openvino", precision=precision)
    keep_light_model(painter, model)
    light = find_light_painter(model, precision=precision, **HERE)
    assert light is not None
    return light


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "auto"])
def test_the_same_picture_as_with_torch(model: Path, photo: Path, precision: str) -> None:
    light = kept(model, precision)
    heavy = painterly.load(model, device="cpu", backend="openvino", precision=precision)
    assert light.precision == heavy.choice.precision
    picture = read_picture(photo)
    found, wanted = (np.asarray(painter(picture)).astype(int) for painter in (light, heavy))
    assert np.abs(found - wanted).max() <= 1  # as sums come out in another order on more threads
    assert (found != wanted).mean() < 0.01


def test_resized_pictures_differ_by_rounding(model: Path, photo: Path) -> None:
    light, picture = kept(model, "float32"), read_picture(photo)
    heavy = painterly.load(model, device="cpu", backend="openvino", precision="float32")
    found, wanted = (np.asarray(painter(picture, size=50)).astype(int) for painter in (light, heavy))
    assert found.shape == wanted.shape == (37, 50, 3)
    assert np.abs(found - wanted).max() <= 1


def test_transparency_stays(model: Path, photo: Path) -> None:
    picture = read_picture(photo)
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    painting = kept(model, "float32")(picture)
    assert painting.mode == "RGBA"
    assert painting.getchannel("A").tobytes() == picture.getchannel("A").tobytes()


def test_too_small_a_picture_is_refused(model: Path) -> None:
    with pytest.raises(InputError, match="15x40 pixels is too small"):
        kept(model, "float32")(Image.new("RGB", (15, 40)))


def test_what_was_not_kept_or_is_not_whole_is_left_to_torch(model: Path) -> None:
    assert find_light_painter(model, precision="auto", **HERE) is None
    kept(model, "auto")
    folder = next((model.parent / "cache" / "graphs").iterdir())
    for broken in ("about.json", "float32.bin", "float32.xml"):
        before = (folder / broken).read_bytes()
        (folder / broken).write_bytes(b"")
        assert find_light_painter(model, precision="float32", **HERE) is None
        (folder / broken).write_bytes(before)
    assert find_light_painter(model, precision="float32", **HERE) is not None


@pytest.mark.parametrize(
    "asked",
    [
        {"device": "cuda", "backend": "auto", "precision": "auto"},
        {"device": "cpu", "backend": "torch", "precision": "auto"},
        {"device": "cpu", "backend": "auto", "precision": "int8"},
        {"device": "cpu", "backend": "nonsense", "precision": "auto"},
    ],
    ids=str,
)
def test_what_else_is_asked_for_is_left_to_torch(model: Path, asked: dict[str, Any]) -> None:
    kept(model, "auto")
    assert find_light_painter(model, **asked) is None


def test_another_file_under_the_same_name_is_another_model(model: Path) -> None:
    kept(model, "auto")
    network = StyleNetwork(StyleDescription(width=6, blocks=1))
    save_network(model, network, ModelCard("style", network.description.to_dict()))
    assert find_light_painter(model, precision="auto", **HERE) is None


def test_the_command_needs_no_torch_the_second_time(model: Path, photo: Path) -> None:
    paintings = []
    for turn, torch_is_used in enumerate((True, False)):
        output = photo.with_name(f"painting{turn}.png")
        run = "import sys; from painterly.commands import main\ntry: main()\nfinally: print('torch' in sys.modules)"
        arguments = [
            "stylize",
            str(photo),
            "-m",
            str(model),
            "-o",
            str(output),
            "--backend",
            "openvino",
            "--device",
            "cpu",
        ]
        done = subprocess.run([sys.executable, "-c", run, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == str(torch_is_used)
        paintings.append(output.read_bytes())
    first, second = (np.asarray(Image.open(io.BytesIO(painting))).astype(int) for painting in paintings)
    assert np.abs(first - second).max() <= 1


def test_rounding_to_bfloat16_is_torch_s() -> None:
    x = torch.cat([torch.randn(4096), torch.tensor([0.0, -0.0, 1.00390625, 1.01171875])])
    expected = x.to(torch.bfloat16).float().numpy()
    np.testing.assert_array_equal(_to_bfloat16(x.numpy()), expected)


class TestLooks:
    """A network of several styles is kept once for each look."""

    @pytest.fixture(autouse=True)
    def styles_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Where learnt styles are looked for: a folder of the test's own."""
        monkeypatch.setenv("PAINTERLY_STYLES", str(tmp_path / "styles"))
        return tmp_path / "styles"

    @pytest.fixture
    def network(self) -> StyleNetwork:
        network = StyleNetwork(StyleDescription(width=6, blocks=1, styles=4, identity=True)).eval()
        for _, norm in norm_layers(network):
            torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
            torch.nn.init.normal_(norm.bias, 0, 0.3)
        return network

    @pytest.fixture
    def gallery(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: StyleNetwork) -> Path:
        """A network of three styles and the photograph, and a cache of its own."""
        monkeypatch.setenv("PAINTERLY_CACHE", str(tmp_path / "cache"))
        styles = [{"name": name} for name in ("ochre", "umber", "sienna")]
        path = tmp_path / "gallery.safetensors"
        save_network(path, network, ModelCard("style", network.description.to_dict(), styles=styles))
        return path

    @pytest.fixture
    def learn(self, styles_folder: Path, network: StyleNetwork) -> Callable[[str, int], Path]:
        """Write a learnt style."""

        def write(name: str, seed: int) -> Path:
            styles_folder.mkdir(exist_ok=True)
            generator = torch.Generator().manual_seed(seed)
            tensors = {
                key: torch.rand(value.shape, generator=generator) + 0.3
                for key, value in style_parameters(network).items()
            }
            path = styles_folder / f"{name}.safetensors"
            save_tensors(path, tensors, ModelCard("style parameters", {"shared": shared_digest(network)}))
            return path

        return write

    @staticmethod
    def find(gallery: Path, style: str, strength: float = 1.0, precision: str = "float32") -> LightPainter | None:
        return find_light_painter(gallery, parse_look(style, strength), precision=precision, **HERE)

    def keep(self, gallery: Path, style: str, strength: float = 1.0, precision: str = "float32") -> LightPainter:
        how: dict[str, Any] = {"style": style, "strength": strength, "precision": precision}
        keep_light_model(painterly.load(gallery, device="cpu", backend="openvino", **how), gallery)
        light = self.find(gallery, style, strength, precision)
        assert light is not None
        return light

    @staticmethod
    def folders(gallery: Path) -> set[Path]:
        return set((gallery.parent / "cache" / "graphs").iterdir())

    @pytest.mark.parametrize("strength", [1.0, 0.5, 0.0])
    @pytest.mark.parametrize("style", ["umber", "ochre:1,sienna:3"])
    def test_the_same_picture_as_with_torch_alone(
        self, gallery: Path, photo: Path, style: str, strength: float
    ) -> None:
        light, picture = self.keep(gallery, style, strength), read_picture(photo)
        heavy = painterly.load(
            gallery, style=style, strength=strength, device="cpu", backend="torch", precision="float32"
        )
        for size in (None, 50):
            found, wanted = (np.asarray(painter(picture, size=size)).astype(int) for painter in (light, heavy))
            assert np.abs(found - wanted).max() <= 1
            assert (found != wanted).mean() < 0.02

    @pytest.mark.parametrize("strength", [1.0, 0.5])
    def test_in_bfloat16_it_is_openvino_s_of_torch(self, gallery: Path, photo: Path, strength: float) -> None:
        light, picture = self.keep(gallery, "umber", strength, "bfloat16"), read_picture(photo)
        heavy = painterly.load(
            gallery, style="umber", strength=strength, device="cpu", backend="openvino", precision="bfloat16"
        )
        found, wanted = (np.asarray(painter(picture)).astype(int) for painter in (light, heavy))
        assert np.abs(found - wanted).max() <= 1

    def test_every_look_has_a_folder_of_its_own(self, gallery: Path) -> None:
        looks = [("ochre", 1.0), ("umber", 1.0), ("umber", 0.5), ("umber", 0.0), ("ochre,umber", 1.0)]
        looks += [("ochre:1,umber:2", 1.0), ("ochre:2,umber:1", 1.0)]
        for count, (style, strength) in enumerate(looks, 1):
            assert self.find(gallery, style, strength) is None
            self.keep(gallery, style, strength)
            assert len(self.folders(gallery)) == count
        for style in ("Umber", "umber:7", "umber"):
            assert self.find(gallery, style) is not None
        assert self.find(gallery, "umber:1,ochre:2") is not None
        self.keep(gallery, "umber:3,ochre:6")
        assert len(self.folders(gallery)) == len(looks)

    def test_a_look_s_picture_is_its_own(self, gallery: Path, photo: Path) -> None:
        picture = read_picture(photo)
        for style, strength in (("ochre", 1.0), ("umber", 1.0), ("umber", 0.5)):
            self.keep(gallery, style, strength)
        paintings = []
        for style, strength in (("ochre", 1.0), ("umber", 1.0), ("umber", 0.5)):
            light = self.find(gallery, style, strength)
            assert light is not None
            paintings.append(light(picture).tobytes())
        assert len(set(paintings)) == 3

    def test_a_style_that_was_learnt_again_is_not_served_stale(
        self, gallery: Path, photo: Path, learn: Callable[[str, int], Path]
    ) -> None:
        picture, paintings = read_picture(photo), []
        for seed in (1, 2):
            path = learn("azure", seed)
            assert self.find(gallery, "azure:2,ochre:1", 0.8) is None
            light = self.keep(gallery, "azure:2,ochre:1", 0.8)
            assert self.find(gallery, f"{path}:2,ochre:1", 0.8) is not None  # the same file by another name
            heavy = painterly.load(
                gallery, style="azure:2,ochre:1", strength=0.8, device="cpu", backend="torch", precision="float32"
            )
            found, wanted = (np.asarray(painter(picture)).astype(int) for painter in (light, heavy))
            assert np.abs(found - wanted).max() <= 1
            paintings.append(found)
        assert not np.array_equal(paintings[0], paintings[1])

    def test_a_style_that_is_gone_or_unknown_is_left_to_torch(
        self, gallery: Path, learn: Callable[[str, int], Path]
    ) -> None:
        path = learn("azure", 1)
        self.keep(gallery, "azure")
        path.unlink()
        with pytest.raises(UsageError, match="there is no style 'azure'"):
            self.find(gallery, "azure")
        assert self.find(gallery, str(path)) is None

    def test_another_network_of_the_same_styles_is_another_model(self, gallery: Path, network: StyleNetwork) -> None:
        self.keep(gallery, "ochre")
        with torch.no_grad():
            next(iter(network.parameters())).add_(0.01)
        styles = [{"name": name} for name in ("ochre", "umber", "sienna")]
        save_network(gallery, network, ModelCard("style", network.description.to_dict(), styles=styles))
        assert self.find(gallery, "ochre") is None

    def test_the_whole_network_is_not_one_of_its_looks(self, gallery: Path) -> None:
        self.keep(gallery, "ochre")
        assert find_light_painter(gallery, precision="float32", **HERE) is None

    @pytest.mark.parametrize("strength", ["1", "0.5"])
    def test_the_command_needs_no_torch_the_second_time(self, gallery: Path, photo: Path, strength: str) -> None:
        run = "import sys; from painterly.commands import main\ntry: main()\nfinally: print('torch' in sys.modules)"
        paintings = []
        for turn, torch_is_used in enumerate((True, False)):
            output = photo.with_name(f"painting{turn}.png")
            arguments = [
                "stylize",
                str(photo),
                "-m",
                str(gallery),
                "--style",
                "umber:2,ochre:1",
                "--strength",
                strength,
            ]
            arguments += ["-o", str(output), "--backend", "openvino", "--device", "cpu"]
            done = subprocess.run([sys.executable, "-c", run, *arguments], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert done.stdout.strip() == str(torch_is_used)
            paintings.append(np.asarray(Image.open(output)).astype(int))
        assert np.abs(paintings[0] - paintings[1]).max() <= 1


def test_what_an_earlier_painterly_kept_is_left_to_torch(model: Path, photo: Path) -> None:
    """A cache of the same version number, from before `carry` was kept."""
    kept(model, "float32")
    about = next((model.parent / "cache" / "graphs").iterdir()) / "about.json"
    values = json.loads(about.read_text())
    del values["carry"]
    about.write_text(json.dumps(values))
    light = find_light_painter(model, precision="float32", **HERE)
    if light is not None:  # or it paints without
        light(read_picture(photo))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("flat", [False, True])
def test_carrying_is_torch_s(share: float, flat: bool) -> None:
    x, y = torch.randn(2, 3, 11, 14) + 0.3
    if flat:
        y = torch.full_like(y, 0.7)
    expected = carry_round(x[None], y[None], share)[0]
    found = torch.from_numpy(_carry_round(x.numpy(), y.numpy(), share))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
