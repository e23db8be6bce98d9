"""`rulechain eval`: an expression on data."""

import json
from pathlib import Path
from typing import Any

import click

import rulechain
from rulechain.cli.documents import read_object
from rulechain.cli.options import FILE_OR_STDIN, format_option, pairs_option
from rulechain.cli.output import put, put_json
from rulechain.values import JsonError, StringMap, decode_json

# In chains these are maps of text, in which a missing key reads as "".
_TEXT_MAPS = ("metadata", "global", "vars")

_EPILOG = """\b
Examples:
  rulechain eval '1 + 1'
  rulechain eval 'msg.temperature > 30 ? "hot" : "ok"' --set msg='{"temperature": 41}'
  rulechain eval 'filter(msg.items, .price > 10)' --env env.json --format json
  echo '{"a": 2}' | rulechain eval 'a * 21' --env -
  rulechain eval -- '-1 + 2'
"""


@click.command("eval", epilog=_EPILOG)
@click.argument("expression", metavar="EXPR")
@click.option("--env", "env_file", type=FILE_OR_STDIN, metavar="FILE|-", help="A JSON object: the variables.")
@pairs_option("--set", "assignments", metavar="NAME=JSON", help="One variable; may be repeated.")
@format_option
def command(expression: str, env_file: Path | None, assignments: dict[str, str], *, as_json: bool) -> None:
    """Evaluate EXPR and print its value.

    The value is printed in RuleGo's text form, or as JSON. The variables come from --env and --set; in a chain they
    would be msg, metadata, type and their like.
    """
    env: dict[str, Any] = {} if env_file is None else read_object(env_file, "the variables")
    env |= {name: _decode(name, text) for name, text in assignments.items()}
    for name in _TEXT_MAPS:
        if isinstance(env.get(name), dict):
            env[name] = StringMap(env[name])
    value = rulechain.compile_expression(expression).evaluate(env)
    if as_json:
        put_json(json.loads(rulechain.to_json(value)))
    else:
        put(rulechain.to_text(value))


def _decode(name: str, text: str) -> Any:
    try:
        return decode_json(text)
    except JsonError:
        quoted = json.dumps(text, ensure_ascii=False)
        raise click.UsageError(f"--set {name}: {text!r} is not JSON; text is written --set '{name}={quoted}'") from None
