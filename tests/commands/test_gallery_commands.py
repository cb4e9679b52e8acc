"""Galleries from the command line: listing, painting, training, learning, distilling."""

from __future__ import annotations

import itertools
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
from safetensors.torch import save_file

from painterly import __version__
from painterly.data import crop_loader
from painterly.encoders import DistilledVGG
from painterly.folders import DEMO_PICTURE
from painterly.models.card import ModelCard
from painterly.models.file import load_network, read_card, save_network
from painterly.networks import StyleDescription, StyleNetwork

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of two styles, `red` and `blue`, and the photograph itself."""
    torch.manual_seed(3)
    description = StyleDescription(width=4, blocks=1, styles=3, identity=True)
    network = StyleNetwork(description)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.2)
    card = ModelCard(
        "style",
        description.to_dict(),
        title="Tiny",
        styles=[{"name": "red", "title": "Red Hills", "painter": "A. Painter"}, {"name": "blue", "title": "Blue"}],
        training={"preset": "small", "style_size": 48, "weights": [{"style": 2.0}, {"style": 3.0}]},
    )
    path = tmp_path_factory.mktemp("base") / "base.safetensors"
    save_network(path, network, card)
    return path


@pytest.fixture(scope="module")
def distilled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A loss network from relu1_1 to relu4_1, with random weights."""
    path = tmp_path_factory.mktemp("distilled") / "distilled.safetensors"
    torch.manual_seed(2)
    save_file(DistilledVGG(until="relu4_1").state_dict(), path)
    return path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work offline in a folder with `photo.jpg`, `barn.png`, `fair.png` and `photos/`; styles are kept in `styles/`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAINTERLY_STYLES", str(tmp_path / "styles"))
    monkeypatch.delenv("PAINTERLY_DATA", raising=False)
    monkeypatch.setattr("painterly.encoders.loading.download", lambda *_, **__: pytest.fail("a download was tried"))
    loader = "painterly.training.loop.crop_loader"
    monkeypatch.setattr(loader, lambda dataset, order, **_: crop_loader(dataset, order, workers=0))
    noise = np.random.default_rng(0)
    (tmp_path / "photos").mkdir()
    names = ["photo.jpg", "barn.png", "fair.png", *(f"photos/{number}.png" for number in range(10))]
    for name in names:
        Image.fromarray(noise.integers(0, 256, (48, 60, 3), np.uint8)).save(tmp_path / name)
    return tmp_path


@pytest.fixture
def short(distilled: Path) -> tuple[object, ...]:
    """Options of a run that takes less than a second."""
    tiny = ("--steps", 1, "--size", 32, "--batch-size", 1, "--device", "cpu", "--photos", "photos")
    return (*tiny, "--loss-network", distilled)


@pytest.fixture
def learn(run: Run, base: Path, short: tuple[object, ...]) -> Run:
    """`painterly learn` on the tiny gallery."""
    return lambda *options: run("learn", *options, "--base", base, "--start", "red", *short)


def one_sentence(text: str) -> bool:
    return text.startswith("painterly: ") and text.count("\n") == 1 and "Traceback" not in text


