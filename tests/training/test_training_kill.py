"""A run that is killed, and a run that is asked to stop, against one that is left alone."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from painterly.models.file import load_network


def command(settings: dict[str, Any], *more: str) -> list[str]:
    options = []
    for name, value in settings.items():
        options += [f"--{name.replace('_', '-')}", str(value)]
    run = "import painterly.commands as c; c.main()"
    return [sys.executable, "-c", run, "train", "style", *options, "--verbose", *more]


def stop_at(arguments: list[str], line: str, number: signal.Signals) -> int:
    """Run a command until it prints a line, send it a signal, and return its exit status."""
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for printed in process.stderr:
            if line in printed:
                process.send_signal(number)
                break
        process.stderr.read()
    return process.returncode


def test_killed_and_resumed_equals_uninterrupted_bit_for_bit(settings: dict[str, Any], tmp_path: Path) -> None:
    settings |= {"steps": 80, "checkpoint_every": 1, "sample_every": 0, "workers": 1}
    alone = settings | {"output": tmp_path / "alone.safetensors"}
    assert subprocess.run(command(alone), check=False, capture_output=True).returncode == 0

    # The signals arrive some steps after their line was printed, at whatever point the run is then.
    assert stop_at(command(settings), "checkpoint at step 5", signal.SIGKILL) == -signal.SIGKILL
    assert stop_at(command(settings, "--resume"), "checkpoint at step 15", signal.SIGTERM) == 130
    assert not settings["output"].exists()
    assert subprocess.run(command(settings, "--resume"), check=False, capture_output=True).returncode == 0

    expected = load_network(alone["output"])[0].state_dict()
    resumed = load_network(settings["output"])[0].state_dict()
    assert all(torch.equal(expected[key], resumed[key]) for key in expected)
    curves = [(path.with_suffix(".run") / "curve.jsonl").read_text() for path in (alone["output"], settings["output"])]
    assert curves[0] == curves[1]
    assert not list(settings["output"].with_suffix(".run").glob(".*"))
