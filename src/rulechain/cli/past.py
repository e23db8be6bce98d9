"""Options of the verbs that read a stream's past: which entries, and what chains make of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from rulechain.app.past_entries import FIRST, LAST, EntryId, Range, parse_bound
from rulechain.app.trial import Trial, read_mocks
from rulechain.cli.options import FILE, property_option, server_option

F = TypeVar("F", bound=Callable[..., Any])


class _Bound(click.ParamType):
    """One end of a range of entries."""

    name = "bound"

    def __init__(self, *, is_last: bool) -> None:
        self._is_last = is_last

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> EntryId:
        if isinstance(value, tuple):
            return value
        try:
            return parse_bound(value, lambda: datetime.now(UTC), is_last=self._is_last)
        except ValueError as error:
            self.fail(str(error), param, ctx)


_BOUNDS = "an entry id, a time such as 2026-01-31T12:00Z, or how long ago, such as 15m"

_OPTIONS = (
    click.argument("stream"),
    server_option(default="redis://127.0.0.1:6379", show_default=True, help="The Redis server; it is only read."),
    click.option(
        "--from", "first", type=_Bound(is_last=False), default=FIRST, metavar="WHEN", help=f"The first entry: {_BOUNDS}."
    ),
    click.option(
        "--to", "last", type=_Bound(is_last=True), default=LAST, metavar="WHEN", help="The last entry, likewise."
    ),
    click.option("--when", metavar="EXPR", help="Only entries for which this holds, as a router's `when`."),
    click.option("--transform", metavar="JMESPATH", help="On the data of each entry, as a router's `transform`."),
    click.option("--mocks", type=FILE, metavar="FILE", help="A test document whose mocks stand in for nodes."),
    property_option,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the options say."""

    stream: str
    server: str
    first: EntryId
    last: EntryId
    limit: int | None
    when: str | None
    transform: str | None
    mocks: Path | None
    properties: Mapping[str, str]

    @property
    def range(self) -> Range:
        """The entries that are meant."""
        return Range(
            stream=self.stream,
            first=self.first,
            last=self.last,
            limit=self.limit,
            when=self.when,
            transform=self.transform,
        )

    @contextmanager
    def trials(self, *paths: Path) -> Iterator[list[Trial]]:
        """Load chains for the entries, with side effects off; what their nodes hold is given back at the end."""
        mocks = () if self.mocks is None else read_mocks(self.mocks)
        trials = [Trial(path, mocks, self.properties) for path in paths]
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
