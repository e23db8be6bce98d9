"""The arguments of a call against the function's signature."""

from rulechain.diagnostics import Code, Span
from rulechain.expr.functions import FunctionSpec
from rulechain.expr.kinds import ANY, INT, LOCATION, MAP, NIL, STRING, Kind, unknown
from rulechain.expr.methods import Method
from rulechain.expr.nodes import Call, MethodCall

Mistake = tuple[Code, str, Span, str | None]


def argument_mistake(spec: FunctionSpec, node: Call, arguments: list[Kind]) -> Mistake | None:
    """Return the first thing wrong with the arguments, or None."""
    count = len(arguments)
    if count < spec.least or (spec.most is not None and count > spec.most):
        message = f"{spec.name} takes {_expected(spec)}, got {count}"
        return Code.WRONG_ARGUMENTS, message, node.span, f"its form is {spec.signature}"
    if spec.name == "get":
        return _get_mistake(node, arguments)
    if spec.name == "date" and count == spec.most and arguments[0] not in (LOCATION, ANY):
        message = f"date takes 1 to 3 arguments without a zone in front, got {count}"
        return Code.WRONG_ARGUMENTS, message, node.span, f"its form is {spec.signature}"
    if spec.name == "now" and count and arguments[0] != LOCATION:
        message = f"now takes a zone, got {arguments[0]}"
        return Code.WRONG_ARGUMENTS, message, node.span, 'write now(timezone("UTC")), or now() for this machine\'s zone'
    for position, kind in enumerate(arguments):
        parameter = spec.parameter(position)
        if kind == NIL and parameter.accepts:
            message = f"cannot use nil as argument ({parameter.name}) to call {spec.name}"
            return Code.TYPE_MISMATCH, message, node.arguments[position].span, "give a default with ??"
        if not parameter.takes(kind):
            message = f"cannot use {kind} as argument ({parameter.name}) to call {spec.name}"
            return Code.TYPE_MISMATCH, message, node.arguments[position].span, f"its form is {spec.signature}"
        if parameter.stops and (unknown(kind) or kind.is_list):
            return None
    return None


def method_mistake(method: Method, node: MethodCall, arguments: list[Kind]) -> Mistake | None:
    """Return the first thing wrong with the arguments of a time's or duration's method, or None."""
    name = node.callee.name
    if len(arguments) != len(method.arguments):
        few = "not enough" if len(arguments) < len(method.arguments) else "too many"
        return Code.WRONG_ARGUMENTS, f"{few} arguments to call {name}", node.span, None
    for kind, wanted, argument in zip(arguments, method.arguments, node.arguments, strict=True):
        if not unknown(kind) and kind != wanted:
            message = f"cannot use {kind} as argument (type {wanted}) to call {name}"
            return Code.TYPE_MISMATCH, message, argument.span, None
    return None


def _expected(spec: FunctionSpec) -> str:
    if spec.most is None:
        number = f"at least {spec.least}"
    elif spec.most == spec.least:
        number = str(spec.least)
    else:
        number = f"{spec.least} to {spec.most}"
    return f"{number} argument{'' if number == '1' else 's'}"


def _get_mistake(node: Call, arguments: list[Kind]) -> Mistake | None:
    """Check `get` as the indexing it is."""
    base, key = arguments
    place = node.arguments[1].span
    if unknown(base):
        return None
    if base.is_list:
        return None if key in (INT, ANY) else (Code.TYPE_MISMATCH, f"non-integer slice index {key}", place, None)
    if base.is_map:
        bad = base == MAP and key not in (STRING, ANY)
        message = f"cannot use {key} to get an element from {base}"
        return (Code.TYPE_MISMATCH, message, place, None) if bad else None
    return Code.TYPE_MISMATCH, f"type {base} does not support indexing", node.arguments[0].span, None
