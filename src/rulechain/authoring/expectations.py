"""What a run did, against what a test case expects of it: each difference in one sentence."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rulechain.api import End, Run
from rulechain.authoring.cases import UNSET, CaseSettings, EndSettings
from rulechain.diagnostics.errors import ExpressionError
from rulechain.model import FAILURE, Message
from rulechain.query import compile_query, is_true
from rulechain.values import JsonError, decode_json, to_json


def unmet(case: CaseSettings, run: Run) -> list[str]:
    """Return what differs from what the case expects, in words; empty when the run is as expected."""
    if len(run.ends) != len(case.ends):
        got = ", ".join(map(_described, run.ends)) or "none"
        return [f"expected {len(case.ends)} ends, got {len(run.ends)}: {got}"]
    return [
        text
        for number, (wanted, end) in enumerate(zip(case.ends, run.ends, strict=True), 1)
        for text in _unmet_end(f"end {number}" if len(run.ends) > 1 else "the end", wanted, end)
    ]


def dump_end(end: End) -> dict[str, Any]:
    """Return an end as a test case expects it, with everything that does not change from run to run."""
    return {
        "node": end.node_id,
        "relation": end.relation,
        **({} if end.error is None else {"error": end.error}),
        "data": payload(end.message),
        "metadata": dict(end.message.metadata),
    }


def payload(message: Message) -> Any:
    """Return a message's payload as a case writes it: JSON that is no text as its value, anything else as text."""
    try:
        value = decode_json(message.data)
    except JsonError:
        return message.text
    # Numbers as they are written: 24.0 is 24.
    return message.text if isinstance(value, str) else json.loads(to_json(value))


def _unmet_end(name: str, wanted: EndSettings, end: End) -> Iterator[str]:
    facts = _facts(end)
    for key, expected in (
        ("node", wanted.node),
        ("relation", wanted.relation),
        ("type", wanted.type),
        ("dataType", wanted.data_type),
    ):
        if expected is not None and facts[key] != expected:
            yield f"{name}: {key} is {shown(facts[key])}, expected {shown(expected)}"
    if wanted.error is not None and wanted.error not in (end.error or ""):
        yield f"{name}: error is {shown(end.error)}, expected one with {shown(wanted.error)}"
    if end.error is not None and wanted.relation not in (None, FAILURE):
        yield f"{name}: error is {shown(end.error)}, expected none"
    if wanted.data is not UNSET:
        yield from unmet_part(f"{name}: data", wanted.data, facts["data"])
    if wanted.equals is not UNSET:
        yield from unmet_part(f"{name}: data", wanted.equals, facts["data"], exactly=True)
    yield from unmet_part(f"{name}: metadata", wanted.metadata, facts["metadata"])
    for expression in wanted.holds:
        yield from unmet_claim(name, expression, facts)


def _facts(end: End) -> dict[str, Any]:
    return {**dump_end(end), "error": end.error, "type": end.message.type, "dataType": str(end.message.data_type)}


def unmet_part(name: str, wanted: Any, got: Any, *, exactly: bool = False) -> Iterator[str]:
    """Yield where a value lacks what is wanted of it; objects may have further keys unless it must be exact."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key, value in wanted.items():
            if key in got:
                yield from unmet_part(f"{name}.{key}", value, got[key], exactly=exactly)
            else:
                yield f"{name}.{key} is missing, expected {shown(value)}"
        for key in got.keys() - wanted.keys() if exactly else ():
            yield f"{name}.{key} is {shown(got[key])}, expected no such key"
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for number, (value, item) in enumerate(zip(wanted, got, strict=True)):
            yield from unmet_part(f"{name}[{number}]", value, item, exactly=exactly)
    elif shown(wanted) != shown(got):
        yield f"{name} is {shown(got)}, expected {shown(wanted)}"


def unmet_claim(name: str, expression: str, facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong where an expression does not give true."""
    try:
        value = compile_query(expression)(facts)
    except ExpressionError as error:
        yield f"{name}: {expression} cannot be evaluated: {str(error).splitlines()[0]}"
        return
    if not is_true(value):
        yield f"{name}: {expression} is {shown(value)}"


def _described(end: End) -> str:
    return f"{end.node_id} with {end.relation or 'no relation'}" + (f" ({end.error})" if end.error else "")


def shown(value: Any) -> str:
    """Return a value as JSON, whole numbers without a fraction and keys in order: equal values have equal texts."""
    return to_json(value)
