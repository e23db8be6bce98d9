"""`rulechain diff`: what two versions of a document do differently."""

from pathlib import Path
from typing import Any

import click

from rulechain.authoring import Difference, compare_chains, compare_endpoints
from rulechain.cli import exit_codes
from rulechain.cli.options import FILE, format_option
from rulechain.cli.output import plural, put, put_json, say
from rulechain.diagnostics import Code, Diagnostic, Location
from rulechain.diagnostics.errors import ChainError
from rulechain.loader import load_documents
from rulechain.model import ChainDefinition, EndpointDefinition

_STYLES = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow"), "renamed": ("~", "yellow")}

_EPILOG = """\b
Examples:
  rulechain diff old/chain.json new/chain.json
  git show HEAD:chain.json > /tmp/before.json && rulechain diff /tmp/before.json chain.json
"""


@click.command("diff", epilog=_EPILOG)
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@format_option
def command(before: Path, after: Path, *, as_json: bool) -> int:
    """Show what AFTER does differently from BEFORE: nodes, connections, routers and settings.

    The order of keys and nodes, spaces, and where an editor draws a node make no difference. Exit code 1 when there
    are differences.
    """
    old, new = _load(before), _load(after)
    differences = _compare(old, new)
    if as_json:
        put_json({"differences": [_dump(difference) for difference in differences]})
    elif differences:
        put("\n".join(map(_line, differences)))
    if not as_json:
        say(plural(len(differences), "difference") if differences else "no differences")
    return exit_codes.FAILED if differences else exit_codes.OK


def _load(path: Path) -> ChainDefinition | EndpointDefinition:
    (loaded,) = load_documents([path])
    if loaded.definition is None:
        raise ChainError(loaded.diagnostics)
    return loaded.definition


def _compare(
    before: ChainDefinition | EndpointDefinition, after: ChainDefinition | EndpointDefinition
) -> list[Difference]:
    if isinstance(before, ChainDefinition) and isinstance(after, ChainDefinition):
        return compare_chains(before, after)
    if isinstance(before, EndpointDefinition) and isinstance(after, EndpointDefinition):
        return compare_endpoints(before, after)
    message = "a chain and an endpoint cannot be compared"
    raise ChainError([Diagnostic(Code.WRONG_TYPE, message, Location(after.source, ""))])


def _line(difference: Difference) -> str:
    sign, colour = _STYLES[difference.kind]
    values = [text for text in (difference.before, difference.after) if text is not None]
    text = f"{sign} {difference.subject}"
    return click.style(f"{text}: {' -> '.join(values)}" if values else text, fg=colour)


def _dump(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind,
        "subject": difference.subject,
        "before": difference.before,
        "after": difference.after,
    }
