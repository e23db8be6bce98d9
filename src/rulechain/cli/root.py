"""The command `rulechain` itself: finds the verb, runs it, turns whatever goes wrong into a message and an exit code.

A verb lives in a module of its own that is imported when it is first used, so that `--help` stays quick.
"""

import gc
import importlib
import os
import sys
from typing import Any

import click

from rulechain.cli import exit_codes
from rulechain.cli.failures import report_failure
from rulechain.cli.logs import logging_to_stderr
from rulechain.cli.output import installed_version, wants_json
from rulechain.diagnostics import closest

# Verb: the module that has it as `command`, and its line in the help.
_VERBS = {
    "demo": ("rulechain.cli.demo", "Run the main job on a private server: feed, answer, count."),
    "run": ("rulechain.cli.run", "Serve chains and endpoints until stopped."),
    "check": ("rulechain.cli.check", "Find every problem in chain and endpoint documents."),
    "fmt": ("rulechain.cli.fmt", "Lay out documents the one way."),
    "diff": ("rulechain.cli.diff", "Show what two versions of a document do differently."),
    "test": ("rulechain.cli.test", "Run the tests of chains."),
    "trace": ("rulechain.cli.trace", "Send one message through a chain and show each step."),
    "explain": ("rulechain.cli.explain", "Say why a message takes its way through a chain."),
    "graph": ("rulechain.cli.graph", "Draw a chain."),
    "eval": ("rulechain.cli.eval", "Evaluate an expression."),
    "send": ("rulechain.cli.send", "Put messages on a stream."),
    "record": ("rulechain.cli.record", "Make test cases of live messages."),
    "replay": ("rulechain.cli.replay", "Send a range of a stream through one or two versions of a chain."),
    "dead": ("rulechain.cli.dead", "List, show, replay or purge dead letters."),
    "top": ("rulechain.cli.top", "Show what a running service does, live."),
    "tap": ("rulechain.cli.tap", "Show messages of a running service as they pass."),
    "streams": ("rulechain.cli.streams", "Show lag, pending, consumers and growth, and what to mend."),
    "new": ("rulechain.cli.new", "Begin a component of your own, with its test."),
    "components": ("rulechain.cli.components", "List the node types, or describe one."),
    "schema": ("rulechain.cli.schema", "Print the JSON Schema of a document."),
}

_GARBAGE_THRESHOLD = 50_000

_EPILOG = """\b
Examples:
  rulechain demo
  rulechain check chains/
  rulechain run chains/ --server redis://localhost:6379
  rulechain trace chain.json --message message.json

Every option can be set in the environment, such as RULECHAIN_RUN_DRAIN=30s.

\b
Exit codes:
  0  fine                           3  a document is not valid
  1  the check or the chain failed  4  a service can't be reached
  2  wrong usage                    70 a bug in rulechain
"""


class VerbGroup(click.Group):
    """The verbs by name, each imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in the order of the help."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a verb; None when there is no such one."""
        if cmd_name not in _VERBS:
            return None
        command: click.Command = importlib.import_module(_VERBS[cmd_name][0]).command
        _name_variables(cmd_name, command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb that the arguments begin with, or say which one may be meant."""
        name = args[0]
        if name not in _VERBS and not name.startswith("-"):
            found = closest(name, _VERBS)
            raise click.UsageError(f'there is no verb "{name}"' + (f': did you mean "{found}"?' if found else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _VERBS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb and leave with its exit code."""
        try:
            with logging_to_stderr(with_tracebacks=ctx.params["debug"]):
                code = super().invoke(ctx)
            sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            click.echo("\nstopped", err=True)
            code = exit_codes.INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the outermost place: nothing may reach the user as a traceback
            code = report_failure(error, as_json=wants_json(ctx), with_traceback=ctx.params["debug"])
        ctx.exit(code or exit_codes.OK)


def _name_variables(verb: str, command: click.Command) -> None:
    """Let each option of a verb, and of the verbs below it, be set in the environment."""
    for option in command.params:
        if isinstance(option, click.Option) and option.envvar is None:
            option.envvar = _variable(verb, option)
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            _name_variables(f"{verb}_{name}", below)


def _variable(verb: str, option: click.Option) -> str:
    """Return the environment variable that stands for an option: `RULECHAIN_RUN_DRAIN` for `run --drain`."""
    flag = max(option.opts, key=len).lstrip("-")
    return f"RULECHAIN_{verb}_{flag}".replace("-", "_").upper()


def _show_version(ctx: click.Context, _: click.Parameter, is_wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if is_wanted and not ctx.resilient_parsing:
        click.echo(f"rulechain {installed_version()}")
        ctx.exit()


@click.group(
    cls=VerbGroup,
    epilog=_EPILOG,
    subcommand_metavar="VERB ...",
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
)
@click.option("--debug", is_flag=True, envvar="RULECHAIN_DEBUG", help="Show where an internal error happened.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
@click.pass_context
def rulechain(ctx: click.Context, debug: bool) -> None:  # noqa: ARG001, FBT001 - read by VerbGroup.invoke
    """Run RuleGo-format rule chains, and serve them on Redis Streams without losing a message."""
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # What is imported stays: to look for garbage among it again and again would take longer than a short verb itself.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    for stream in (sys.stdout, sys.stderr):
        # Payloads may hold what no encoding has, such as half a surrogate pair: show it escaped.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    rulechain(prog_name="rulechain")
