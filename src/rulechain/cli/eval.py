"""`rulechain eval`: an expression on data, once or in a session."""

import json
import sys
from pathlib import Path
from typing import Any

import click

import rulechain
from rulechain.cli.eval_variables import bind
from rulechain.cli.options import FILE_OR_STDIN, format_option, pairs_option
from rulechain.cli.output import put, put_json
from rulechain.values import JsonError, decode_json

_EPILOG = """\b
Examples:
  rulechain eval '1 + 1'
  rulechain eval 'msg.temperature > 30 ? "hot" : "ok"' --set msg='{"temperature": 41}'
  rulechain eval 'filter(msg.items, .price > 10)' --env env.json --format json
  rulechain eval --explain 'a > 1 && b > 1' --set a=2 --set b=1
  echo '{"a": 2}' | rulechain eval 'a * 21' --env -
  rulechain eval -- '-1 + 2'
  rulechain eval --env env.json
"""


@click.command("eval", epilog=_EPILOG)
@click.argument("expression", metavar="[EXPR]", required=False)
@click.option("--env", "env_file", type=FILE_OR_STDIN, metavar="FILE|-", help="A JSON object: the variables.")
@pairs_option("--set", "assignments", metavar="NAME=JSON", help="One variable; may be repeated.")
@click.option("--explain", is_flag=True, help="Show the value of each part, and which part decided.")
@click.option("--repl", is_flag=True, help="Read expressions line by line, as is done on a terminal without EXPR.")
@format_option
def command(
    expression: str | None,
    env_file: Path | None,
    assignments: dict[str, str],
    *,
    explain: bool,
    repl: bool,
    as_json: bool,
) -> None:
    """Evaluate EXPR and print its value; without EXPR, start a session.

    The value is printed in RuleGo's text form, or as JSON. The variables come from --env and --set; in a chain they
    would be msg, metadata, type and their like.
    """
    _refuse_misuse(expression, env_file, explain=explain, repl=repl)
    env: dict[str, Any] = {}
    if env_file is not None:
        from rulechain.cli.documents import read_object  # noqa: PLC0415 - what only some need is imported there

        for name, value in read_object(env_file, "the variables").items():
            bind(env, name, value)
    for name, text in assignments.items():
        bind(env, name, _decode(name, text))
    if expression is None:
        from rulechain.cli.repl import Session, run_repl  # noqa: PLC0415 - same

        run_repl(Session(env, as_json=as_json), interactive=sys.stdin.isatty())
    elif explain:
        _explain(expression, env, as_json=as_json)
    else:
        value = rulechain.compile_expression(expression).evaluate(env)
        if as_json:
            put_json(json.loads(rulechain.to_json(value)))
        else:
            put(rulechain.to_text(value))


def _refuse_misuse(expression: str | None, env_file: Path | None, *, explain: bool, repl: bool) -> None:
    if expression is not None:
        if repl:
            raise click.UsageError("give an expression or --repl, not both")
    elif explain:
        raise click.UsageError("--explain needs an expression; in a session it is :explain EXPR")
    elif str(env_file) == "-":
        raise click.UsageError("--env - takes the variables from stdin, so the expression must be an argument")
    elif not repl and not sys.stdin.isatty():
        raise click.UsageError("give an expression, or --repl to read them from stdin")


def _explain(expression: str, env: dict[str, Any], *, as_json: bool) -> None:
    """Print what led to the value; a failure is then reported as without the explanation."""
    from rulechain.expr.explain import explain_expression  # noqa: PLC0415 - same
    from rulechain.expr.show import dump_explanation, render_explanation  # noqa: PLC0415 - same

    explanation = explain_expression(expression, env)
    if as_json:
        put_json(dump_explanation(explanation))
    else:
        put(render_explanation(explanation))
    if explanation.failure is not None:
        raise explanation.failure


def _decode(name: str, text: str) -> Any:
    try:
        return decode_json(text)
    except JsonError:
        quoted = json.dumps(text, ensure_ascii=False)
        raise click.UsageError(f"--set {name}: {text!r} is not JSON; text is written --set '{name}={quoted}'") from None
