"""What became of an entry, against what a test case expects: each difference in one sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rulechain.authoring.cases import CaseSettings, ResponseSettings
from rulechain.authoring.expectations import shown, unmet_claim, unmet_part
from rulechain.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Written:
    """One response: the stream it goes to, and its fields."""

    stream: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an entry: the router that took it, the responses, and why it failed if it did."""

    router: str
    responses: Sequence[Written]
    failure: Diagnostic | None = None


def unmet_answer(case: CaseSettings, answer: Answer) -> list[str]:
    """Return what differs from what the case expects, in words; empty when all is as expected."""
    return [*_unmet_way(case, answer), *_unmet_responses(case.responses, answer.responses)]


def dump_answer(answer: Answer) -> dict[str, Any]:
    """Return what became of an entry as a test case expects it."""
    responses = [{"stream": each.stream, "data": dict(each.fields)} for each in answer.responses]
    return {"responses": responses, **({} if answer.failure is None else {"error": str(answer.failure.code)})}


def _unmet_way(case: CaseSettings, answer: Answer) -> Iterator[str]:
    failure = answer.failure
    if failure is not None and failure.code != case.error:
        expected = "none" if case.error is None else case.error
        yield f"error is {failure.code}, expected {expected}: {failure.message}"
    if failure is None and case.error is not None:
        yield f"the entry does not fail, expected {case.error}"
    if case.router is not None and case.router != answer.router:
        yield f"router is {shown(answer.router)}, expected {shown(case.router)}"


def _unmet_responses(wanted: Sequence[ResponseSettings], got: Sequence[Written]) -> Iterator[str]:
    if len(wanted) != len(got):
        found = ", ".join(f"{each.stream} {shown(dict(each.fields))}" for each in got) or "none"
        yield f"expected {len(wanted)} responses, got {len(got)}: {found}"
        return
    for number, (expected, written) in enumerate(zip(wanted, got, strict=True), 1):
        yield from _unmet_response(f"response {number}" if len(got) > 1 else "the response", expected, written)


def _unmet_response(name: str, wanted: ResponseSettings, got: Written) -> Iterator[str]:
    fields = dict(got.fields)
    if wanted.stream is not None and wanted.stream != got.stream:
        yield f"{name}: stream is {shown(got.stream)}, expected {shown(wanted.stream)}"
    yield from unmet_part(f"{name}: data", wanted.data, fields)
    if wanted.equals is not None:
        yield from unmet_part(f"{name}: data", wanted.equals, fields, exactly=True)
    for expression in wanted.holds:
        yield from unmet_claim(name, expression, {"stream": got.stream, "data": fields})
