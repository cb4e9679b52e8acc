"""Two processes that train together on the CPU, through gloo, against one process with the same batches."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from painterly.errors import InputError, MissingExtraError, UsageError
from painterly.models.file import load_network
from painterly.training.batch_norm import SynchronisedBatchNorm, synchronise_norms
from painterly.training.machine import make_fabric
from painterly.training.processes import Processes, ToldElsewhere, mean_over_processes
from painterly.training.style import train_style
from painterly.training.style_settings import StyleTraining

RUNS = ("style", "paper", "gallery", "super-resolution")

SCRIPT = '''
"""Run by one process, or by two: trains in double precision, where rounding does not grow."""
import dataclasses, sys
from pathlib import Path
import torch, torch.distributed as dist
from painterly.networks.bicubic import BicubicUpsample
from painterly.networks.description import STYLE_PRESETS, SUPER_RESOLUTION_PRESETS
from painterly.training import loop
from painterly.training.batch_norm import SynchronisedBatchNorm
from painterly.training.style import StyleTask
from painterly.training.style_settings import StyleTraining
from painterly.training.super_resolution import SuperResolutionTask
from painterly.training.super_resolution_settings import SuperResolutionTraining

for presets in (STYLE_PRESETS, SUPER_RESOLUTION_PRESETS):
    for name, network in presets.items():
        presets[name] = dataclasses.replace(network, width=8, blocks=1)
world, paintings, out = (Path(name) for name in sys.argv[1:4])
common = {"photos": world / "photos", "loss_network": str(world / "vgg.safetensors"), "batch_size": 4, "steps": 3,
          "size": 32, "held_out": 1, "checkpoint_every": 2, "sample_every": 0, "precision": "32-true", "device": "cpu",
          "workers": 0}
style = {**common, "style": [world / "painting.png"], "style_size": 48, "identity_steps": 1, "steady_weight": 50.0}
both = {**style, "style": sorted(paintings.iterdir())[:2], "weighting": "authors"}
runs = {
    "style": (StyleTraining(**style, output=out / "style.safetensors"), StyleTask),
    "paper": (StyleTraining(**style, preset="paper", output=out / "paper.safetensors"), StyleTask),
    "gallery": (StyleTraining(**both, output=out / "gallery.safetensors"), StyleTask),
    "super-resolution": (SuperResolutionTraining(**{**common, "size": 48}, loss="feature+pixel",
                         output=out / "super-resolution.safetensors"), SuperResolutionTask),
}
plain = loop.as_input
loop.as_input = lambda pixels, device: plain(pixels, device).double()

def double(task):
    task.network.double()
    task.objective.double()
    if isinstance(task, SuperResolutionTask):
        enlarge = BicubicUpsample(task.config.scale)  # which always works in single precision
        task.network.enlarge.forward = enlarge.forward
        pair = task.pair
        task.pair = lambda photographs: tuple(picture.double() for picture in pair(photographs))
    return task

for name, (config, kind) in runs.items():
    config = config.resolved()
    loop.fit(config, lambda: double(kind(config)))

# A batch whose means are far from zero, its parts far from each other.
torch.manual_seed(0)
whole = torch.randn(4, 3, 5, 6, dtype=torch.double) * torch.tensor([1.0, 9.0, 0.1]).view(3, 1, 1) + 100
whole[2:] += 50
rank, count = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
part = whole.chunk(count)[rank].clone().requires_grad_()
norm = SynchronisedBatchNorm(3).double()
result = norm(part)
(result * torch.arange(1.0, 4 * 90 + 1).view(4, 3, 5, 6).sin().chunk(count)[rank]).sum().backward()
torch.save({"result": result.detach(), "gradient": part.grad, "mean": norm.running_mean, "variance": norm.running_var,
            "batches": norm.num_batches_tracked}, out / f"norm-{rank}.pt")
'''


def start(arguments: list[str], **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(arguments, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, **options)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, world: Path, paintings: list[Path]) -> tuple[Path, Path]:
    """The folders that one process and two have written."""
    folder = tmp_path_factory.mktemp("processes")
    (folder / "script.py").write_text(SCRIPT)
    launch = {"one": [], "two": ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]}
    for name, launcher in launch.items():
        (folder / name).mkdir()
        arguments = [str(folder / "script.py"), str(world), str(paintings[0].parent), str(folder / name)]
        done = subprocess.run(
            [sys.executable, *launcher, *arguments], capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stderr
    return folder / "one", folder / "two"


@pytest.mark.parametrize("run", RUNS)
def test_two_processes_learn_what_one_does(run: str, results: tuple[Path, Path]) -> None:
    one, two = (load_network(folder / f"{run}.safetensors") for folder in results)
    expected, found = one[0].state_dict(), two[0].state_dict()
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        assert torch.allclose(found[name], value, rtol=1e-6, atol=1e-6), name
    assert two[1].software["processes"] == 2
    kinds = {"unseen", "ratio"} & one[1].result.keys()  # a gallery has no "unseen" of its own, enlarging no "ratio"
    assert kinds
    for kind in kinds:
        assert two[1].result[kind] == pytest.approx(one[1].result[kind], rel=1e-4), kind


def test_only_the_first_process_writes(results: tuple[Path, Path]) -> None:
    one, two = (sorted(str(path.relative_to(folder)) for path in folder.rglob("*.safetensors")) for folder in results)
    assert one == two
    for folder in results:
        assert len(list((folder / "style.run").glob("events.out.tfevents.*"))) == 1


def test_batch_norm_has_the_statistics_of_the_whole_batch(results: tuple[Path, Path]) -> None:
    torch.manual_seed(0)
    whole = torch.randn(4, 3, 5, 6, dtype=torch.double) * torch.tensor([1.0, 9.0, 0.1]).view(3, 1, 1) + 100
    whole[2:] += 50
    whole.requires_grad_()
    norm = nn.BatchNorm2d(3).double()
    result = norm(whole)
    (result * torch.arange(1.0, 4 * 90 + 1).view(4, 3, 5, 6).sin()).sum().backward()
    assert whole.grad is not None
    for folder, count in zip(results, (1, 2), strict=True):
        for rank in range(count):
            found: dict[str, Tensor] = torch.load(folder / f"norm-{rank}.pt", weights_only=True)
            wanted = {
                "result": result.detach().chunk(count)[rank],
                "gradient": whole.grad.chunk(count)[rank],
                "mean": norm.running_mean,
                "variance": norm.running_var,
            }
            for name, value in wanted.items():
                torch.testing.assert_close(found[name], value, rtol=1e-9, atol=1e-9)
            assert int(found["batches"]) == 1


def test_norms_are_replaced_and_stay_what_they_were() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Sequential(nn.BatchNorm2d(4, eps=1e-3, momentum=0.2)))
    before, parameters = network.state_dict(), list(network.parameters())
    batch = torch.rand(2, 3, 4, 4)
    wanted = network.eval()(batch)
    synchronise_norms(network, torch.device("cpu"))
    norm = network.get_submodule("1.0")
    assert isinstance(norm, SynchronisedBatchNorm)
    assert (norm.eps, norm.momentum, norm.training) == (1e-3, 0.2, False)
    assert all(a is b for a, b in zip(network.parameters(), parameters, strict=True))
    assert network.state_dict().keys() == before.keys()
    assert torch.equal(network(batch), wanted)


class TestCommand:
    """`--devices 2`."""

    def arguments(self, settings: dict[str, Any], *more: str) -> list[str]:
        options = [part for key, value in settings.items() for part in (f"--{key.replace('_', '-')}", str(value))]
        return [sys.executable, "-m", "painterly", "train", "style", *options, "--devices", "2", "--verbose", *more]

    def test_a_run_of_one_goes_on_with_two_and_all_stop_when_one_is_asked(
        self, settings: dict[str, Any], config: StyleTraining
    ) -> None:
        train_style(config)
        settings |= {"steps": 500, "decay": 0.3}
        state = torch.load(config.output.with_suffix(".run") / "checkpoint.pt", weights_only=True)
        with start(self.arguments(settings, "--resume")) as process:
            assert process.stderr is not None
            printed = []
            for line in process.stderr:
                printed.append(line)
                if "checkpoint at step 12" in line:
                    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
                    os.kill(int(child), signal.SIGTERM)
                    break
            printed += list(process.stderr)
        assert process.returncode == 130
        assert any("going on from step 8" in line for line in printed)
        assert sum("painterly: stopped at step" in line for line in printed) == 1
        after = torch.load(config.output.with_suffix(".run") / "checkpoint.pt", weights_only=True)
        assert state["step"] < 12 < after["step"] < 500
        deadline = time.monotonic() + 30
        while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not Path(f"/proc/{child}").exists()

    def test_what_is_wrong_is_said_once(self, settings: dict[str, Any], tmp_path: Path) -> None:
        done = subprocess.run(
            self.arguments({**settings, "photos": tmp_path / "none"}), capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert done.stderr.strip().splitlines() == [
            f"painterly: {tmp_path}/none does not exist: name a folder of photographs or a tar"
        ]


class TestProcesses:
    """What they tell one another, where there is only one."""

    def test_one_process_needs_nobody(self) -> None:
        alone = Processes()
        assert alone.first
        assert alone.gather("a") == ["a"]
        assert alone.share("a") == "a"
        assert alone.any(True)
        assert not alone.any(False)
        assert alone.mean([{"a": 2.0}]) == [{"a": 2.0}]
        assert mean_over_processes(torch.tensor(3.0)) == 3.0
        with pytest.raises(InputError, match="why"), alone.one_voice(), alone.together():
            raise InputError("why")

    def test_means_are_over_all_processes_and_what_one_lacks_counts_as_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Processes, "gather", lambda self, value: [value, [{"style": 1.0, "identity": 4.0}]])
        found = Processes(0, 2).mean([{"content": 8.0, "style": 3.0}])
        assert found == [{"content": 4.0, "style": 2.0, "identity": 2.0}]

    @pytest.mark.parametrize("rank", [0, 1])
    def test_an_error_of_one_is_raised_in_all_and_told_by_the_first(
        self, rank: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        words = ("MissingExtraError", "it needs an optional dependency")
        monkeypatch.setattr(Processes, "gather", lambda self, value: [None, words])
        wanted = MissingExtraError if rank == 0 else ToldElsewhere
        with pytest.raises(wanted, match="it needs an optional dependency"), Processes(rank, 2).together():
            pass

    def test_another_setting_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Processes, "gather", lambda self, value: [value, {**value, "batch_size": 8}])
        with pytest.raises(UsageError, match="process 1 was started with another batch-size than process 0"):
            Processes(0, 2).check_alike({"batch_size": 4, "photographs": "x"})


class TestRefusals:
    """What cannot be meant."""

    def test_a_batch_that_cannot_be_shared_out(self, settings: dict[str, Any]) -> None:
        with pytest.raises(UsageError, match="--batch-size 2 cannot be shared out to 8 devices"):
            StyleTraining(**{**settings, "devices": 4, "nodes": 2})

    def test_another_number_than_torchrun_has_started(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in (("TORCHELASTIC_RUN_ID", "a"), ("WORLD_SIZE", "4"), ("LOCAL_WORLD_SIZE", "2")):
            monkeypatch.setenv(name, value)
        with pytest.raises(UsageError, match="torchrun has started 4 processes, not --devices 3 times --nodes 1"):
            make_fabric("cpu", 3, "32-true")

    def test_more_gpus_than_there_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("painterly.training.machine.choose_device", lambda name: torch.device("cuda"))
        monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
        with pytest.raises(UsageError, match="--devices 2: torch finds 1 CUDA devices here"):
            make_fabric("auto", 2, "32-true")
