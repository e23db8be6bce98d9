"""Settings that are `${…}` templates: compiled when the node is built, rendered per message.

Their names are looked up as RuleGo does: the output of another node first, then a metadata key, which hides a part of
the message of the same name, then the message, `global` and `vars`.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from rulechain.api import NodeBuild
from rulechain.components.fields import MESSAGE_ROOTS, Evaluate, report_moved
from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import ENVIRONMENT, FunctionRegistry, Scope, compile_template
from rulechain.model import Message
from rulechain.values import StringMap, to_text_strict

_SCOPE = Scope(parameters=("view",), fallback="view.get", environment="view.everything")
_PARTS = {name: attrgetter(path.partition(".")[2]) for name, path in MESSAGE_ROOTS.items()}


@dataclass(frozen=True, slots=True)
class TemplateSetting:
    """A template as functions of the message.

    `value` gives the value as it is, of any type where the text is a single hole; `text` gives its text form. Both
    raise where a hole cannot be evaluated: a Failure of the node.
    """

    value: Evaluate
    text: Callable[[Message], str]
    # It has no holes: any message will do.
    is_constant: bool


def compile_template_setting(value: Any, node: NodeBuild, *path: str | int) -> TemplateSetting:
    """Compile a configuration value that may be a template; anything but text is constant.

    Args:
        value: The setting's value.
        node: Where faults are reported.
        *path: Where the setting stands in the configuration.
    """
    try:
        template = compile_template(value, functions=node.require(FunctionRegistry), scope=_SCOPE)
    except ExpressionError as error:
        report_moved(error.diagnostics, node, *path)
        return _constant("")
    report_moved(template.diagnostics, node, *path)
    # Of the whole environment, any name may be read.
    node.reads_outputs(node.node_ids if ENVIRONMENT in str(value) else template.roots)
    if template.is_constant:
        return _constant(value)
    render = template.function
    surroundings = _Surroundings({"global": node.properties, "vars": node.vars}, node.node_ids)

    def evaluate(message: Message) -> Any:
        return render(_View(message, surroundings))

    def text(message: Message) -> str:
        return to_text_strict(render(_View(message, surroundings)))

    return TemplateSetting(evaluate, text, is_constant=False)


def _constant(value: Any) -> TemplateSetting:
    text = to_text_strict(value)
    return TemplateSetting(lambda _: value, lambda _: text, is_constant=True)


class _Surroundings(NamedTuple):
    """What is the same for every message of a node."""

    constants: dict[str, StringMap]
    node_ids: AbstractSet[str]


class _View:
    """A message as the names of a template see it; nothing is copied to look at it."""

    __slots__ = ("_message", "_surroundings")

    def __init__(self, message: Message, surroundings: _Surroundings) -> None:
        self._message = message
        self._surroundings = surroundings

    def get(self, name: str) -> Any:
        message = self._message
        if message.outputs is not None and (output := message.output(name)) is not None:
            return output
        if name in message.metadata:
            return message.metadata[name]
        part = _PARTS.get(name)
        return self._surroundings.constants.get(name) if part is None else part(message)

    @property
    def everything(self) -> dict[str, Any]:
        """All names at once, for `$env`."""
        names = [*_PARTS, *self._surroundings.constants, *self._message.metadata, *self._surroundings.node_ids]
        values = {name: self.get(name) for name in names}
        return {name: value for name, value in values.items() if value is not None or name in _PARTS}
