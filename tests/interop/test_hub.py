"""The Hugging Face Hub, by a stand-in on this machine that has the endpoints which huggingface_hub uses."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants

import painterly
from painterly.errors import InputError, MissingExtraError, OutputError, UsageError
from painterly.interop.hub import HubName, fetch, parse_hub_name


@dataclass
class Hub:
    """What the stand-in holds.

    Attributes:
        files: Content by repository, revision and name.
        stored: Large files, by their digests.
        asked: Methods and paths of all requests.
        private: Repositories that nobody may see.
    """

    endpoint: str = ""
    files: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    private: set[str] = field(default_factory=set)

    def repositories(self) -> set[str]:
        return {repository for repository, _, _ in self.files}

    def put(self, folder: Path, repository: str, revision: str = "main") -> None:
        for path in folder.iterdir():
            self.files[repository, revision, path.name] = path.read_bytes()


class Handler(BaseHTTPRequestHandler):
    """Downloads by HEAD and GET; uploads by preupload, Git LFS and commit."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def tell(self, value: Any, status: int = 200) -> None:
        self.answer(status, json.dumps(value).encode(), Content_Type="application/json")

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.hub.asked.append(f"{self.command} {self.path}")
        match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
        if match is None:
            return self.answer(404)
        repository, revision, name = match.groups()
        if repository not in self.hub.repositories():
            return self.answer(401, X_Error_Code="RepoNotFound")
        if repository in self.hub.private:
            return self.answer(403, X_Error_Code="GatedRepo")
        known = {
            own: content
            for (repo, rev, own), content in self.hub.files.items()
            if (repo, rev) == (repository, revision)
        }
        if not known:
            return self.answer(404, X_Error_Code="RevisionNotFound")
        if name not in known:
            return self.answer(404, X_Error_Code="EntryNotFound")
        commit = hashlib.sha1(revision.encode()).hexdigest()
        tag = hashlib.sha256(known[name]).hexdigest()
        return self.answer(200, known[name], ETag=f'"{tag}"', X_Repo_Commit=commit)

    def do_PUT(self) -> None:
        self.hub.asked.append(f"PUT {self.path}")
        content = self.body()
        self.hub.stored[hashlib.sha256(content).hexdigest()] = content
        self.answer(200)

    def do_POST(self) -> None:
        self.hub.asked.append(f"POST {self.path}")
        body = self.body()
        if self.headers.get("Authorization") != "Bearer hf_test":
            return self.tell({"error": "Invalid username or password."}, 401)
        if self.path == "/api/repos/create":
            about = json.loads(body)
            name = f"{about.get('organization') or 'someone'}/{about['name']}"
            return self.tell({"url": f"{self.hub.endpoint}/{name}", "name": name})
        if self.path == "/api/validate-yaml":
            return self.tell({"errors": [], "warnings": []})
        if "/branch/" in self.path:
            return self.tell({})
        if "/preupload/" in self.path:
            modes = [
                {"path": one["path"], "uploadMode": "lfs" if one["path"].endswith(".safetensors") else "regular"}
                for one in json.loads(body)["files"]
            ]
            return self.tell({"files": [{**mode, "shouldIgnore": False} for mode in modes]})
        if self.path.endswith("/info/lfs/objects/batch"):
            objects = [
                {**one, "actions": {"upload": {"href": f"{self.hub.endpoint}/store/{one['oid']}"}}}
                for one in json.loads(body)["objects"]
            ]
            return self.tell({"transfer": "basic", "objects": objects})
        match = re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/([^/?]+).*", self.path)
        if match is None:
            return self.answer(404)
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.hub.files[(*match.groups(), value["path"])] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.hub.files[(*match.groups(), value["path"])] = self.hub.stored[value["oid"]]
        url = f"{self.hub.endpoint}/{match[1]}/commit/abc"
        return self.tell({"commitUrl": url, "commitOid": "abc", "pullRequestUrl": None})


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The stand-in, in the place of the hub, and an empty cache."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
    template = hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


def test_loading_from_the_hub(hub: Hub, folder: Path) -> None:
    hub.put(folder, "someone/earths")
    picture = torch.rand(1, 3, 20, 24)
    wanted = painterly.load(folder).paint(picture)
    assert torch.equal(painterly.load("hf:someone/earths").paint(picture), wanted)
    assert painterly.info("hf:someone/earths").title == "Three Earths"
    downloads = [line for line in hub.asked if line.startswith("GET") and "/resolve/" in line]
    assert downloads == ["GET /someone/earths/resolve/main/model.safetensors"]  # once


