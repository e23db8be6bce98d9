"""Tests of chains and routers as documents say them: what goes in, what comes out, and stand-ins for what reaches out.

A document called `*.test.json` or `*.test.yaml` lies beside the chains it is about.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rulechain.api import decode_settings, setting
from rulechain.api.settings import Locate
from rulechain.diagnostics import Code, Diagnostic, Location, Source, did_you_mean, errors_in, pointer_to
from rulechain.loader.read import Document


class _Unset:
    """Stands for a key that is absent, where null is a value."""

    def __repr__(self) -> str:
        return "(unset)"


UNSET: Final = _Unset()


@dataclass(frozen=True, slots=True)
class MessageSettings:
    """The message that enters."""

    data: Any = setting("", description="The payload: a text as it is, anything else as JSON.")
    data_type: str = setting("JSON", description="JSON, TEXT or BINARY.")
    type: str = setting("", description="The message's type.")
    metadata: dict[str, str] = setting(factory=dict, description="The message's metadata.")
    id: str = setting("", description="The message's id; one of its own when empty.")
    ts: int = setting(0, description="When it was made, in milliseconds; now when 0.")


@dataclass(frozen=True, slots=True)
class MockSettings:
    """What stands in for a node, so that a test reaches nothing outside."""

    node: str = setting("", description="The node's id.", required=True, format="node")
    chain: str = setting("", description="The node's chain; every chain of the test when empty.", format="chain")
    relation: str = setting("Success", description="The relation the node answers with.")
    data: Any = setting(UNSET, description="The payload it answers with; that which came in when absent.")
    metadata: dict[str, str] = setting(factory=dict, description="Metadata it adds.")
    error: str | None = setting(None, description="The error of a failure.")


@dataclass(frozen=True, slots=True)
class EndSettings:
    """One branch end that is expected, and as much about it as is given."""

    node: str | None = setting(None, description="The node where the branch ends.", format="node")
    relation: str | None = setting(None, description="The relation it ends with.")
    type: str | None = setting(None, description="The message's type.")
    data_type: str | None = setting(None, description="The message's dataType.")
    data: Any = setting(UNSET, description="The payload; an object may have further keys, at every level.")
    equals: Any = setting(UNSET, description="The payload, without anything more.")
    metadata: dict[str, str] = setting(factory=dict, description="Metadata that must be there; more may be.")
    error: str | None = setting(None, description="A part of the error's text.")
    holds: tuple[str, ...] = setting(
        (),
        description="JMESPath expressions over data, metadata, type, dataType, relation, node and error; each is true.",
        format="jmespath",
    )


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """One response that is expected, and as much about it as is given. What is written to a stream is all text."""

    stream: str | None = setting(None, description="The stream it goes to.")
    data: dict[str, str] = setting(factory=dict, description="Fields that it must have; it may have more.")
    equals: dict[str, str] | None = setting(None, description="All its fields, without anything more.")
    holds: tuple[str, ...] = setting(
        (), description="JMESPath expressions over data and stream; each is true.", format="jmespath"
    )


@dataclass(frozen=True, slots=True)
class CaseSettings:
    """One message for a chain and its ends, or one entry for a router and its responses."""

    name: str = setting("", description="What the case shows, in one sentence.")
    chain: str = setting("", description="The chain's id; may be left out where there is one chain.", format="chain")
    message: MessageSettings | None = setting(None, description="The message that enters.", item=MessageSettings)
    start: tuple[str, ...] = setting((), description="Nodes to start at, instead of the first one.")
    mocks: tuple[MockSettings, ...] = setting((), description="Stand-ins for this case alone.", item=MockSettings)
    ends: tuple[EndSettings, ...] = setting((), description="All branch ends, in their order.", item=EndSettings)
    stream: str = setting("", description="The stream that the entry lies on.")
    entry: dict[str, str] | None = setting(None, description="The fields of an entry, instead of chain and message.")
    router: str | None = setting(None, description="The id of the router that takes the entry.")
    responses: tuple[ResponseSettings, ...] = setting(
        (), description="All responses to the entry, in their order.", item=ResponseSettings
    )
    error: str | None = setting(None, description="The code with which the entry fails, such as R602.")


@dataclass(frozen=True, slots=True)
class CaseFileSettings:
    """A whole test document."""

    chains: tuple[str, ...] = setting(
        (), description="Chain documents to load, relative to this one; all in its folder when empty."
    )
    endpoints: tuple[str, ...] = setting(
        (), description="Endpoint documents, relative to this one; all in its folder when empty."
    )
    properties: dict[str, str] = setting(factory=dict, description="Global properties, ${global.x}.")
    mocks: tuple[MockSettings, ...] = setting((), description="Stand-ins for every case.", item=MockSettings)
    cases: tuple[CaseSettings, ...] = setting((), description="The cases.", item=CaseSettings)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A test document as read: what is wrong with it is in the diagnostics."""

    source: Source
    settings: CaseFileSettings
    diagnostics: tuple[Diagnostic, ...]

    @property
    def is_sound(self) -> bool:
        """Whether its cases can be run."""
        return not errors_in(self.diagnostics)


def decode_case_file(document: Document) -> CaseFile:
    """Read a test document's JSON value."""
    value, source = document.value, document.source
    found = list(document.diagnostics)
    if not document.is_readable:
        return CaseFile(source, CaseFileSettings(), tuple(found))
    if not isinstance(value, Mapping) or not isinstance(value.get("cases"), list):
        message = 'a test document is an object with a list of "cases"'
        found.append(Diagnostic(Code.WRONG_TYPE, message, Location(source, "")))
        return CaseFile(source, CaseFileSettings(), tuple(found))
    given = {key: item for key, item in value.items() if not key.startswith("$")}
    settings = decode_settings(CaseFileSettings, given, functools.partial(_place, source), found.append)
    if not errors_in(found):
        for number, case in enumerate(settings.cases):
            found += _contradictions(case, functools.partial(_place, source, "cases", number))
    return CaseFile(source, settings, tuple(found))


def _contradictions(case: CaseSettings, place: Locate) -> Iterator[Diagnostic]:
    """Yield what of a case cannot be meant together, or is not enough."""
    of_entry = {"stream": case.stream, "router": case.router, "responses": case.responses, "error": case.error}
    of_message = {"message": case.message, "chain": case.chain, "start": case.start, "ends": case.ends}
    hint = 'a case has "stream", "entry" and "responses", or "chain", "message" and "ends"'
    if case.entry is None:
        for key in [key for key, value in of_entry.items() if value][:1]:
            message = f'case "{case.name}" has "{key}", which belongs to an entry, and no "entry"'
            yield Diagnostic(Code.MISSING_SETTING, message, place(key), hint=hint)
        return
    for key in [key for key, value in of_message.items() if value][:1]:
        message = f'case "{case.name}" has an entry, which goes to a router, and "{key}" as well'
        yield Diagnostic(Code.BAD_SETTING, message, place(key), hint=hint)
    if not case.stream:
        message = f'case "{case.name}" does not say which "stream" its entry lies on'
        yield Diagnostic(Code.MISSING_SETTING, message, place("entry"))
    codes = [str(code) for code in Code]
    if case.error is not None and case.error not in codes:
        message = f'case "{case.name}" expects the error "{case.error}", and there is no such code'
        hint = did_you_mean(case.error, codes) or "R602 is a chain that fails, E710 an entry that no router takes"
        yield Diagnostic(Code.BAD_SETTING, message, place("error"), hint=hint)


def _place(source: Source, *path: str | int) -> Location:
    return Location(source, pointer_to(*path))
