"""A picture as SVG: boxes with a stripe in the colour of their category, curves with the names of their relations."""

from collections.abc import Iterator
from html import escape
from typing import Final

from rulechain.authoring.picture import BOX_HEIGHT, BOX_WIDTH, Box, Line, Picture
from rulechain.model import FAILURE

CATEGORY_COLOURS: Final = {
    "filter": "#2f6fdf",
    "transform": "#8a4fd3",
    "action": "#c26a00",
    "common": "#4b5a6b",
    "flow": "#0b8a7a",
    "external": "#c2385a",
    "chain": "#0b8a7a",
    "custom": "#7a6a00",
}
_OTHER_COLOUR: Final = "#7b8794"
_TITLE_LETTERS, _TYPE_LETTERS, _LABEL_LETTERS = 22, 28, 30

STYLE: Final = """
.chain { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.chain .back { fill: #f6f7f9; }
.chain .box { fill: #ffffff; stroke: #c9d1da; stroke-width: 1.2; }
.chain .first .box { stroke: #1d2733; stroke-width: 2; }
.chain .title { font-size: 13px; font-weight: 600; fill: #1d2733; }
.chain .type { font-size: 11px; fill: #66727f; }
.chain .line { fill: none; stroke: #93a0ad; stroke-width: 1.5; }
.chain .failure { stroke: #cf4a4a; stroke-dasharray: 5 4; }
.chain .label { font-size: 11px; fill: #4b5a6b; text-anchor: middle; stroke: #f6f7f9; stroke-width: 4px;
  paint-order: stroke; stroke-linejoin: round; }
.chain .count { font-size: 10px; font-weight: 600; fill: #ffffff; text-anchor: middle; }
.chain .badge { fill: #1f8a4c; }
.chain .failed .badge { fill: #cf4a4a; }
.chain .failed .box { stroke: #cf4a4a; stroke-width: 2; }
.chain .ran .box { fill: #eefaf2; stroke: #1f8a4c; }
.chain .taken { stroke: #1f8a4c; stroke-width: 2.4; }
.chain .idle { opacity: 0.45; }
@media (prefers-color-scheme: dark) {
  .chain .back { fill: #14181d; }
  .chain .box { fill: #1f262e; stroke: #3a4652; }
  .chain .first .box { stroke: #dfe6ee; }
  .chain .title { fill: #eef2f6; }
  .chain .type { fill: #9aa7b4; }
  .chain .line { stroke: #637181; }
  .chain .failure { stroke: #e07070; }
  .chain .label { fill: #c3ccd6; stroke: #14181d; }
  .chain .ran .box { fill: #17301f; stroke: #37a768; }
  .chain .taken { stroke: #37a768; }
}
"""


def render_svg(picture: Picture) -> str:
    """Return the picture as an SVG document that needs nothing else."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{picture.width:.0f}" height="{picture.height:.0f}" '
        f'viewBox="0 0 {picture.width:.0f} {picture.height:.0f}" role="img">\n'
        f"<title>{escape(picture.title)}</title>\n<style>{STYLE}</style>\n{render_drawing(picture)}\n</svg>\n"
    )


def render_drawing(picture: Picture) -> str:
    """Return what is inside the picture: one group of class `chain`, for an `svg` element that brings the style."""
    parts = [f'<rect class="back" width="{picture.width:.0f}" height="{picture.height:.0f}"/>', _ARROWS]
    parts += [part for line in picture.lines for part in _line(line)]
    parts += [part for box in picture.boxes for part in _box(box)]
    return '<g class="chain">\n' + "\n".join(parts) + "\n</g>"


_ARROWS: Final = (
    "<defs>"
    + "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" '
        f'markerUnits="userSpaceOnUse"><path d="M0 0.5L7.5 4L0 7.5z" fill="{colour}"/></marker>'
        for name, colour in (("arrow", "#93a0ad"), ("failure-arrow", "#cf4a4a"), ("taken-arrow", "#1f8a4c"))
    )
    + "</defs>"
)


def _line(line: Line) -> Iterator[str]:
    first, *rest = (f"{x:.1f} {y:.1f}" for x, y in line.points)
    pieces = "".join(f"C{', '.join(rest[place : place + 3])}" for place in range(0, len(rest), 3))
    classes, arrow = ["line"], "arrow"
    if line.relations == (FAILURE,):
        classes.append("failure")
        arrow = "failure-arrow"
    if line.count:
        classes.append("taken")
        arrow = "taken-arrow"
    elif line.count == 0:
        classes.append("idle")
    names = f'data-from="{escape(line.start)}" data-to="{escape(line.to)}"'
    yield f'<path class="{" ".join(classes)}" {names} marker-end="url(#{arrow})" d="M{first}{pieces}"/>'
    label = ", ".join(line.relations)
    if label:
        x, y = line.label_at
        shown = _shortened(label, _LABEL_LETTERS)
        yield f'<text class="label" x="{x:.1f}" y="{y + 4:.1f}">{escape(shown)}<title>{escape(label)}</title></text>'


def _box(box: Box) -> Iterator[str]:
    classes = ["node"]
    if box.is_first:
        classes.append("first")
    if box.has_failed:
        classes.append("failed")
    elif box.count:
        classes.append("ran")
    elif box.count == 0:
        classes.append("idle")
    colour = CATEGORY_COLOURS.get(box.category, _OTHER_COLOUR)
    yield (
        f'<g class="{" ".join(classes)}" data-id="{escape(box.id)}" transform="translate({box.x:.1f} {box.y:.1f})" '
        f'tabindex="0" role="button" aria-label="{escape(box.title)}">'
        f"<title>{escape(box.title)} ({escape(box.type)})</title>"
        f'<rect class="box" width="{BOX_WIDTH:.0f}" height="{BOX_HEIGHT:.0f}" rx="7"/>'
        f'<rect x="0" y="8" width="4" height="{BOX_HEIGHT - 16:.0f}" rx="2" fill="{colour}"/>'
        f'<text class="title" x="14" y="22">{escape(_shortened(box.title, _TITLE_LETTERS))}</text>'
        f'<text class="type" x="14" y="39">{escape(_shortened(box.type, _TYPE_LETTERS))}</text>'
    )
    if box.count:
        x, text = BOX_WIDTH - 4, str(box.count)
        width = 10 + 6 * len(text)
        yield (
            f'<rect class="badge" x="{x - width / 2:.0f}" y="-8" width="{width}" height="16" rx="8"/>'
            f'<text class="count" x="{x:.0f}" y="3.5">{text}</text>'
        )
    yield "</g>"


def _shortened(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
