"""The files in `deploy`: whole, consistent, and asking for nothing that painterly has not."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from typer.main import get_command

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SCRIPTS = sorted(path.name for path in DEPLOY.glob("*.sbatch"))


def options_of(*names: str) -> set[str]:
    from painterly.commands.app import app

    command: Any = get_command(app)
    for name in names:
        command = command.commands[name]
    return {option for parameter in command.params for option in parameter.opts}


def used(words: list[str], *names: str) -> list[str]:
    """The options of the first call of a command in a script."""
    for place in range(len(words)):
        if words[place : place + len(names) + 1] == ["painterly", *names]:
            rest = words[place + len(names) + 1 :]
            end = next((i for i, word in enumerate(rest) if word in ("&", "|", ";", "painterly")), len(rest))
            return [word.partition("=")[0] for word in rest[:end] if re.fullmatch(r"--[a-z-]+(=.*)?", word)]
    raise AssertionError(f"no painterly {' '.join(names)}")


def words_of(name: str) -> list[str]:
    return shlex.split((DEPLOY / name).read_text().replace("\\\n", " "), comments=True)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_bash(name: str) -> None:
    checked = subprocess.run(["bash", "-n", DEPLOY / name], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", SCRIPTS)
def test_directives_come_before_all_commands(name: str) -> None:
    lines = (DEPLOY / name).read_text().splitlines()
    directives = [number for number, line in enumerate(lines) if line.startswith("#SBATCH")]
    commands = [number for number, line in enumerate(lines) if line and not line.startswith("#")]
    assert directives
    assert max(directives) < min(commands)  # SLURM reads no further


def test_scripts_call_painterly_as_it_is() -> None:
    for name, *commands in (("train.sbatch", "train", "style"), ("stylize.sbatch", "stylize")):
        given = used(words_of(name), *commands)
        assert len(given) >= 4
        assert set(given) <= options_of(*commands), name


@pytest.mark.parametrize("name", [path.name for path in sorted(DEPLOY.iterdir())])
def test_every_file_says_what_of_it_was_run(name: str) -> None:
    assert "Run so far:" in (DEPLOY / name).read_text()


def extras(text: str) -> set[str]:
    return {extra for found in re.findall(r"painterly\[([a-z,]+)\]", text) for extra in found.split(",")}


@pytest.mark.parametrize("name", ["ray-job.yaml", "kubernetes.yaml"])
def test_what_is_installed_can_be_installed(name: str) -> None:
    wanted = extras((DEPLOY / name).read_text())
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert wanted
    assert wanted <= set(known)


def test_the_ray_job_is_a_runtime_environment() -> None:
    environment = yaml.safe_load((DEPLOY / "ray-job.yaml").read_text())
    assert set(environment) == {"pip", "env_vars"}
    assert all(isinstance(value, str) for value in environment["env_vars"].values())


class TestKubernetes:
    """The manifest for `painterly serve`."""

    @pytest.fixture
    def parts(self) -> dict[str, Any]:
        return {part["kind"]: part for part in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}

    @pytest.fixture
    def pod(self, parts: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = parts["Deployment"]["spec"]["template"]
        return found

    def test_kinds_have_their_versions(self, parts: dict[str, Any]) -> None:
        versions = {"Deployment": "apps/v1", "Service": "v1", "PodDisruptionBudget": "policy/v1"}
        assert {kind: part["apiVersion"] for kind, part in parts.items()} == versions
        assert {part["metadata"]["name"] for part in parts.values()} == {"painterly"}

    def test_labels_meet(self, parts: dict[str, Any], pod: dict[str, Any]) -> None:
        labels = pod["metadata"]["labels"].items()
        for selector in (
            parts["Deployment"]["spec"]["selector"]["matchLabels"],
            parts["Service"]["spec"]["selector"],
            parts["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        ):
            assert selector
            assert selector.items() <= labels

    def test_ports_and_volumes_are_there(self, parts: dict[str, Any], pod: dict[str, Any]) -> None:
        (container,) = pod["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert {port["targetPort"] for port in parts["Service"]["spec"]["ports"]} <= set(ports)
        assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(ports["http"])
        assert f"--port {ports['http']}" in container["args"][0]
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        for one in (container, *pod["spec"]["initContainers"]):
            assert {mount["name"] for mount in one["volumeMounts"]} <= volumes
            assert one["securityContext"]["allowPrivilegeEscalation"] is False

    def test_probes_ask_for_what_is_served(self, pod: dict[str, Any]) -> None:
        (container,) = pod["spec"]["containers"]
        probes = {name: container[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
        assert {name: probe["path"] for name, probe in probes.items()} == {
            "startupProbe": "/ready",
            "readinessProbe": "/ready",
            "livenessProbe": "/health",
        }
        assert {probe["port"] for probe in probes.values()} == {"http"}

    def test_the_token_is_a_secret_and_the_signal_arrives(self, pod: dict[str, Any]) -> None:
        (container,) = pod["spec"]["containers"]
        (token,) = [one for one in container["env"] if one["name"] == "PAINTERLY_TOKEN"]
        assert token["valueFrom"]["secretKeyRef"] == {"name": "painterly", "key": "token"}
        assert "token" not in container["args"][0].lower()
        assert container["args"][0].startswith("exec ")
        assert pod["spec"]["terminationGracePeriodSeconds"] >= 30