def pixels(path: str | Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"), np.int16)


class TestModule:
    """`python -m painterly`."""

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "painterly", *arguments], check=False, capture_output=True, text=True
        )

    def test_is_the_command(self) -> None:
        done = self.python("--version")
        assert (done.returncode, done.stdout, done.stderr) == (0, f"painterly {__version__}\n", "")

    def test_fails_like_the_command(self) -> None:
        done = self.python("stylize", "photo.jpg", "--style", "stary-nigt")
        assert (done.returncode, done.stdout) == (2, "")
        assert one_sentence(done.stderr)
        assert "did you mean starry-night" in done.stderr

    def test_listing_styles_loads_no_torch(self) -> None:
        script = (
            "import sys; sys.argv[1:] = ['styles', '--json']\n"
            "import painterly.commands\n"
            "try:\n    painterly.commands.main()\n"
            "except SystemExit:\n    pass\n"
            "sys.exit('torch' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert "starry-night" in [entry["name"] for entry in json.loads(done.stdout)]


@pytest.mark.parametrize("command", [["styles"], ["learn"], ["train", "style"], ["train", "encoder"], ["stylize"]])
def test_help(run: Run, command: list[str]) -> None:
    status, out, err = run(*command, "--help")
    assert (status, err) == (0, "")
    assert "Usage:" in out


class TestListing:
    """`painterly styles` without a photograph."""

    def test_the_gallery_that_ships(self, run: Run) -> None:
        status, out, err = run("styles")
        assert (status, err) == (0, "")
        listed = json.loads(run("styles", "--json").out)
        assert [line.split()[0] for line in out.splitlines()] == [entry["name"] for entry in listed]
        found = {entry["name"]: entry for entry in listed}
        assert found["starry-night"]["painter"] == "Vincent van Gogh"
        assert "The Starry Night, Vincent van Gogh" in out
        assert not any("learnt" in entry for entry in listed)

    def test_another(self, run: Run, base: Path) -> None:
        assert run("styles", "-m", base).out.splitlines() == [
            f"{'red':20}  Red Hills, A. Painter",
            f"{'blue':20}  Blue",
        ]

    def test_what_was_learnt_here(self, run: Run, learn: Run, base: Path, here: Path) -> None:
        assert learn("barn.png", "--title", "A Barn").status == 0
        lines = run("styles", "-m", base).out.splitlines()
        assert lines[2] == f"{'barn':20}  A Barn  (learnt here)"
        entry = json.loads(run("styles", "-m", base, "--json").out)[2]
        assert (entry["name"], entry["title"], entry["learnt"]) == (
            "barn",
            "A Barn",
            str(here / "styles/barn.safetensors"),
        )

    def test_a_damaged_file_among_them_hides_none_of_the_others(
        self, run: Run, learn: Run, base: Path, here: Path
    ) -> None:
        assert learn("barn.png").status == 0
        (here / "styles" / "aaa.safetensors").write_text("damaged")
        (here / "styles" / "text.txt").write_text("no style")
        status, out, _ = run("styles", "-m", base)
        assert status == 0
        assert "barn" in [line.split()[0] for line in out.splitlines()]

    @pytest.mark.parametrize("model", ["starry-night", "upscale-x4"])
    def test_a_network_of_one_style_has_none(self, run: Run, model: str) -> None:
        status, out, err = run("styles", "-m", model)
        assert (status, out) == (2, "")
        assert one_sentence(err)
        assert f"{model} has one style only" in err


class TestSheet:
    """`painterly styles` with a photograph."""

    def test_every_style_is_on_it(self, run: Run, base: Path) -> None:
        status, out, err = run("styles", "photo.jpg", "-m", base, "--size", 40)
        assert (status, out) == (0, "")
        assert err.splitlines() == ["painting red", "painting blue", "wrote photo-styles.jpg"]
        with Image.open("photo-styles.jpg") as sheet:
            assert sheet.width * sheet.height > 3 * 40 * 32
        entries = run("styles", "photo.jpg", "-m", base, "--size", 40, "-o", "b.png", "--json", "-q")
        assert [entry["name"] for entry in json.loads(entries.out)] == ["red", "blue"]
        assert entries.err == ""

    def test_without_a_photograph_it_is_the_one_that_ships(self, run: Run, base: Path) -> None:
        alone = run("styles", "-m", base, "-s", 60, "-o", "a.png", "-q")
        named = run("styles", DEMO_PICTURE, "-m", base, "-s", 60, "-o", "b.png", "-q")
        assert (alone, named) == ((0, "", ""), (0, "", ""))
        assert np.array_equal(pixels("a.png"), pixels("b.png"))

    def test_styles_and_mixtures_may_be_chosen(self, run: Run, base: Path) -> None:
        chosen = ("--style", "blue", "--style", "red:0.5,blue:0.5", "--strength", 0.7)
        assert run("styles", "photo.jpg", "-m", base, *chosen, "-o", "a.png").err.splitlines() == [
            *("painting blue", "painting red:0.5,blue:0.5", "wrote a.png")
        ]

    def test_what_was_learnt_is_on_it_where_it_fits(self, run: Run, learn: Run, base: Path) -> None:
        assert learn("barn.png").status == 0
        assert learn("fair.png", "--deep", "--deep-steps", 1).status == 0
        status, _, err = run("styles", "photo.jpg", "-m", base, "-s", 40)
        assert status == 0
        assert "painting barn" in err
        status, _, err = run("styles", "photo.jpg", "-s", 32, "-o", "shipped.png")  # barn was not learnt for this one
        assert status == 0
        assert "painting starry-night" in err
        assert "painting barn" not in err

    def test_nothing_is_replaced_unasked(self, run: Run, base: Path, here: Path) -> None:
        (here / "a.png").write_text("precious")
        status, out, err = run("styles", "photo.jpg", "-m", base, "-o", "a.png")
        assert (status, out, err) == (1, "", "painterly: a.png exists; add --overwrite to replace it\n")
        assert (here / "a.png").read_text() == "precious"
        assert run("styles", "photo.jpg", "-m", base, "-o", "a.png", "--overwrite").status == 0

    @pytest.mark.parametrize(
        ("options", "status", "words"),
        [
            (["photo.jpg", "--style", "blu"], 2, "there is no style 'blu'; did you mean blue?"),
            (["photo.jpg", "--style", "red,red"], 2, "names red twice"),
            (["photo.jpg", "--strength", "1.5"], 2, "--strength must be a number from 0"),
            (["photo.jpg", "--color", "sepia"], 2, "--color must be one of style, content, luminance, not 'sepia'"),
            (["photo.jpg", "--stroke", "huge"], 2, "--stroke must be one of small, medium, large, not 'huge'"),
            (["photo.jpg", "-o", "sheet.xyz"], 2, "cannot write '.xyz' files"),
            (["photo.jpg", "--device", "abacus"], 2, "abacus"),
            (["missing.jpg"], 1, "missing.jpg does not exist"),
            (["photos"], 1, "photos is a folder"),
            (["photo.jpg", "--size", "16"], 1, "is too small"),
        ],
    )
    def test_wrong_use(self, run: Run, base: Path, here: Path, options: list[str], status: int, words: str) -> None:
        before = sorted(here.iterdir())
        found, out, err = run("styles", *options, "-m", base, "-q")
        assert (found, out) == (status, "")
        assert one_sentence(err)
        assert words in err
        assert sorted(here.iterdir()) == before

    def test_a_format_that_cannot_be_written_is_refused_before_the_work(self, run: Run, base: Path) -> None:
        assert one_sentence(run("styles", "photo.jpg", "-m", base, "-o", "sheet.xyz").err)

    def test_a_network_of_one_style_makes_none(self, run: Run, here: Path) -> None:
        status, out, err = run("styles", "photo.jpg", "-m", "starry-night-small", "-o", "sheet.png", "-q")
        assert (status, out) == (2, "")
        assert one_sentence(err)
        assert not (here / "sheet.png").exists()


class TestStylize:
    """`painterly stylize` with the gallery's options."""

    @pytest.mark.parametrize(
        "options",
        [
            [],
            ["--style", "Blue"],
            ["--style", "red:0.6,blue:0.4"],
            ["--style", "red", "--strength", "0.25"],
            ["--style", "blue", "--color", "content"],
            ["--style", "blue", "--color", "luminance"],
            ["--style", "blue", "--stroke", "large"],
            ["--style", "blue", "--stroke", "small", "--size", "64"],
            ["--style", "red", "--mask", "mask.png"],
            ["--style", "red", "--style", "blue", "--mask", "mask.png"],
            ["--style", "red", "--style", "blue", "--mask", "mask.png", "--mask", "rest.png"],
        ],
    )
    def test_a_painting_has_the_size_of_its_photograph(
        self, run: Run, base: Path, here: Path, options: list[str]
    ) -> None:
        mask = Image.new("L", (60, 48))
        mask.paste(255, (0, 0, 30, 48))
        mask.save("mask.png")
        Image.eval(mask, lambda value: 255 - value).save("rest.png")
        status, out, err = run("stylize", "photo.jpg", "-m", base, "-o", "o.png", *options, "--json", "-q")
        assert (status, err) == (0, "")
        document = json.loads(out)
        given = [value for flag, value in itertools.pairwise(options) if flag == "--style"]
        assert document["style"] == (given or None)
        longest = 64 if "--size" in options else 60
        assert document["results"][0]["width"] == longest
        with Image.open("o.png") as painting:
            assert painting.size == (longest, round(longest * 48 / 60))

    def test_where_a_mask_is_black_the_photograph_stays(self, run: Run, base: Path) -> None:
        Image.new("L", (60, 48), 0).save("black.png")
        Image.new("L", (60, 48), 255).save("white.png")
        for name in ("black", "white"):
            assert run("stylize", "photo.jpg", "-m", base, "-o", f"{name}-o.png", "--mask", f"{name}.png").status == 0
        assert run("stylize", "photo.jpg", "-m", base, "-o", "plain.png").status == 0
        assert np.abs(pixels("black-o.png") - pixels("photo.jpg")).max() <= 1
        assert np.abs(pixels("white-o.png") - pixels("plain.png")).max() <= 4

    def test_beside_the_photograph_it_is_named_for_the_styles(self, run: Run, base: Path, here: Path) -> None:
        assert run("stylize", "photo.jpg", "-m", base, "--style", "blue").status == 0
        assert run("stylize", "photo.jpg", "-m", base, "--style", "red:1,blue:3").status == 0
        assert {path.name for path in here.glob("photo-*")} == {"photo-blue.jpg", "photo-blue-red.jpg"}

    @pytest.mark.parametrize(
        ("options", "status", "words"),
        [
            (["--style", "blu"], 2, "there is no style 'blu'; did you mean blue?"),
            (["--style", "nobody"], 2, "did you mean red or blue?"),
            (["--style", ""], 2, "lacks the name of a style"),
            (["--style", "red:x"], 2, "'x' is not a weight"),
            (["--style", "red:1,blue"], 2, "give a weight to each of the styles or to none"),
            (["--style", "red", "--strength", "-1"], 2, "--strength must be a number from 0"),
            (["--style", "red", "--color", "sepia"], 2, "--color must be one of"),
            (["--style", "red", "--stroke", "huge"], 2, "--stroke must be one of"),
            (["--style", "red", "--style", "blue"], 2, "mask"),
            (["--style", "red", "--mask", "photo.jpg", "--mask", "photo.jpg"], 2, "masks"),
            (["--style", "red", "--mask", "missing.png"], 1, "missing.png does not exist"),
            (["--style", "red", "--mask", "square.png"], 1, "must have the same proportions"),
            (["--style", "gone.safetensors"], 1, "gone.safetensors"),
        ],
    )
    def test_wrong_use(self, run: Run, base: Path, here: Path, options: list[str], status: int, words: str) -> None:
        Image.new("L", (50, 50)).save("square.png")
        found, out, err = run("stylize", "photo.jpg", "-m", base, "-o", "o.png", *options)
        assert (found, out) == (status, "")
        assert one_sentence(err)
        assert words in err
        assert not (here / "o.png").exists()

    def test_a_network_of_one_style_has_no_strength(self, run: Run) -> None:
        status, _, err = run("stylize", "photo.jpg", "-m", "starry-night-small", "--strength", 0.5, "-o", "o.png")
        assert status == 2
        assert one_sentence(err)
        assert "--strength is for a gallery" in err


class TestLearn:
    """`painterly learn`."""

    def test_what_is_learnt_can_be_painted(self, run: Run, learn: Run, base: Path, here: Path) -> None:
        status, out, err = learn("barn.png")
        assert (status, out) == (0, "")
        assert "objective on unseen photographs" in err
        assert f"wrote {here / 'styles' / 'barn.safetensors'}" in err
        assert [path.name for path in (here / "styles").iterdir()] == ["barn.safetensors"]
        for name in ("barn", "Barn", "barn:0.5,red:0.5"):
            assert run("stylize", "photo.jpg", "-m", base, "--style", name, "-o", "o.png", "--overwrite").status == 0

    def test_json_is_the_card_and_quiet_is_quiet(self, learn: Run, here: Path) -> None:
        status, out, err = learn("barn.png", "--json", "--quiet", "--painter", "Nobody")
        assert (status, err) == (0, "")
        document = json.loads(out)
        assert document.pop("file") == str(here / "styles" / "barn.safetensors")
        assert document == read_card(here / "styles" / "barn.safetensors").to_dict()
        assert document["style"]["painter"] == "Nobody"

    def test_a_deep_style_needs_no_model(self, run: Run, learn: Run) -> None:
        assert learn("barn.png", "--deep", "--deep-steps", 1, "-q") == (0, "", "")
        assert run("stylize", "photo.jpg", "--style", "barn", "-o", "o.png", "-q") == (0, "", "")

    def test_a_file_of_ones_own(self, run: Run, learn: Run, base: Path, here: Path) -> None:
        status, _, err = learn("barn.png", "--output", "mine/barn.safetensors")
        assert status == 0
        assert "wrote mine/barn.safetensors; paint with it:" in err
        assert "--style mine/barn.safetensors" in err
        assert not (here / "styles").exists()
        style = ("--style", "mine/barn.safetensors")
        assert run("stylize", "photo.jpg", "-m", base, *style, "-o", "o.png", "-q") == (0, "", "")

    def test_the_command_that_it_recommends_works(self, run: Run, learn: Run) -> None:
        _, _, err = learn("barn.png")
        command = err.splitlines()[-1].partition("paint with it:")[2].split()
        assert command[:3] == ["painterly", "stylize", "photo.jpg"]
        status, _, err = run(*command[1:], "-o", "o.png")
        assert status == 0, err

    @pytest.mark.parametrize(
        ("options", "status", "words"),
        [
            (["missing.png"], 1, "missing.png does not exist"),
            (["photos"], 1, "photos is a folder"),
            (["text.png"], 1, "text.png is not a picture"),
            (["barn.png", "--name", "red"], 2, "'red' is the name of a style or a network already"),
            (["barn.png", "--name", "a/b"], 2, "a style cannot be called 'a/b'"),
            (["barn.png", "--name", "taken"], 1, "taken.safetensors exists; add --overwrite to replace it"),
            (["barn.png", "--start", "rot"], 2, "there is no style 'rot'"),
            (["barn.png", "--base", "starry-night"], 2, "starry-night is not a network of several styles"),
            (["barn.png", "--base", "missing.safetensors"], 1, "missing.safetensors does not exist"),
            (["barn.png", "--steps", "0"], 2, "--steps must be at least 1, not 0"),
            (["barn.png", "--photos", "nowhere"], 1, "nowhere does not exist"),
            (["barn.png", "--output", "a.pth"], 2, "--output a.pth: a style's file name ends in .safetensors"),
            (["barn.png", "--output", "text.png/a.safetensors"], 1, "text.png is not a folder"),
            (["barn.png", "--device", "abacus"], 2, "--device must be auto, cpu, cuda or mps"),
        ],
    )
    def test_wrong_use(
        self, run: Run, base: Path, short: tuple[object, ...], here: Path, options: list[str], status: int, words: str
    ) -> None:
        (here / "text.png").write_text("no picture")
        (here / "styles").mkdir()
        (here / "styles" / "taken.safetensors").write_text("precious")
        before = {path: path.stat().st_mtime_ns for path in here.rglob("*") if path.is_file()}
        found, out, err = run("learn", "--base", base, "--start", "red", *short, *options)
        assert (found, out) == (status, "")
        assert one_sentence(err)
        assert words in err
        assert {path: path.stat().st_mtime_ns for path in here.rglob("*") if path.is_file()} == before
        assert not list(here.rglob("*.run"))


class TestTrain:
    """`painterly train style` with several paintings, and `painterly train encoder`."""

    @pytest.fixture
    def train(self, run: Run, short: tuple[object, ...]) -> Run:
        small = ("--preset", "small", "--style-size", 40, "--identity-steps", 0, "--held-out", 1)
        return lambda *options: run("train", "style", *short, *small, "-o", "m.safetensors", *options)

    def test_a_gallery(self, run: Run, train: Run) -> None:
        named = ("--style-title", "A Barn", "--style-title", "The Fair", "--style-weight", 2, "--style-weight", 4)
        status, out, err = train("--style", "barn.png", "--style", "fair.png", *named, "--json")
        assert status == 0
        card = json.loads(out)
        assert [entry["title"] for entry in card["styles"]] == ["A Barn", "The Fair"]
        assert [one["style"] for one in card["training"]["weights"]] == [2, 4]
        for words in ("barn: objective", "fair: objective", "the photograph itself:", "wrote m.safetensors"):
            assert words in err
        assert [line.split()[0] for line in run("styles", "-m", "m.safetensors").out.splitlines()] == ["barn", "fair"]
        assert run("stylize", "photo.jpg", "-m", "m.safetensors", "--style", "fair", "-o", "o.png", "-q").status == 0

    def test_a_gallery_without_the_photograph_itself(self, train: Run) -> None:
        status, out, _ = train("--style", "barn.png", "--style", "fair.png", "--no-identity", "--json")
        assert status == 0
        assert json.loads(out)["network"]["identity"] is False

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--painter", "a"], "give --painter once for each painting: 2 times, not 1"),
            (
                ["--style-title", "a", "--style-title", "b", "--style-title", "c"],
                "give --style-title once for each painting",
            ),
            (["--style", "other/Barn.jpg"], "two paintings are called 'barn'; rename the file of one"),
            (["--style-weight", "-1"], "--style-weight must be at least 0.0, not -1.0"),
            (["--preset", "paper"], "--preset paper has batch normalisation, which knows one style only"),
            (["--init", "upscale-x4"], "upscale-x4 is another kind of network"),
            (["--init", "galery"], "there is no model 'galery'; did you mean gallery"),
        ],
    )
    def test_wrong_use(self, train: Run, here: Path, options: list[str], words: str) -> None:
        status, out, err = train("--style", "barn.png", "--style", "fair.png", *options)
        assert (status, out) == (2, "")
        assert one_sentence(err)
        assert words in err
        assert not (here / "m.safetensors").exists()
        assert not (here / "m.run").exists()

    def test_an_encoder(self, run: Run, short: tuple[object, ...]) -> None:
        small = ("--width", 4, "--held-out", 0, "-o", "e.safetensors")
        status, out, err = run("train", "encoder", *short, *small, "--json")
        assert status == 0
        assert json.loads(out)["network"] == {"width": 4, "until": "relu4_1"}
        assert "wrote e.safetensors" in err
        assert isinstance(load_network(Path("e.safetensors"))[0], DistilledVGG)
        for command in (("stylize", "photo.jpg", "-m"), ("upscale", "photo.jpg", "-m"), ("styles", "-m")):
            status, out, err = run(*command, "e.safetensors")
            assert (status, out) == (2, "")
            assert one_sentence(err)
        taught = ("--style", "barn.png", "--preset", "small", "--style-size", 40, "--loss-network", "e.safetensors")
        assert run("train", "style", *short, *taught, "-o", "m.safetensors", "-q") == (0, "", "")

    def test_what_an_encoder_says_of_itself(self, run: Run, short: tuple[object, ...], here: Path) -> None:
        for number in range(10, 30):
            (here / "photos" / f"{number}.png").write_bytes((here / "photos" / f"{number % 10}.png").read_bytes())
        status, _, err = run("train", "encoder", *short, "--width", 4, "-o", "e.safetensors")
        assert status == 0
        lines = [line for line in err.splitlines() if "correlation" in line]
        assert [line.partition(":")[0] for line in lines] == ["relu1_1", "relu2_1", "relu3_1", "relu4_1"]

    @pytest.mark.parametrize(
        ("options", "status", "words"),
        [
            (["--width", "0"], 2, "--width must be at least 1, not 0"),
            (["--width", "65"], 1, "width must be a whole number from 1 to 64, not 65"),
            (["--paintings", "nowhere"], 1, "nowhere does not exist"),
            (["--loss-network", "nothing"], 2, "'nothing' is neither a file nor a loss network"),
            (["--init", "starry-night"], 2, "starry-night is another kind of network"),
        ],
    )
    def test_wrong_use_of_encoders(
        self, run: Run, short: tuple[object, ...], here: Path, options: list[str], status: int, words: str
    ) -> None:
        found, out, err = run("train", "encoder", *short, "--width", 4, "-o", "e.safetensors", *options)
        assert (found, out) == (status, "")
        assert one_sentence(err)
        assert words in err
        assert not list(here.glob("e.*"))
