"""`rulechain explain`: why a message takes its way through a chain."""

from typing import Any

import click

from rulechain.authoring.explanation import dump_reason, render_reasons
from rulechain.cli import exit_codes
from rulechain.cli.output import put, put_json
from rulechain.cli.tracing import Tracing, traced_run, tracing_options

_EPILOG = """\b
Examples:
  rulechain explain chain.json --message message.json
  echo '{"temperature": 41}' | rulechain explain chain.json --message -
  rulechain explain chain.json --message message.json --format json | jq '.decisions[].nearest'
"""


@click.command("explain", epilog=_EPILOG)
@tracing_options
def command(*, as_json: bool, **options: Any) -> int:
    """Send one message through CHAIN and say for each filter and switch why it decided as it did.

    Each clause is shown with the values it met, with the nearest route that was not taken, and with what kept it from
    being taken. Nodes that ask other services ask them. Exit code 1 when the chain failed.
    """
    chain, run, reasons = traced_run(Tracing(**options), as_json=as_json)
    if as_json:
        ends = [{"node": end.node_id, "relation": end.relation, "error": end.error} for end in run.ends]
        decisions = [dump_reason(reason) for reason in reasons if reason is not None]
        put_json({"chain": chain.id, "failed": run.failed, "decisions": decisions, "ends": ends})
    else:
        put(render_reasons(run, reasons))
    return exit_codes.FAILED if run.failed else exit_codes.OK
