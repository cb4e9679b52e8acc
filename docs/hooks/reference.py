"""MkDocs hook: the API reference, from what the packages' stubs say is public."""

from __future__ import annotations

import ast
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import painterly

__all__ = ["PACKAGES", "public_names", "reference_page"]

SECTION = "Reference"
PACKAGES = (
    "painterly",
    "painterly.losses",
    "painterly.encoders",
    "painterly.tiling",
    "painterly.networks",
    "painterly.inference",
    "painterly.images",
    "painterly.data",
    "painterly.evaluation",
    "painterly.optimisation",
)
"""Packages whose public names are for other people's programs."""


def public_names(package: str) -> dict[str, str]:
    """Public names and where each is defined, from the package's stub."""
    folder = Path(painterly.__file__).parent.joinpath(*package.split(".")[1:])
    found: dict[str, str] = {}
    for node in ast.parse((folder / "__init__.pyi").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 1:
            found |= {alias.name: f"{package}.{node.module}.{alias.name}" for alias in node.names}
    return dict(sorted(found.items(), key=lambda item: (item[0].isupper(), item[0].lower())))


def reference_page(package: str) -> str:
    """A package's page: what it is for, and everything public."""
    init = Path(painterly.__file__).parent.joinpath(*package.split(".")[1:]) / "__init__.py"
    about = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
    names = public_names(package)
    elsewhere = {} if package == PACKAGES[0] else public_names(PACKAGES[0])
    shared = [name for name, place in names.items() if place in elsewhere.values()]
    parts = [f"# {package}", about]
    if shared:
        links = ", ".join(f"[`{name}`][{names[name]}]" for name in shared)
        parts.append(f"On the page of [{PACKAGES[0]}]({PACKAGES[0]}.md), which has them too: {links}.")
    parts += [f"::: {place}" for name, place in names.items() if name not in shared]
    return "\n\n".join(parts) + "\n"


def _page(package: str) -> str:
    return f"api/{package}.md"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the packages in the navigation."""
    for entry in config.nav or []:
        if isinstance(entry, dict) and SECTION in entry:
            entry[SECTION] += [{package: _page(package)} for package in PACKAGES]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Make the packages' pages."""
    for package in PACKAGES:
        files.append(File.generated(config, _page(package), content=reference_page(package)))
    return files