def test_revisions_and_files(hub: Hub, folder: Path) -> None:
    hub.put(folder, "someone/earths", "v2")
    hub.files["someone/earths", "main", "other/half.safetensors"] = (folder / "model.safetensors").read_bytes()
    assert fetch("hf:someone/earths@v2").read_bytes() == (folder / "model.safetensors").read_bytes()
    assert fetch("hf:someone/earths/other/half.safetensors").name == "half.safetensors"
    for name, message in (
        ("hf:someone/earths", r"has no model\.safetensors; name another with hf:someone/earths/FILE"),
        ("hf:someone/earths@v3", "has no revision v3"),
        ("hf:someone/else", "there is no hf:someone/else on the hub, or it is private"),
    ):
        with pytest.raises(InputError, match=message):
            fetch(name)
    hub.private.add("someone/earths")
    with pytest.raises(InputError, match="asks for consent"):
        fetch("hf:someone/earths@v2/config.json")


def test_without_a_network_the_cache_does(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.put(folder, "someone/earths")
    first = fetch("hf:someone/earths")
    nowhere = "http://127.0.0.1:9"
    monkeypatch.setattr(constants, "ENDPOINT", nowhere)
    template = nowhere + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    assert fetch("hf:someone/earths") == first
    with pytest.raises(InputError, match="hf:someone/else cannot be reached, and is not in the cache"):
        fetch("hf:someone/else")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fetch("hf:someone/earths") == first
    with pytest.raises(InputError, match="hf:someone/else cannot be reached, and is not in the cache"):
        fetch("hf:someone/else")


def test_the_command_reads_hf_endpoint(hub: Hub, folder: Path, tmp_path: Path) -> None:
    hub.put(folder, "someone/earths")
    environment = os.environ | {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "home")}
    environment["HF_HUB_DISABLE_XET"] = "1"
    command = [sys.executable, "-m", "painterly", "info", "hf:someone/earths", "--json"]
    options: dict[str, Any] = {"env": environment, "capture_output": True, "text": True, "check": False}
    done = subprocess.run(command, **options)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["title"] == "Three Earths"
    missing = subprocess.run([*command[:4], "hf:someone/none"], **options)
    assert missing.returncode == 1
    assert missing.stderr.strip().count("\n") == 0
    assert "there is no hf:someone/none on the hub" in missing.stderr


def test_pushing_and_loading_again(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painter = painterly.load(folder, backend="torch", precision="float32")
    with pytest.raises(OutputError, match=r"someone/earths was not uploaded .*logged in"):
        painter.push_to_hub("someone/earths")
    assert hub.files == {}
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    address = painter.push_to_hub("hf:someone/earths", licence="mit", message="First")
    assert address == f"{hub.endpoint}/someone/earths/commit/abc"
    assert {name for _, _, name in hub.files} == {"model.safetensors", "config.json", "README.md"}
    assert b'painterly.load("hf:someone/earths")' in hub.files["someone/earths", "main", "README.md"]
    picture = torch.rand(1, 3, 20, 24)
    again = painterly.load("hf:someone/earths", backend="torch", precision="float32")
    assert torch.equal(again.paint(picture), painter.paint(picture))
    painter.push_to_hub("someone/earths", revision="draft")
    assert ("someone/earths", "draft", "model.safetensors") in hub.files


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("hf:a/b", HubName("a/b")),
        ("hf:a/b@v1.0", HubName("a/b", "v1.0")),
        ("hf:a/b/c.safetensors", HubName("a/b", None, "c.safetensors")),
        ("hf:a-b/c_d.e@main/x/y.safetensors", HubName("a-b/c_d.e", "main", "x/y.safetensors")),
    ],
)
def test_names(name: str, meant: HubName) -> None:
    assert parse_hub_name(name) == meant


@pytest.mark.parametrize("name", ["hf:", "hf:a", "hf:a/b@", "hf:a/b/", "hf:/b", "hf:a b/c", "hf:a/b/../c", "a/b"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(UsageError, match=re.escape(f"'{name}'")):
        parse_hub_name(name)


def test_a_missing_library_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painter = painterly.load(folder)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"painterly\[hub\]"):
        painterly.load("hf:a/b")
    with pytest.raises(MissingExtraError, match=r"painterly\[hub\]"):
        painter.push_to_hub("a/b")
    with pytest.raises(UsageError, match="without a file"):
        painter.push_to_hub("a/b/c")
