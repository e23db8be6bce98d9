"""`rulechain graph`: a chain as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from rulechain.api import ComponentSpec
from rulechain.app.engine import Engine
from rulechain.authoring import (
    Paint,
    make_picture,
    paint_coverage,
    paint_trace,
    render_dot,
    render_page,
    render_svg,
)
from rulechain.cli.documents import read_document
from rulechain.cli.options import FILE, FILE_OR_STDIN
from rulechain.cli.output import paint, put, say
from rulechain.diagnostics import Code, Diagnostic, Location, Source, render_diagnostics
from rulechain.diagnostics.errors import ChainError
from rulechain.graph import ChainGraph, build_graph, render_mermaid
from rulechain.loader import load_chain

_EPILOG = """\b
Examples:
  rulechain graph chain.json
  rulechain graph chain.json --as html --output chain.html
  rulechain trace chain.json --message m.json --format json | rulechain graph chain.json --as html --trace - -o run.html
  rulechain test chains/ --format json | rulechain graph chains/chain.json --as html --coverage - -o tested.html
"""


@click.command("graph", epilog=_EPILOG)
@click.argument("chain", type=FILE)
@click.option(
    "--as",
    "form",
    type=click.Choice(["mermaid", "dot", "svg", "html"]),
    default="mermaid",
    show_default=True,
    help="Mermaid and DOT are text; SVG is a picture; HTML adds each node's configuration on a click.",
)
@click.option(
    "--trace",
    "trace_file",
    type=FILE_OR_STDIN,
    metavar="FILE|-",
    help="Paint a run on the picture: what `rulechain trace --format json` wrote. SVG and HTML only.",
)
@click.option(
    "--coverage",
    "coverage_file",
    type=FILE_OR_STDIN,
    metavar="FILE|-",
    help="Paint what tests went through: what `rulechain test --format json` wrote. SVG and HTML only.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def command(chain: Path, form: str, trace_file: Path | None, coverage_file: Path | None, output: Path | None) -> None:
    """Draw CHAIN: its nodes, and the relations between them.

    Nodes stand where an editor put them (`layoutX`, `layoutY`); without that, layer by layer. The HTML page is one
    file that needs no network.
    """
    if (trace_file or coverage_file) and form not in ("svg", "html"):
        raise click.UsageError("runs can be painted on svg and html only")
    if trace_file and coverage_file:
        raise click.UsageError("--trace and --coverage are two pictures")
    graph = _graph(chain)
    steps = _steps(trace_file) if trace_file else ()
    painted = paint_trace(steps) if trace_file else _coverage(coverage_file, graph) if coverage_file else None
    text = _drawn(graph, form, painted, steps)
    if output:
        output.write_text(text, encoding="utf-8")
        say(f"wrote {output}")
    else:
        put(text.removesuffix("\n"))


def _graph(path: Path) -> ChainGraph:
    loaded = load_chain(path)
    if loaded.definition is None:
        raise ChainError(loaded.diagnostics)
    # A chain with mistakes can be looked at: that may be how they are found.
    if loaded.diagnostics:
        say(paint(render_diagnostics(loaded.diagnostics)))
    return build_graph(loaded.definition)


def _drawn(graph: ChainGraph, form: str, painted: Paint | None, steps: Sequence[Mapping[str, Any]]) -> str:
    if form == "mermaid":
        return render_mermaid(graph)
    if form == "dot":
        return render_dot(graph)
    specs: dict[str, ComponentSpec] = {spec.type: spec for spec in Engine().components}
    categories = {type_: spec.category for type_, spec in specs.items()}
    picture = make_picture(graph, categories, painted)
    return render_svg(picture) if form == "svg" else render_page(picture, graph, specs, steps)


def _steps(path: Path) -> list[Mapping[str, Any]]:
    source, steps = _listed(path, "steps")
    if steps is None or not all(_has_texts(step, "node", "relation") for step in steps):
        message = "this is no trace: it has no list of steps with node and relation"
        hint = "write one with `rulechain trace CHAIN --message FILE --format json`"
        raise ChainError([Diagnostic(Code.WRONG_TYPE, message, Location(source, ""), hint=hint)])
    return steps


def _coverage(path: Path, graph: ChainGraph) -> Paint:
    """Read the coverage of a chain from what `rulechain test` wrote."""
    source, chains = _listed(path, "chains")
    of_chain = [each for each in chains or () if _has_texts(each, "chain") and each["chain"] == graph.definition.id]
    if not of_chain or not all(isinstance(each.get("relations"), list) for each in of_chain):
        message = f'there is no coverage of the chain "{graph.definition.id}" here'
        hint = "write one with `rulechain test PATH --format json`"
        raise ChainError([Diagnostic(Code.WRONG_TYPE, message, Location(source, ""), hint=hint)])
    return paint_coverage(of_chain[0])


def _listed(path: Path, key: str) -> tuple[Source, list[Any] | None]:
    """Return a list that a JSON document has under a key; None when it has none."""
    document = read_document(path)
    if not document.is_readable:
        raise ChainError(document.diagnostics)
    listed = document.value.get(key) if isinstance(document.value, dict) else None
    return document.source, listed if isinstance(listed, list) else None


def _has_texts(value: Any, *keys: str) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), str) for key in keys)
