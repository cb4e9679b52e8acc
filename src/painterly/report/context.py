"""What a part of the report is given, and what it is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from painterly.atomic import atomic_path
from painterly.data.photos import find_photos
from painterly.errors import UsageError
from painterly.images.reading import read_picture
from painterly.images.writing import save_picture
from painterly.report.settings import Budget, ReportSettings

__all__ = ["Block", "Context", "Examples", "Section", "mebibytes"]

Block = dict[str, Any]
"""A paragraph, table, picture or chart, as plain JSON values; `kind` says which."""

_DEMO = Path(__file__).parents[1] / "assets"


@dataclass
class Section:
    """What a part found.

    Attributes:
        title: Its heading.
        paper: Where the paper has it.
        blocks: What the page shows.
        command: What draws the same by itself.
        data: The numbers behind it, as plain JSON values.
    """

    title: str
    paper: str
    command: str
    blocks: list[Block] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def text(self, text: str) -> None:
        """Add a paragraph."""
        self.blocks.append({"kind": "text", "text": text})

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> None:
        """Add a table."""
        cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
        self.blocks.append({"kind": "table", "head": list(head), "rows": cells, "caption": caption})

    def picture(self, file: str, caption: str) -> None:
        """Add a picture or chart that `Context` kept."""
        self.blocks.append({"kind": "picture", "file": file, "caption": caption})


@dataclass
class Examples:
    """Keeps the first pictures of each group, and their files by title."""

    context: Context
    prefix: str
    count: int
    files: dict[str, str] = field(default_factory=dict)
    _seen: Counter[str] = field(default_factory=Counter)

    def keep(self, group: str, name: str, picture: Image.Image) -> None:
        """Take a picture, or leave it."""
        self._seen[group] += 1
        if self._seen[group] <= self.count:
            self.files[f"{group}, {name}"] = self.context.keep_picture(f"{self.prefix}-{group}-{name}.png", picture)


@dataclass(frozen=True)
class Context:
    """What a part of the report works with.

    Attributes:
        settings: What was asked for.
        say: Takes a line about what is being done.
    """

    settings: ReportSettings
    say: Callable[[str], object]

    @property
    def budget(self) -> Budget:
        """How much work is wanted."""
        return self.settings.budget()

    def keep_picture(self, name: str, picture: Image.Image) -> str:
        """Save a picture in the report's folder, and return its file's name."""
        save_picture(picture, self.settings.output / "pictures" / name, overwrite=True)
        return f"pictures/{name}"

    def keep_chart(self, name: str, chart: bytes) -> str:
        """Save an SVG likewise."""
        with atomic_path(self.settings.output / "pictures" / name) as temporary:
            temporary.write_bytes(chart)
        return f"pictures/{name}"

    def photos_folder(self) -> Path:
        """Where the photographs to be painted are: at worst the one that ships."""
        try:
            return self.settings.folder("photos", "content")
        except UsageError:
            return _DEMO

    def photographs(self, count: int) -> list[tuple[str, Image.Image]]:
        """So many of them, by name."""
        found = find_photos(self.photos_folder())
        names = [Path(name) for name in found.names][:count]
        folder = self.photos_folder()
        return [(name.stem, read_picture(folder / name).convert("RGB")) for name in names]


def mebibytes(size: int | None) -> str:
    """Bytes for people.

    Example:
        >>> mebibytes(3 << 20), mebibytes(None)
        ('3 MiB', 'not known')
    """
    return "not known" if size is None else f"{size / 2**20:.0f} MiB"
