"""Settings that hold code: compiled when the node is built, their faults placed in the document.

A setting that does not compile is reported and gets a stand-in, so that the other faults of the chain are found too.
Such a chain does not load.
"""

import dataclasses
import types
from collections.abc import Callable, Iterable
from typing import Any

from rulechain.api import NodeBuild
from rulechain.diagnostics import Diagnostic
from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import FunctionRegistry, Scope, compile_node_expression, condition_mistakes, unknown_names
from rulechain.model import Message
from rulechain.values import StringMap

# A setting's code as a function of the message.
Evaluate = Callable[[Message], Any]

MESSAGE_ROOTS = types.MappingProxyType(
    {
        "msg": "message.value",
        "metadata": "message.metadata",
        "id": "message.id",
        "ts": "message.ts",
        "data": "message.text",
        "type": "message.type",
        "msgType": "message.type",
        "dataType": "message.data_type",
    }
)
# `global` and `vars` never change for a node. Any other name may be that of a node whose output is meant.
_SCOPE = Scope(
    parameters=("message", "node"),
    roots={**MESSAGE_ROOTS, "global": "node.properties", "vars": "node.vars"},
    fallback="message.output",
)


@dataclasses.dataclass(frozen=True, slots=True)
class _NodeConstants:
    properties: StringMap
    vars: StringMap


def compile_condition_setting(text: str, node: NodeBuild, *path: str | int) -> Evaluate:
    """Compile a setting that is an expression and holds where it is exactly true; warn if it never can be."""
    return _compile(text, node, path, decides=True)


def compile_expression_setting(text: str, node: NodeBuild, *path: str | int) -> Evaluate:
    """Compile a setting that is an expression; its function raises ExpressionEvaluationError where it cannot work."""
    return _compile(text, node, path)


def _compile(text: str, node: NodeBuild, path: tuple[str | int, ...], *, decides: bool = False) -> Evaluate:
    try:
        compiled = compile_node_expression(text, functions=node.require(FunctionRegistry), scope=_SCOPE)
    except ExpressionError as error:
        report_moved(error.diagnostics, node, *path)
        return _nothing
    report_moved(compiled.warnings, node, *path)
    report_moved(unknown_names(compiled, (*_SCOPE.roots, *node.node_ids)), node, *path)
    node.reads_outputs(compiled.roots)
    if decides:
        report_moved(condition_mistakes(compiled), node, *path)
    function = compiled.function
    constants = _NodeConstants(node.properties, node.vars)
    # The constants become the second parameter's default: a call then costs no more than one of the plain function.
    return types.FunctionType(function.__code__, function.__globals__, "expression", (constants,))


def report_moved(diagnostics: Iterable[Diagnostic], node: NodeBuild, *path: str | int) -> None:
    """Report findings that are placed in a setting's text as findings in the document."""
    for diagnostic in diagnostics:
        labels = tuple((node.location(*path, span=place.span), word) for place, word in diagnostic.labels)
        moved = diagnostic.moved_to(node.location(*path, span=diagnostic.location.span))
        node.report(dataclasses.replace(moved, labels=labels))


def _nothing(_: Message) -> None:
    return None
