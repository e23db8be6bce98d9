"""Settings that hold code: compiled when the node is built, their faults placed in the document.

A setting that does not compile is reported and gets a stand-in, so that the other faults of the chain are found too.
Such a chain does not load.
"""

import dataclasses
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from rulechain.api import NodeBuild
from rulechain.diagnostics import Diagnostic
from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import (
    ENVIRONMENT,
    CompiledExpression,
    FunctionRegistry,
    Scope,
    compile_node_expression,
    condition_mistakes,
    unknown_names,
)
from rulechain.expr.nodes import Boolean, Float, Integer, Nil, Text
from rulechain.model import Message
from rulechain.values import StringMap

# A setting's code as a function of the message; one of several, that of the message's value and the message.
Evaluate = Callable[[Message], Any]
EvaluateField = Callable[[Any, Message], Any]

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
_ROOTS = {**MESSAGE_ROOTS, "global": "node.properties", "vars": "node.vars"}
_SCOPE = Scope(parameters=("message", "node"), roots=_ROOTS, fallback="message.output")
# Several expressions share what takes a call to fetch.
_FIELD_SCOPE = Scope(
    parameters=("value", "message", "node"), roots={**_ROOTS, "msg": "value"}, fallback="message.output"
)


@dataclasses.dataclass(frozen=True, slots=True)
class _NodeConstants:
    properties: StringMap
    vars: StringMap


class Fields(NamedTuple):
    """Named expressions: what those come to that are mere literals, and the code of the others."""

    constants: dict[str, Any]
    variables: tuple[tuple[str, EvaluateField], ...]
    # Whether some of them look at the message's value; the others are called with None in its place.
    reads_value: bool


def compile_condition_setting(text: str, node: NodeBuild, *path: str | int) -> Evaluate:
    """Compile a setting that is an expression and holds where it is exactly true; warn if it never can be."""
    compiled = _compile(text, node, path)
    if compiled is None:
        return _nothing
    report_moved(condition_mistakes(compiled), node, *path)
    return _bound(compiled, node)


def compile_expression_setting(text: str, node: NodeBuild, *path: str | int) -> Evaluate:
    """Compile a setting that is an expression; its function raises ExpressionEvaluationError where it cannot work."""
    compiled = _compile(text, node, path)
    return _nothing if compiled is None else _bound(compiled, node)


def compile_mapping_setting(mapping: Mapping[str, str], node: NodeBuild, name: str) -> Fields:
    """Compile a setting that maps names to expressions; see `compile_expression_setting`."""
    constants: dict[str, Any] = {}
    variables: list[tuple[str, EvaluateField]] = []
    reads_value = False
    for key, text in mapping.items():
        compiled = _compile(text, node, (name, key), _FIELD_SCOPE)
        if compiled is None or isinstance(compiled.root, Nil):
            constants[key] = None
        elif isinstance(compiled.root, (Boolean, Float, Integer, Text)):
            constants[key] = compiled.root.value
        else:
            variables.append((key, _bound(compiled, node)))
            reads_value = reads_value or "msg" in compiled.roots or ENVIRONMENT in text
    return Fields(constants, tuple(variables), reads_value)


def _compile(
    text: str, node: NodeBuild, path: tuple[str | int, ...], scope: Scope = _SCOPE
) -> CompiledExpression | None:
    try:
        compiled = compile_node_expression(text, functions=node.require(FunctionRegistry), scope=scope)
    except ExpressionError as error:
        report_moved(error.diagnostics, node, *path)
        return None
    report_moved(compiled.warnings, node, *path)
    report_moved(unknown_names(compiled, (*_SCOPE.roots, *node.node_ids)), node, *path)
    node.reads_outputs(compiled.roots)
    return compiled


def _bound(compiled: CompiledExpression, node: NodeBuild) -> Callable[..., Any]:
    function = compiled.function
    constants = _NodeConstants(node.properties, node.vars)
    # The constants become the last parameter's default: a call then costs no more than one of the plain function.
    return types.FunctionType(function.__code__, function.__globals__, "expression", (constants,))


def report_moved(diagnostics: Iterable[Diagnostic], node: NodeBuild, *path: str | int) -> None:
    """Report findings that are placed in a setting's text as findings in the document."""
    for diagnostic in diagnostics:
        labels = tuple((node.location(*path, span=place.span), word) for place, word in diagnostic.labels)
        moved = diagnostic.moved_to(node.location(*path, span=diagnostic.location.span))
        node.report(dataclasses.replace(moved, labels=labels))


def _nothing(_: Message) -> None:
    return None
