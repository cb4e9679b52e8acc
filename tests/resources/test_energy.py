"""Energy counters, against a machine that is made up."""

from __future__ import annotations

import functools
import sys
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from painterly.resources import NVMLCounter, RAPLCounter, find_counter

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
FULL = 262_143_328_850

ZONES = {
    "intel-rapl:0": "package-0",
    "intel-rapl:0:0": "core",
    "intel-rapl:0:1": "uncore",
    "intel-rapl:0:2": "dram",
    "intel-rapl:1": "package-1",
    "intel-rapl:1:0": "dram",
    "intel-rapl:2": "psys",
}
"""What a server with two sockets shows; psys is the whole machine, core and uncore are part of their package."""

COUNTED = ("intel-rapl:0", "intel-rapl:0:2", "intel-rapl:1", "intel-rapl:1:0")


def make_zones(folder: Path, energies: dict[str, int], *, full: int = FULL) -> Path:
    for zone, energy in energies.items():
        (folder / zone).mkdir()
        (folder / zone / "name").write_text(f"{ZONES[zone]}\n")
        (folder / zone / "max_energy_range_uj").write_text(f"{full}\n")
        (folder / zone / "energy_uj").write_text(f"{energy}\n")
    (folder / "intel-rapl").mkdir()  # the driver itself, which has no name
    (folder / "intel-rapl-mmio:0").mkdir()  # the first package a second time
    (folder / "intel-rapl-mmio:0" / "name").write_text("package-0\n")
    return folder


@given(st.data())
def test_packages_and_their_memory_are_added_up_over_wrap_arounds(data: st.DataObject) -> None:
    full = data.draw(st.integers(1_000, FULL))
    level = {zone: data.draw(st.integers(0, full - 1)) for zone in ZONES}
    with tempfile.TemporaryDirectory() as name:
        folder = make_zones(Path(name), level, full=full)
        counter = RAPLCounter(folder)
        begin, spent = counter.joules(), 0
        for _ in range(data.draw(st.integers(1, 4))):
            for zone in ZONES:
                more = data.draw(st.integers(0, full - 1))
                level[zone] += more
                spent += more if zone in COUNTED else 0
                (folder / zone / "energy_uj").write_text(f"{level[zone] % full}\n")
            assert counter.joules() - begin == pytest.approx(spent / 1e6, rel=1e-9, abs=1e-9)


def test_a_counter_that_nobody_used_stands_still(tmp_path: Path) -> None:
    counter = RAPLCounter(make_zones(tmp_path, dict.fromkeys(ZONES, 17)))
    assert counter.joules() == counter.joules()


def test_the_source_names_what_is_counted(tmp_path: Path) -> None:
    counter = RAPLCounter(make_zones(tmp_path, dict.fromkeys(ZONES, 0)))
    for name in ("RAPL", "package-0", "package-1", "dram"):
        assert name in counter.source
    for name in ("psys", "core"):
        assert name not in counter.source


def test_a_machine_without_zones_that_count_has_no_counter(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no energy counters"):
        RAPLCounter(tmp_path / "none")
    with pytest.raises(OSError, match="no energy counters"):
        RAPLCounter(make_zones(tmp_path, {"intel-rapl:0:0": 0, "intel-rapl:2": 0}))


class TestFindingRAPL:
    """Why a processor's energy is not known is told, never raised."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        made_up = functools.partial(RAPLCounter, tmp_path)
        monkeypatch.setattr("painterly.resources.energy.RAPLCounter", made_up)
        return make_zones(tmp_path, {"intel-rapl:0": 5})

    def test_a_counter(self) -> None:
        counter, source = find_counter(CPU)
        assert counter is not None
        assert source == counter.source == "RAPL (package-0)"

    def test_none(self, folder: Path) -> None:
        (folder / "intel-rapl:0" / "name").write_text("psys")
        assert find_counter(CPU) == (None, "this machine shows no energy counters (RAPL)")

    def test_one_that_root_alone_may_read(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        secret, read = folder / "intel-rapl:0" / "energy_uj", Path.read_text

        def guarded(self: Path, *arguments: Any, **named: Any) -> str:
            if self == secret:  # tests may be run by root, who is refused nothing
                raise PermissionError(13, "Permission denied", str(self))
            return read(self, *arguments, **named)

        monkeypatch.setattr(Path, "read_text", guarded)
        assert find_counter(CPU) == (None, f"{secret} may be read by root alone")

    @pytest.mark.parametrize("file", ["name", "energy_uj", "max_energy_range_uj"])
    def test_one_that_lacks_a_file(self, folder: Path, file: str) -> None:
        (folder / "intel-rapl:0" / file).unlink()
        counter, reason = find_counter(CPU)
        assert counter is None
        assert str(folder / "intel-rapl:0" / file) in reason

    def test_one_that_shows_no_number(self, folder: Path) -> None:
        (folder / "intel-rapl:0" / "energy_uj").write_text("many")
        counter, reason = find_counter(CPU)
        assert counter is None
        assert "many" in reason


class NVML(ModuleType):
    """As much of pynvml as is used, with one GPU."""

    class NVMLError(Exception):
        """As pynvml's."""

    def __init__(self) -> None:
        super().__init__("pynvml")
        self.millijoules, self.started = 5_000, False
        self.failing: str | None = None

    def _may(self, name: str) -> None:
        if self.failing == name:
            raise self.NVMLError("Not Supported")

    def nvmlInit(self) -> None:  # noqa: N802
        self._may("init")
        self.started = True

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:  # noqa: N802
        self._may("handle")
        assert self.started
        return f"handle of {uuid}"

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: str) -> int:  # noqa: N802
        self._may("energy")
        assert handle == "handle of GPU-01-23"
        return self.millijoules


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> NVML:
    module = NVML()
    monkeypatch.setitem(sys.modules, "pynvml", module)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid="01-23"))
    return module


def test_a_gpu_is_found_by_its_uuid_and_its_millijoules_become_joules(nvml: NVML) -> None:
    counter = NVMLCounter(CUDA)
    before = counter.joules()
    nvml.millijoules += 2_500
    assert counter.joules() - before == 2.5
    found, source = find_counter(CUDA)
    assert isinstance(found, NVMLCounter)
    assert source == found.source == "NVML (the GPU alone)"


@pytest.mark.parametrize("failing", ["init", "handle", "energy"])
def test_a_gpu_without_a_counter(nvml: NVML, failing: str) -> None:
    nvml.failing = failing
    with pytest.raises(OSError, match="Not Supported"):
        NVMLCounter(CUDA)
    assert find_counter(CUDA) == (None, "NVML gives no energy for this GPU (Not Supported)")


def test_a_gpu_without_nvml_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    counter, reason = find_counter(CUDA)
    assert counter is None
    assert "pip install 'painterly[evaluate]'" in reason


def test_other_devices_have_no_counter() -> None:
    counter, reason = find_counter(torch.device("mps"))
    assert counter is None
    assert "mps" in reason
