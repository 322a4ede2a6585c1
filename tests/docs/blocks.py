"""The code blocks of a Markdown file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "expectations/README.md", *sorted((ROOT / "examples/guides").glob("*.md"))]

_FENCE = re.compile(r"^( *)```(\S*) *$")
_NAME = re.compile(r"# (\S+\.\w+|\.\w+)(?:\s.*)?$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    file: Path
    line: int
    """1-based line of its first line of text."""
    language: str
    text: str

    @property
    def name(self) -> str | None:
        """The file that the block is, as a comment in its first line says it."""
        found = _NAME.match(self.text.split("\n", 1)[0])
        return found[1] if found else None

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.file.relative_to(ROOT)}:{self.line}"


def blocks_of(file: Path) -> list[Block]:
    """All fenced blocks, in order."""
    blocks, inside, start, indent = [], None, 0, 0
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        fence = _FENCE.match(line)
        if inside is None and fence:
            inside, start, indent = fence[2], number + 1, len(fence[1])
        elif inside is not None and line.strip() == "```":
            text = "\n".join(piece[indent:] for piece in lines[start - 1 : number - 1])
            blocks.append(Block(file, start, inside, text + "\n"))
            inside = None
    assert inside is None, f"{file}:{start}: the block is never closed"
    return blocks
