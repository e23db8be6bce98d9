"""What `trace` and `explain` share: a chain, a message, where the run begins, and why it went as it did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click

from rulechain.api import Run
from rulechain.app.chain import Chain
from rulechain.app.engine import Engine
from rulechain.app.services import language_functions
from rulechain.authoring.reasons import Reason, explain_trace
from rulechain.cli.messages import read_message
from rulechain.cli.options import (
    FILE,
    FILE_OR_STDIN,
    format_option,
    include_folder_option,
    pairs_option,
    property_option,
    secret_key_option,
)
from rulechain.cli.output import paint, say
from rulechain.diagnostics import did_you_mean, render_diagnostics
from rulechain.values import string_map

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.argument("chain", type=FILE),
    click.option("--message", "message_file", required=True, type=FILE_OR_STDIN, metavar="FILE|-", help="The message."),
    click.option("--type", "message_type", metavar="TYPE", help="The message's type."),
    click.option("--data-type", metavar="TYPE", help="JSON, TEXT or BINARY; JSON unless the message says otherwise."),
    pairs_option("--metadata", "metadata", metavar="KEY=VALUE", help="A metadata key; may be repeated."),
    click.option("--from-node", metavar="NODE", help="Begin at this node instead of the first one."),
    click.option("--only-node", metavar="NODE", help="Run this node alone."),
    property_option,
    include_folder_option,
    secret_key_option,
    format_option,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """What the options say: which message, from where, through which chain, with which properties and folders."""

    chain: Path
    message_file: Path
    message_type: str | None
    data_type: str | None
    metadata: Mapping[str, str]
    from_node: str | None
    only_node: str | None
    properties: Mapping[str, str]
    include_folders: Sequence[Path]
    secret_key: str | None = field(repr=False)


def tracing_options(command: F) -> F:
    """Add the options of one message's run through a chain; they make a `Tracing`, but for `as_json`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def traced_run(tracing: Tracing, *, as_json: bool) -> tuple[Chain, Run, list[Reason | None]]:
    """Send the message through the chain; return the chain, the run, and for each step why it went as it did."""
    if tracing.from_node is not None and tracing.only_node is not None:
        raise click.UsageError("--from-node and --only-node exclude each other")
    engine = Engine(tracing.properties, include_folders=tracing.include_folders, secret_key=tracing.secret_key)
    chain = engine.load(tracing.chain)
    start = tracing.from_node or tracing.only_node
    if start is not None and start not in chain.plan.index_of:
        hint = did_you_mean(start, chain.plan.index_of)
        raise click.UsageError(f'the chain "{chain.id}" has no node "{start}"' + (f": {hint}" if hint else ""))
    message = read_message(tracing.message_file, tracing.message_type, tracing.data_type, tracing.metadata)
    if chain.warnings and not as_json:
        say(paint(render_diagnostics(chain.warnings)))
    with engine:
        run = chain.run(message, start=start, only_first=tracing.only_node is not None, trace=True)
    functions = language_functions(tracing.include_folders)
    return chain, run, explain_trace(chain.plan, run.trace, string_map(tracing.properties), functions)
