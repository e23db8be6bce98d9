"""Markdown files as data: their fenced blocks, links and headings."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(?P<text>.+)$", re.MULTILINE)
_INLINE_CODE = re.compile(r"`[^`\n]+`")


class Block(NamedTuple):
    """A fenced block: the line its text begins in, its language, its text."""

    line: int
    language: str
    text: str


def markdown_files():
    """Every Markdown file of the project."""
    folders = ("docs", "samples", "bench")
    found = [*ROOT.glob("*.md"), *(path for folder in folders for path in (ROOT / folder).rglob("*.md"))]
    return sorted(found)


def blocks(path, language=None):
    """The fenced blocks of a file, of one language or all."""
    text = path.read_text(encoding="utf-8")
    found = [Block(text.count("\n", 0, m.start()) + 2, m["language"], m["text"]) for m in _FENCE.finditer(text)]
    return [block for block in found if language in (None, block.language)]


def links(path):
    """The targets that a file links to, those within code left out."""
    text = _INLINE_CODE.sub("", _FENCE.sub("", path.read_text(encoding="utf-8")))
    return [match["target"] for match in _LINK.finditer(text)]


def anchors(path):
    """The anchors that a file's headings make, as GitHub names them."""
    texts = [match["text"] for match in _HEADING.finditer(_FENCE.sub("", path.read_text(encoding="utf-8")))]
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in texts}
