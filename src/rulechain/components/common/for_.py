"""`for`: a round for each item."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from rulechain.api import ComponentSpec, NodeBuild, NodeContext, NodeFunction, Outcome, Run, Steps, setting
from rulechain.components.fields import compile_expression_setting
from rulechain.components.inner_runs import all_ends, error_of, finished, finished_together, in_steps
from rulechain.components.loops import (
    ASYNC,
    IGNORE,
    LOOP_INDEX,
    LOOP_ITEM,
    LOOP_KEY,
    MERGE,
    REPLACE,
    Body,
    Listed,
    compile_body,
    is_broken,
    without_break,
)
from rulechain.components.payload import json_value
from rulechain.diagnostics.errors import ExpressionError, NodeError
from rulechain.expr import FunctionRegistry, compile_node_expression
from rulechain.expr.nodes import Binary, Node, Slice
from rulechain.model import FAILURE, SUCCESS, Message
from rulechain.values import JsonError, StringMap, to_json, to_text

# How many rounds of mode 3 may wait at a time.
_MOST_WAITING = 100
_NO_ITEMS = "must array slice or struct type"


@dataclass(frozen=True, slots=True)
class ForSettings:
    """Settings of `for`."""

    range: str = setting(
        "1..3",
        description="What to go through: an expression that gives a list, an object or a range; empty: the payload.",
        format="expression",
    )
    do: str = setting(
        "s3",
        description='What to run for each item: the id of a node, or "chain:" and the id of a chain.',
        required=True,
        format="node",
    )
    mode: int = setting(
        IGNORE,
        description=(
            "What becomes of the rounds: 0 ignores what they make, 1 lists it, 2 hands each round's message to the "
            "next and on, 3 ignores it and does not wait."
        ),
    )


class _Item(NamedTuple):
    key: str | None
    value: Any


def _build(settings: ForSettings, node: NodeBuild) -> NodeFunction:
    items_of = _compile_items(settings.range, node)
    body = compile_body(settings.do, node)
    # The numbers of a range are for counting: they do not become the payload.
    sets_payload = not _is_range(settings.range, node.require(FunctionRegistry))
    if settings.mode == ASYNC:
        return in_steps(_without_waiting(items_of, body, sets_payload=sets_payload))
    return in_steps(_in_turn(items_of, body, settings.mode, sets_payload=sets_payload))


ItemsOf = Callable[[Message], Iterator[_Item]]
LoopSteps = Callable[[Message, NodeContext], Steps[Outcome | list[Outcome]]]


def _in_turn(items_of: ItemsOf, body: Body, mode: int, *, sets_payload: bool) -> LoopSteps:
    """Return the work of a loop whose rounds follow each other."""

    def steps(message: Message, context: NodeContext) -> Steps[Outcome | list[Outcome]]:
        passing = message
        listed = Listed(context) if mode == MERGE else None
        for index, item in enumerate(items_of(message)):
            passing = _entering(passing, index, item, sets_payload and (mode != REPLACE or not index))
            run = yield from finished(body.start(passing, context))
            ends = [end for end in run.ends if end.error is None]
            if listed is not None:
                listed.add(ends, passing.data_type)
            if mode != REPLACE:
                passing = _with_metadata(passing, [end.message for end in ends])
            elif ends:
                passing = ends[-1].message
            if (error := error_of(all_ends(run))) is not None:
                return Outcome(FAILURE, passing, error)
            if is_broken(ends):
                passing = without_break(passing)
                break
        if mode == IGNORE:
            passing = message.replace(metadata=passing.metadata)
        elif listed is not None:
            passing = passing.replace(data=to_json(listed.payloads))
        return Outcome(SUCCESS, passing)

    return steps


def _without_waiting(items_of: ItemsOf, body: Body, *, sets_payload: bool) -> LoopSteps:
    """Return the work of a loop that starts its rounds and goes on; it waits only where very many are under way."""

    def steps(message: Message, context: NodeContext) -> Steps[Outcome | list[Outcome]]:
        passing = message
        pending: dict[int, Awaitable[Run]] = {}
        outcomes: list[Outcome] = []
        for index, item in enumerate(items_of(message)):
            passing = _entering(passing, index, item, sets_payload)
            run = body.start(passing, context)
            if not isinstance(run, Run):
                pending[index] = run
            elif body.is_chain and not run.begun:
                outcomes.append(Outcome(FAILURE, passing, error_of(run.ends)))
            if len(pending) == _MOST_WAITING:
                yield from finished_together(pending, context, _never_enough, None)
                pending = {}
        for run in pending.values():
            context.leave(run)
        return [*outcomes, Outcome(SUCCESS, message.replace(metadata=passing.metadata))]

    return steps


def _never_enough(_index: int, _run: Run) -> bool:
    return False


def _compile_items(text: str, node: NodeBuild) -> ItemsOf:
    if not text.strip():
        return _payload_items
    evaluate = compile_expression_setting(text, node, "range")
    return lambda message: _items(evaluate(message))


def _payload_items(message: Message) -> Iterator[_Item]:
    try:
        return _items(json_value(message) if message.data else None)
    except JsonError:
        raise NodeError(_NO_ITEMS) from None


def _items(value: Any) -> Iterator[_Item]:
    if isinstance(value, (list, tuple)):
        return (_Item(None, item) for item in value)
    # Metadata, global and vars are no objects of the payload's kind, and RuleGo does not go through them.
    if isinstance(value, dict) and not isinstance(value, StringMap):
        return (_Item(str(key), item) for key, item in value.items())
    raise NodeError(_NO_ITEMS)


def _entering(passing: Message, index: int, item: _Item, sets_payload: bool) -> Message:  # noqa: FBT001
    """Return the message that enters a round."""
    text = to_text(item.value)
    keys = {LOOP_INDEX: str(index), LOOP_ITEM: text}
    if item.key is not None:
        keys[LOOP_KEY] = item.key
    metadata = StringMap({**passing.metadata, **keys})
    return passing.replace(data=text if sets_payload else None, metadata=metadata)


def _with_metadata(passing: Message, messages: list[Message]) -> Message:
    """Return the message with the metadata of others laid over its own."""
    merged = dict(passing.metadata)
    for message in messages:
        merged.update(message.metadata)
    return passing.replace(metadata=StringMap(merged))


def _is_range(text: str, functions: FunctionRegistry) -> bool:
    """Whether an expression gives a range such as `1..3`, or a part of one."""
    try:
        root: Node = compile_node_expression(text, functions=functions).root
    except ExpressionError:
        return False
    while isinstance(root, Slice):
        root = root.base
    return isinstance(root, Binary) and root.operator == ".."


SPEC = ComponentSpec(
    type="for",
    category="common",
    summary="Runs nodes or a chain for each item of a list, an object or a range",
    description=(
        "Each round gets the metadata keys _loopIndex, counted from 0, _loopItem and, of objects, _loopKey; the item "
        "is its payload, unless it counts through a range such as 1..3. Metadata that a round sets stays for the next "
        "one. A round ends where its nodes lead nowhere on; a break node ends the loop with it. Mode 0 goes on with "
        "the payload as it came in, mode 1 with the list of all the rounds' payloads, mode 2 with the message of the "
        "last round, which each round hands to the next. Mode 3 goes on at once, with the payload as it came in, while "
        "the rounds come to their end; what they make and whether they fail does not matter, but each round whose "
        "chain does not exist adds a Failure. In the other modes Failure as soon as a round fails; in all of them when "
        "there is nothing to go through."
    ),
    build=_build,
    settings=ForSettings,
    uses_context=True,
    suspends=True,
    example={"range": "msg.items", "do": "priceItem", "mode": 1},
)
