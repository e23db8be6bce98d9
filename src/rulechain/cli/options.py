"""Options that several verbs share, and the kinds of values they take."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rulechain.cli.output import remember_format
from rulechain.values import parse_duration

F = TypeVar("F", bound=Callable[..., Any])


def duration(text: str) -> float:
    """Read a length of time such as `500ms`, `15s` or `2m`, as seconds."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def pair(text: str) -> tuple[str, str]:
    """Read `KEY=VALUE`."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise click.BadParameter(f'expected KEY=VALUE, got "{text}"')
    return key, value


def server(text: str) -> str:
    """Check the address of a server, and keep it as it is."""
    from rulechain.connections import AddressError, parse_address  # noqa: PLC0415 - takes time, and few verbs need it

    try:
        parse_address(text)
    except AddressError as error:
        raise click.BadParameter(f"{error}: {error.hint}" if error.hint else str(error)) from None
    return text


SERVER_VARIABLE = "RULECHAIN_SERVER"
DOCUMENT = click.Path(exists=True, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE_OR_STDIN = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


def _as_dict(_: click.Context, __: click.Parameter, pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(pairs)


def format_option(command: F) -> F:
    """Add `--format text|json`, which reaches the verb as `as_json`."""
    return click.option(
        "--format",
        "as_json",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        is_eager=True,
        callback=remember_format,
        help="Text for people, JSON for programs.",
    )(command)


def pairs_option(name: str, destination: str, **settings: Any) -> Callable[[F], F]:
    """Make a repeatable `KEY=VALUE` option that reaches the verb as a dict."""
    return click.option(name, destination, type=pair, multiple=True, callback=_as_dict, **settings)


property_option = pairs_option(
    "--property", "properties", metavar="KEY=VALUE", help="A global property, ${global.KEY}; may be repeated."
)

include_folder_option = click.option(
    "--include-folder",
    "include_folders",
    type=FOLDER,
    multiple=True,
    help="A folder whose files expressions may read with include() and fileExists(); may be repeated.",
)


SECRET_KEY_VARIABLE = "RULECHAIN_SECRET_KEY"  # noqa: S105 - a name


def _key_of(_: click.Context, __: click.Parameter, path: Path | None) -> str | None:
    return os.environ.get(SECRET_KEY_VARIABLE) if path is None else path.read_text(encoding="utf-8").strip()


# The key itself is never an argument: everybody on the machine can read those.
secret_key_option = click.option(
    "--secret-key-file",
    "secret_key",
    type=FILE,
    callback=_key_of,
    help=f"The key of the chains' secrets; {SECRET_KEY_VARIABLE} can hold the key itself.",
)


def server_option(**settings: Any) -> Callable[[F], F]:
    """Make `--server URL`, which RULECHAIN_SERVER can set for every verb."""
    return click.option("--server", type=server, metavar="URL", envvar=SERVER_VARIABLE, show_envvar=True, **settings)
