"""Options of the verbs that read a stream's past: which entries, and what chains make of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from rulechain.app.past_entries import FIRST, LAST, EntryId, Range, parse_bound
from rulechain.app.trial import Trial, read_mocks
from rulechain.cli.options import FILE, property_option, secret_key_option, server_option

F = TypeVar("F", bound=Callable[..., Any])


def _bound(text: str, *, is_last: bool) -> EntryId:
    try:
        return parse_bound(text, lambda: datetime.now(UTC), is_last=is_last)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _first(text: str) -> EntryId:
    return _bound(text, is_last=False)


def _last(text: str) -> EntryId:
    return _bound(text, is_last=True)


_BOUNDS = "an entry id, a time such as 2026-01-31T12:00Z, or how long ago, such as 15m"

_OPTIONS = (
    click.argument("stream"),
    server_option(default="redis://127.0.0.1:6379", show_default=True, help="The Redis server; it is only read."),
    click.option("--from", "first", type=_first, metavar="WHEN", help=f"The first entry: {_BOUNDS}."),
    click.option("--to", "last", type=_last, metavar="WHEN", help="The last entry, likewise."),
    click.option("--when", metavar="EXPR", help="Only entries for which this holds, as a router's `when`."),
    click.option("--transform", metavar="JMESPATH", help="On the data of each entry, as a router's `transform`."),
    click.option("--mocks", type=FILE, metavar="FILE", help="A test document whose mocks stand in for nodes."),
    property_option,
    secret_key_option,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the options say."""

    stream: str
    server: str
    first: EntryId | None
    last: EntryId | None
    limit: int | None
    when: str | None
    transform: str | None
    mocks: Path | None
    properties: Mapping[str, str]
    secret_key: str | None = field(repr=False)

    @property
    def range(self) -> Range:
        """The entries that are meant."""
        return Range(
            stream=self.stream,
            first=self.first or FIRST,
            last=self.last or LAST,
            limit=self.limit,
            when=self.when,
            transform=self.transform,
        )

    @contextmanager
    def trials(self, *paths: Path) -> Iterator[list[Trial]]:
        """Load chains for the entries, with side effects off; what their nodes hold is given back at the end."""
        mocks = () if self.mocks is None else read_mocks(self.mocks)
        trials = [Trial(path, mocks, properties=self.properties, secret_key=self.secret_key) for path in paths]
        try:
            yield trials
        finally:
            for trial in trials:
                trial.close()


def past_options(command: F) -> F:
    """Add the options of a range of entries; with a `limit` they make a `Past`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
