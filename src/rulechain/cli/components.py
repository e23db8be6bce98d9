"""`rulechain components`: what a node can be."""

import itertools
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from rulechain.api import ComponentSpec
from rulechain.app.engine import Engine
from rulechain.cli.options import format_option
from rulechain.cli.output import put, put_json
from rulechain.components.catalogue import component_form, component_forms
from rulechain.diagnostics.errors import UnknownTypeError

_WIDTH = 100

_EPILOG = """\b
Examples:
  rulechain components
  rulechain components jsFilter
  rulechain components --format json | jq '.[].type'
"""


@click.command("components", epilog=_EPILOG)
@click.argument("type_", metavar="[TYPE]", required=False)
@format_option
def command(type_: str | None, *, as_json: bool) -> None:
    """List the node types, or describe one: its relations, its settings, and an example.

    JSON has the shape of RuleGo's component forms.
    """
    registry = Engine().components
    if type_ is None:
        if as_json:
            put_json(component_forms(registry))
        else:
            put("\n".join(_render_list(registry)))
        return
    try:
        spec = registry.get(type_)
    except UnknownTypeError as error:
        raise click.UsageError(str(error)) from None
    if as_json:
        put_json(component_form(spec))
    else:
        put("\n".join(_render_component(spec)))


def _render_list(specs: Iterable[ComponentSpec]) -> Iterator[str]:
    ordered = sorted(specs, key=lambda spec: (spec.category, spec.type))
    width = max(len(spec.type) for spec in ordered)
    for category, members in itertools.groupby(ordered, key=lambda spec: spec.category):
        yield f"{category}:"
        yield from (f"  {spec.type:{width}}  {spec.summary}" for spec in members)


def _render_component(spec: ComponentSpec) -> Iterator[str]:
    yield f"{spec.type} ({spec.category}): {spec.summary}"
    if spec.description:
        yield ""
        yield textwrap.fill(spec.description, _WIDTH)
    yield ""
    yield "relations: " + ("any" if spec.relations is None else ", ".join(spec.relations) or "none")
    fields = component_form(spec)["fields"]
    if fields:
        yield "settings:"
        for field in fields:
            yield from _render_field(field, "  ")
    if spec.example:
        yield "example:"
        yield textwrap.indent(json.dumps(spec.example, ensure_ascii=False, indent=2), "  ")


def _render_field(field: Mapping[str, Any], indent: str) -> Iterator[str]:
    facts = [field["type"], *(["required"] if field["required"] else [])]
    if field["component"]:
        facts.append("one of " + ", ".join(json.dumps(each["value"]) for each in field["component"]["options"]))
    if field["defaultValue"] not in ("", None, [], {}):
        facts.append(f"default {json.dumps(field['defaultValue'], ensure_ascii=False)}")
    yield f"{indent}{field['name']}  ({', '.join(filter(None, facts))})"
    inside = f"{indent}    "
    yield textwrap.fill(field["desc"], _WIDTH, initial_indent=inside, subsequent_indent=inside)
    for inner in field["fields"] or ():
        yield from _render_field(inner, inside)
