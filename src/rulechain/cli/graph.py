"""`rulechain graph`: a chain as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from rulechain.api import ComponentSpec
from rulechain.app.engine import Engine
from rulechain.authoring import make_picture, paint_trace, render_dot, render_page, render_svg
from rulechain.cli.documents import read_document
from rulechain.cli.options import FILE, FILE_OR_STDIN
from rulechain.cli.output import paint, put, say
from rulechain.diagnostics import Code, Diagnostic, Location, render_diagnostics
from rulechain.diagnostics.errors import ChainError
from rulechain.graph import ChainGraph, build_graph, render_mermaid
from rulechain.loader import load_chain

_EPILOG = """\b
Examples:
  rulechain graph chain.json
  rulechain graph chain.json --as html --output chain.html
  rulechain trace chain.json --message m.json --format json | rulechain graph chain.json --as html --trace - -o run.html
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
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def command(chain: Path, form: str, trace_file: Path | None, output: Path | None) -> None:
    """Draw CHAIN: its nodes, and the relations between them.

    Nodes stand where an editor put them (`layoutX`, `layoutY`); without that, layer by layer. The HTML page is one
    file that needs no network.
    """
    if trace_file and form not in ("svg", "html"):
        raise click.UsageError("a trace can be painted on svg and html only")
    graph = _graph(chain)
    text = _drawn(graph, form, _steps(trace_file) if trace_file else None)
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


def _drawn(graph: ChainGraph, form: str, steps: Sequence[Mapping[str, Any]] | None) -> str:
    if form == "mermaid":
        return render_mermaid(graph)
    if form == "dot":
        return render_dot(graph)
    specs: dict[str, ComponentSpec] = {spec.type: spec for spec in Engine().components}
    categories = {type_: spec.category for type_, spec in specs.items()}
    picture = make_picture(graph, categories, None if steps is None else paint_trace(steps))
    return render_svg(picture) if form == "svg" else render_page(picture, graph, specs, steps or ())


def _steps(path: Path) -> list[Mapping[str, Any]]:
    document = read_document(path)
    if not document.is_readable:
        raise ChainError(document.diagnostics)
    steps = document.value.get("steps") if isinstance(document.value, dict) else None
    if not isinstance(steps, list) or not all(isinstance(step, dict) and _is_step(step) for step in steps):
        message = "this is no trace: it has no list of steps with node and relation"
        hint = "write one with `rulechain trace CHAIN --message FILE --format json`"
        raise ChainError([Diagnostic(Code.WRONG_TYPE, message, Location(document.source, ""), hint=hint)])
    return steps


def _is_step(step: Mapping[str, Any]) -> bool:
    return isinstance(step.get("node"), str) and isinstance(step.get("relation"), str)
