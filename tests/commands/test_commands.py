"""The command line as a user meets it: exit statuses, sentences, and nothing lost."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from painterly import __version__
from painterly.folders import DEMO_PICTURE

Run = Callable[..., Any]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).integers(0, 256, (40, 61, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.jpg")
    return tmp_path / "photo.jpg"


def one_sentence(text: str) -> bool:
    return text.startswith("painterly: ") and text.count("\n") == 1 and "Traceback" not in text


def test_help_names_the_groups_and_every_command(run: Run) -> None:
    status, out, _ = run("--help")
    assert status == 0
    groups = ("Paint", "Train", "Measure", "Share")
    commands = [
        "demo",
        "stylize",
        "styles",
        "optimize",
        "upscale",
        "learn",
        "train",
        "sweep",
        "download",
        "invert",
        "evaluate",
        "benchmark",
        "report",
        "blend",
        "models",
    ]
    for word in (*groups, *commands):
        assert word in out


def test_help_loads_nothing_heavy() -> None:
    check = (
        "import sys, painterly.commands.app, painterly\n"
        "heavy = {'torch', 'numpy', 'PIL', 'lightning_fabric', 'onnx', 'safetensors'} & set(sys.modules)\n"
        "heavy |= {'jinja2', 'matplotlib', 'pynvml'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False, capture_output=True, text=True).stderr == ""


@pytest.mark.parametrize(
    "command",
    [
        *([], ["demo"], ["stylize"], ["upscale"], ["train"], ["train", "style"], ["train", "super-resolution"]),
        *(
            ["train", "srcnn"],
            ["sweep"],
            ["download"],
            ["evaluate"],
            ["evaluate", "super-resolution"],
            ["models"],
            ["blend"],
            ["optimize"],
            ["invert"],
            ["evaluate", "style"],
            ["benchmark"],
            ["benchmark", "paper"],
            ["report"],
        ),
        ["info"],
    ],
)
def test_every_command_has_help(run: Run, command: list[str]) -> None:
    status, out, _ = run(*command, "--help")
    assert status == 0
    assert "Usage:" in out


def test_version(run: Run) -> None:
    assert run("--version").out == f"painterly {__version__}\n"


def test_the_demo_paints_the_picture_that_ships(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("demo").status == 0
    with Image.open("painting.jpg") as painting, Image.open(DEMO_PICTURE) as photograph:
        assert painting.size == photograph.size


def test_a_photograph_becomes_a_painting_of_its_size(run: Run, photo: Path, tmp_path: Path) -> None:
    status, out, err = run("stylize", photo, "-o", tmp_path / "painting.png")
    assert (status, out) == (0, "")
    assert "61x40" in err
    with Image.open(tmp_path / "painting.png") as painting:
        assert painting.size == (61, 40)


def test_without_an_output_the_painting_lies_beside_the_photograph(run: Run, photo: Path, tmp_path: Path) -> None:
    assert run("stylize", photo, "--size", "100").status == 0
    with Image.open(tmp_path / "photo-starry-night.jpg") as painting:
        assert painting.size == (100, 66)


def test_json_goes_to_standard_output_alone(run: Run, photo: Path, tmp_path: Path) -> None:
    status, out, err = run("stylize", photo, tmp_path / "none.jpg", "-o", tmp_path / "out", "--json", "--quiet")
    report = json.loads(out)
    assert status == 1
    assert report["model"] == "starry-night"
    assert [sorted(result) for result in report["results"]] == [
        ["height", "input", "output", "seconds", "width"],
        ["error", "input"],
    ]
    assert err.splitlines() == [
        f"painterly: {tmp_path / 'none.jpg'} does not exist",
        "painterly: 1 of 2 pictures failed",
    ]


def test_quiet_says_nothing(run: Run, photo: Path, tmp_path: Path) -> None:
    assert run("stylize", photo, "-o", tmp_path / "o.png", "-q") == (0, "", "")


def test_nothing_is_replaced_unasked(run: Run, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "o.png").write_text("precious")
    status, _, err = run("stylize", photo, "-o", tmp_path / "o.png")
    assert status == 1
    assert err == f"painterly: {tmp_path / 'o.png'} exists; add --overwrite to replace it\n"
    assert (tmp_path / "o.png").read_text() == "precious"
    assert run("stylize", photo, "-o", tmp_path / "o.png", "--overwrite").status == 0


class TestBrokenInput:
    """One sentence each, the right exit status, and no partial file."""

    @pytest.fixture(autouse=True)
    def _nothing_is_left_behind(self, tmp_path: Path) -> object:
        yield
        assert not list(tmp_path.glob("o.png"))
        assert not list(tmp_path.rglob("*.tmp*"))

    def test_pictures(self, run: Run, photo: Path, tmp_path: Path) -> None:
        (tmp_path / "text.jpg").write_text("no picture")
        (tmp_path / "empty.jpg").write_bytes(b"")
        (tmp_path / "truncated.jpg").write_bytes(photo.read_bytes()[:1500])
        Image.new("RGB", (8, 30)).save(tmp_path / "small.png")
        (tmp_path / "folder").mkdir()
        for name, words in (
            ("missing.jpg", "does not exist"),
            ("text.jpg", "is not a picture"),
            ("empty.jpg", "is empty"),
            ("truncated.jpg", "is damaged"),
            ("small.png", "too small"),
            ("folder", "holds no pictures"),
            ("*.gif", "nothing matches"),
        ):
            status, out, err = run("stylize", tmp_path / name, "-o", tmp_path / "o.png")
            assert (status, out) == (1, "")
            assert one_sentence(err)
            assert words in err
            assert str(tmp_path / name) in err

    def test_models(self, run: Run, photo: Path, tmp_path: Path) -> None:
        for name in ("bad.safetensors", "bad.pth", "bad.onnx"):
            (tmp_path / name).write_bytes(b"garbage")
        (tmp_path / "evil.safetensors").write_bytes(pickle.dumps(print))
        for name in ("bad.safetensors", "bad.pth", "bad.onnx", "evil.safetensors", "missing.safetensors"):
            for command in (("stylize", photo, "-o", tmp_path / "o.png", "--model"), ("info",)):
                status, out, err = run(*command, tmp_path / name)
                assert (status, out) == (1, "")
                assert one_sentence(err)
                assert name in err

    def test_wrong_use(self, run: Run, photo: Path, tmp_path: Path) -> None:
        out = ("-o", tmp_path / "o.png")
        sentences: list[tuple[object, ...]] = [
            ("stylize", photo, *out, "--model", "nobody"),
            ("stylize", photo, photo.with_name("b.jpg"), *out),
            ("stylize", photo, "-o", tmp_path / "o.xyz"),
            ("stylize", photo, *out, "--device", "abacus"),
            ("train", "style", "--style", photo, "--photos", tmp_path, "-o", tmp_path / "m.pth"),
            ("train", "style", "--style", photo, "--photos", tmp_path, "-o", tmp_path / "m.safetensors", "--steps", 0),
            ("download", "nobody"),
        ]
        for arguments in sentences:
            status, printed, err = run(*arguments)
            assert (status, printed) == (2, "")
            assert one_sentence(err)
        incomplete: list[tuple[object, ...]] = [
            ("stylize",),
            ("stylize", photo, "--size", "x"),
            ("nonsense",),
            ("train", "style"),
        ]
        for arguments in incomplete:
            assert run(*arguments).status == 2

    def test_outputs(self, run: Run, photo: Path, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        status, _, err = run("stylize", photo, "-o", tmp_path / "file" / "o.png")
        assert status == 1
        assert one_sentence(err)
        assert "is not a folder" in err

    def test_a_full_disk(self, photo: Path, tmp_path: Path) -> None:
        # Files may not grow beyond 2,000 bytes: the same error as a full disk, without needing one.
        script = (
            "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000));"
            "import painterly.commands as c; c.main()"
        )
        arguments = ["stylize", str(photo), "-o", str(tmp_path / "o.png")]
        done = subprocess.run([sys.executable, "-c", script, *arguments], check=False, capture_output=True, text=True)
        assert done.returncode == 1
        assert one_sentence(done.stderr)
        assert "cannot write" in done.stderr


def test_models_lists_what_ships(run: Run) -> None:
    status, out, _ = run("models")
    assert status == 0
    assert "starry-night" in out
    assert "Vincent van Gogh" in out
    entries = {entry["name"]: entry for entry in json.loads(run("models", "--json").out)}
    assert entries["starry-night"]["task"] == "style"
    assert {"upscale-x4", "upscale-x8", "upscale-x4-pixel", "srcnn-x4"} < set(entries)


def test_info_prints_the_card(run: Run) -> None:
    status, out, _ = run("info", "starry-night")
    assert status == 0
    for word in ("network", "width", "training", "steps", "loss_network", "public domain", "photographs", "unseen"):
        assert word in out
    card = json.loads(run("info", "starry-night", "--json").out)
    assert card["style"]["painter"] == "Vincent van Gogh"
    assert card["network"]["width"] == 32


def test_training_and_sweeping_from_the_command_line(run: Run, data: Path, tmp_path: Path) -> None:
    style = data / "styles" / "starry_night.jpg"
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, path in enumerate(sorted((data / "photos" / "bsds_train").iterdir())[:10]):
        (photos / f"{number}.jpg").write_bytes(path.read_bytes())
    model = tmp_path / "model.safetensors"
    common = ("--style", style, "--loss-network", "vgg19-mixed", "--quiet", "--json")
    short = ("--steps", 1, "--identity-steps", 1, "--size", 32, "--batch-size", 1, "--style-size", 64, "--workers", 0)
    status, out, err = run("train", "style", "--photos", photos, "-o", model, *short, *common)
    assert (status, err) == (0, "")
    card = json.loads(out)
    assert card["loss_network"]["name"] == "vgg19-mixed"
    assert card["result"]["usage"]["seconds"] > 0
    assert [e["file"] for e in card["loss_network"]["encoders"]] == [
        "vgg19_normalised_relu3_1.safetensors",
        "vgg19_distilled16x_relu5_1.safetensors",
    ]
    assert run("stylize", photos / "0.jpg", "-m", model, "-o", tmp_path / "o.png").status == 0

    sheet = tmp_path / "sheet.png"
    options = ("--size", 64, "--iterations", 2, "--weights", "1,5", "--style-sizes", "64", "-o", sheet)
    status, out, _ = run("sweep", "--photo", photos / "0.jpg", *options, *common)
    rows = json.loads(out)
    assert status == 0
    assert [row["style_weight"] for row in rows] == [1, 5]
    with Image.open(sheet) as picture:
        assert picture.width > 3 * 40


@pytest.mark.parametrize(
    ("module", "extra", "arguments"),
    [
        ("lightning_fabric", "train", ["train", "style", "--style", "a.jpg", "--photos", ".", "-o", "m.safetensors"]),
        ("onnx", "onnx", ["info", "a.onnx"]),
        ("jinja2", "evaluate", ["report", "-o", "report"]),
        ("matplotlib", "evaluate", ["evaluate", "style", "-m", "a", "--photos", ".", "--figure", "a.svg"]),
    ],
)
def test_a_missing_extra_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str, extra: str, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    status, _, err = run(*arguments)
    assert status == 1
    assert one_sentence(err)
    assert f"pip install 'painterly[{extra}]'" in err
