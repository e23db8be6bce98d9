"""Where text goes: data to stdout, talk to stderr, colours only where a person looks."""

import json
import re
from typing import Any

import click

_FORMAT = "rulechain.format"
_STYLES = (
    (re.compile(r"^(error(?:\[\w+\])?:)", re.MULTILINE), "red"),
    (re.compile(r"^(warning(?:\[\w+\])?:)", re.MULTILINE), "yellow"),
    (re.compile(r"^(  (?:help|note):)", re.MULTILINE), "cyan"),
)


def say(text: str) -> None:
    """Write talk for a person to stderr."""
    click.echo(text, err=True)


def put(text: str) -> None:
    """Write data to stdout."""
    click.echo(text)


def put_json(value: Any, *, indent: int | None = 2) -> None:
    """Write a value to stdout as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def paint(text: str) -> str:
    """Return diagnostics with their heads coloured; click drops the colours where nobody would see them."""
    for pattern, colour in _STYLES:
        text = pattern.sub(click.style(r"\1", fg=colour, bold=True), text)
    return text


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: `1 error`, `2,000 messages`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def remember_form(ctx: click.Context, _: click.Parameter, value: str) -> str:
    """Note the chosen format for what may go wrong later."""
    ctx.meta[_FORMAT] = value
    return value


def remember_format(ctx: click.Context, parameter: click.Parameter, value: str) -> bool:
    """Note the chosen format for what may go wrong later, and return whether it is JSON."""
    return remember_form(ctx, parameter, value) == "json"


def wants_json(ctx: click.Context) -> bool:
    """Say whether the verb was asked for JSON."""
    return ctx.meta.get(_FORMAT) == "json"


def installed_version() -> str:
    """Return the version of the distribution."""
    from importlib import metadata  # noqa: PLC0415 - slow to import, and seldom needed

    return metadata.version("rulechain")
