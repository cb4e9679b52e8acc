"""Peak memory, on this machine; the machine in words."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import painterly
from painterly.resources import UsageMeter, describe_machine, peak_memory, reset_peak_memory

CPU = torch.device("cpu")
BLOCK, SLACK = 64 << 20, 8 << 20
"""A block of memory, and what the rest of the process may take or give back meanwhile."""


def peak() -> int:
    most = peak_memory(CPU)
    assert most is not None
    return most


def take_and_forget() -> None:
    assert torch.ones(BLOCK // 4)[-1] == 1


@pytest.fixture
def _forgetful() -> None:
    """Skips where the system does not let a process forget its peak."""
    clear = Path("/proc/self/clear_refs")
    try:
        clear.write_text("5")
        known = "VmHWM:" in Path("/proc/self/status").read_text()
    except OSError:
        known = False
    if not known:
        pytest.skip("this system does not let a process forget its peak memory")


@pytest.mark.usefixtures("_forgetful")
def test_a_block_that_is_gone_still_shows_until_it_is_forgotten() -> None:
    reset_peak_memory(CPU)
    before = peak()
    take_and_forget()
    assert before + BLOCK - SLACK <= peak() <= before + BLOCK + SLACK
    reset_peak_memory(CPU)
    assert peak() <= before + SLACK


@pytest.mark.usefixtures("_forgetful")
def test_a_meter_tells_the_peak_of_its_own_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("painterly.resources.usage.find_counter", lambda device: (None, "no meter"))
    meter = UsageMeter(CPU)
    taken = []
    for block in (True, False):
        with meter:
            if block:
                take_and_forget()
        usage = meter.usage()
        assert usage.peak_memory is not None
        assert usage.memory_before is not None
        taken.append(usage.peak_memory - usage.memory_before)
    assert taken[0] == pytest.approx(BLOCK, abs=SLACK)
    assert taken[1] == pytest.approx(0, abs=SLACK)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no getrusage")
def test_without_proc_the_process_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*arguments: Any, **named: Any) -> str:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "read_text", none)
    monkeypatch.setattr(Path, "write_text", none)
    reset_peak_memory(CPU)
    assert peak() > 16 << 20  # torch alone takes more


def test_on_a_gpu_it_is_what_torch_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    for name in ("empty_cache", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda *device, name=name: done.append(name))
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda device: 17)
    reset_peak_memory(torch.device("cuda"))
    assert done == ["empty_cache", "reset_peak_memory_stats"]
    assert peak_memory(torch.device("cuda")) == 17


def test_the_machine_is_described_in_plain_values(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = describe_machine()
    assert json.loads(json.dumps(machine)) == machine
    assert machine["processor"]
    assert machine["threads"] == torch.get_num_threads()
    assert (machine["torch"], machine["painterly"]) == (torch.__version__, painterly.__version__)
    assert machine["python"] == platform.python_version()
    assert (machine["gpu"] is None) == (not torch.cuda.is_available())

    def none(self: Path, *arguments: Any, **named: Any) -> str:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "read_text", none)  # not Linux
    assert describe_machine()["processor"] == (platform.processor() or platform.machine())
