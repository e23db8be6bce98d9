"""`iterator`: a branch for each item, of which a script sorts them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.fields import report_moved
from rulechain.components.scripts import metadata_json
from rulechain.diagnostics.errors import ExpressionError, NodeError, RuleChainError
from rulechain.model import FAILURE, FALSE, SUCCESS, TRUE, Message
from rulechain.script import ScriptRuntime
from rulechain.values import to_json, to_text

# The runtime hands a value, an object and a plain value to scripts, in this order; the names are RuleGo's.
_PARAMETERS = ("item", "metadata", "index")

# Whether an item passes: its value, its index or key, and the metadata as JSON.
_Passes = Callable[[Any, int | str, str], Any]


@dataclass(frozen=True, slots=True)
class IteratorSettings:
    """Settings of `iterator`."""

    field_name: str = setting(
        "", description="The field of the payload to go through, with dots between levels; empty: the payload itself."
    )
    js_script: str = setting(
        "",
        description=(
            "The body of a function of item, index (the key, of an object) and metadata; an item for which it returns "
            "true leaves by True, any other by False. Empty: all leave by True."
        ),
        format="script",
    )


def _build(settings: IteratorSettings, node: NodeBuild) -> NodeFunction:
    field = settings.field_name.strip()
    passes = _compile_filter(settings.js_script, node)

    def run(message: Message) -> Sequence[Outcome]:
        metadata = metadata_json(message.metadata)
        outcomes: list[Outcome] = []
        for index, item in _items(_field(message.value, field)):
            try:
                relation = TRUE if passes(item, index, metadata) is True else FALSE
            except RuleChainError as error:
                return [*outcomes, Outcome(FAILURE, message, str(error))]
            outcomes.append(Outcome(relation, message.replace(data=to_text(item))))
        return [*outcomes, Outcome(SUCCESS, message)]

    return run


def _compile_filter(body: str, node: NodeBuild) -> _Passes:
    if not body.strip():
        return _always
    try:
        function = node.require(ScriptRuntime).compile(
            "ItemFilter",
            _PARAMETERS,
            body,
            form="truth",
            vars=node.vars,
            place=lambda span: node.location("jsScript", span=span),
        )
    except ExpressionError as error:
        report_moved(error.diagnostics, node, "jsScript")
        return _always
    # An index goes in as a number, which the runtime's texts and truth values do not say.
    call: Callable[..., Any] = function
    return lambda item, index, metadata: call(to_json(item), True, metadata, index)  # noqa: FBT003


def _always(_item: Any, _index: int | str, _metadata: str) -> bool:
    return True


def _field(value: Any, path: str) -> Any:
    if not path:
        return value
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        raise NodeError(f"field={path} not found")
    return value


def _items(value: Any) -> Iterable[tuple[int | str, Any]]:
    if isinstance(value, list):
        return enumerate(value)
    if isinstance(value, dict):
        return value.items()
    raise NodeError("value is not array or {key:value} type")


SPEC = ComponentSpec(
    type="iterator",
    category="common",
    summary="Sends every item of a list or an object on by itself",
    description=(
        "Each item becomes the payload of a message of its own, which leaves by True or False; then the message itself "
        "leaves by Success. Failure when there is nothing to go through, or when the script throws: the items before "
        "have left by then. RuleGo has given this component up; a for loop does more."
    ),
    build=_build,
    settings=IteratorSettings,
    relations=(TRUE, FALSE, SUCCESS, FAILURE),
    example={"fieldName": "items", "jsScript": "return item.price > 100;"},
)
