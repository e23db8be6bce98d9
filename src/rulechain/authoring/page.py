"""A picture as one HTML page that needs no network: pan, zoom, find, and each node's facts on a click."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

from rulechain.api import ComponentSpec
from rulechain.authoring.masking import mask_configuration
from rulechain.authoring.picture import Picture
from rulechain.authoring.svg import CATEGORY_COLOURS, STYLE, render_drawing
from rulechain.graph import ChainGraph

Step = Mapping[str, Any]


def render_page(
    picture: Picture, graph: ChainGraph, specs: Mapping[str, ComponentSpec], steps: Sequence[Step] = ()
) -> str:
    """Return the page.

    Args:
        picture: The chain as it is drawn.
        graph: The same chain.
        specs: Component types, for descriptions and for which settings are secret.
        steps: What a trace's JSON form has as `steps`, shown at their nodes.
    """
    template = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    count = len(graph.nodes)
    values = {
        "title": escape(picture.title),
        "facts": f"{count} node{'' if count == 1 else 's'}",
        "legend": _legend(picture),
        "style": STYLE,
        "width": f"{picture.width:.0f}",
        "height": f"{picture.height:.0f}",
        "drawing": render_drawing(picture),
        "data": _script_safe(_facts(picture, graph, specs, steps)),
    }
    before, *rest = template.split("{{")
    return before + "".join(values[name] + after for name, _, after in (part.partition("}}") for part in rest))


def _legend(picture: Picture) -> str:
    shown = sorted({box.category for box in picture.boxes} & CATEGORY_COLOURS.keys())
    return "".join(f'<span><i style="background:{CATEGORY_COLOURS[name]}"></i>{name}</span>' for name in shown)


def _facts(
    picture: Picture, graph: ChainGraph, specs: Mapping[str, ComponentSpec], steps: Sequence[Step]
) -> dict[str, Any]:
    """Return what the page shows of each box, by its id."""
    configurations = {node.id: node.configuration for node in graph.nodes}
    facts: dict[str, Any] = {}
    for box in picture.boxes:
        spec = specs.get(box.type)
        settings = spec.settings if spec else None
        facts[box.id] = {
            "id": box.id,
            "title": box.title,
            "type": box.type,
            "description": spec.summary if spec else "",
            "configuration": mask_configuration(configurations.get(box.id, {}), settings),
            "leaves": [],
            "arrives": [],
            "steps": [step for step in steps if step.get("node") == box.id],
        }
    for line in picture.lines:
        for relation in line.relations:
            facts[line.start]["leaves"].append({"relation": relation, "to": line.to})
            facts[line.to]["arrives"].append({"relation": relation, "from": line.start})
    return facts


def _script_safe(value: Any) -> str:
    """Return JSON that cannot end the script element it stands in."""
    return json.dumps(value, ensure_ascii=False, default=str).replace("<", "\\u003c")
