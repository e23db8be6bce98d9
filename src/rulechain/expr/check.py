"""Names, arity and types, as far as they are known before any message is seen. Takes nodes, gives diagnostics.

What expr-lang refuses to compile is an error; a call of a function that neither the language knows nor anything binds
is a warning, because such chains load and fail when they run. Every mistake is found, not only the first.
"""

from collections.abc import Mapping

from rulechain.diagnostics import Code, Diagnostic, did_you_mean
from rulechain.expr import kinds
from rulechain.expr.check_calls import argument_mistake, method_mistake
from rulechain.expr.check_elements import predicate_kind
from rulechain.expr.checker import Checker, Rule
from rulechain.expr.faults import Fault
from rulechain.expr.foreign import foreign_function, foreign_name
from rulechain.expr.functions import FunctionRegistry
from rulechain.expr.kinds import (
    ANY,
    BOOL,
    INT,
    LIST,
    MAP,
    NIL,
    NOTHING_KNOWN,
    NUMBERS,
    STRING,
    Kind,
    literal_list_of,
    unknown,
)
from rulechain.expr.methods import METHODS
from rulechain.expr.nodes import (
    Array,
    Binary,
    Boolean,
    Bytes,
    Call,
    Chain,
    Conditional,
    Float,
    Index,
    Integer,
    Let,
    Logical,
    Map,
    Member,
    MethodCall,
    Name,
    Nil,
    Node,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    Text,
    Unary,
)
from rulechain.expr.operand_kinds import binary_kind, unary_kind
from rulechain.expr.operators import compile_pattern
from rulechain.expr.scope import ENVIRONMENT
from rulechain.expr.tokens import PREDICATES

# Known to RuleGo, where they read any file and any URL. Off unless the registry has the ones of `file_functions`.
SWITCHED_OFF = frozenset(["include", "fileExists"])
_NOT_BINDS = "not and ! belong to the next value alone: write not (a == b)"
_ON_TEXTS = frozenset(["contains", "startsWith", "endsWith", "matches"])
_TIME_HINTS = {
    STRING: 'a time is written date("2024-01-31")',
    INT: 'a length of time is written duration("5s")',
    kinds.FLOAT: 'a length of time is written duration("5s")',
}
_TEXT_TO_NUMBER = "convert one side first: float(…), int(…) or string(…)"


def _known(kind: Kind) -> Rule:
    return lambda _, __: kind


def _name(checker: Checker, node: Name) -> Kind:
    for name, kind in reversed(checker.variables):
        if name == node.name:
            return kind
    if node.name in checker.environment:
        return checker.environment[node.name]
    # `type` is also the message's type; any other function's name is only the function.
    named = node.name in PREDICATES or checker.registry.get(node.name) is not None
    if not named and node.name != ENVIRONMENT and (hint := foreign_name(node.name)) is not None:
        checker.warn(Code.UNKNOWN_NAME, f'there is no name "{node.name}": it reads as nil', node.span, hint)
    return kinds.FUNCTION if named and node.name != "type" else ANY


def _pointer(checker: Checker, node: Pointer) -> Kind:
    if not checker.pointers:
        hint = 'the leading "." and "#" stand for an element, inside filter(…), map(…) and their like'
        return checker.refuse_always(Code.BAD_POINTER, "cannot use pointer accessor outside predicate", node.span, hint)
    pointers = checker.pointers[-1]
    if not node.name:
        return pointers.element
    if node.name in pointers.names:
        return INT if node.name == "index" else ANY
    hint = "#index exists in map and reduce, #acc in reduce; for a member write #.name"
    return checker.refuse(Code.BAD_POINTER, f"unknown pointer #{node.name}", node.span, hint)


def _unary(checker: Checker, node: Unary) -> Kind:
    operand = checker.kind(node.operand)
    result = unary_kind(node.operator, operand)
    if result is None:
        hint = f"{_NOT_BINDS}, or x not in y" if node.operator == "!" else None
        return checker.mismatch(f"invalid operation: {node.operator} (mismatched type {operand})", node.span, hint)
    return result


def _binary(checker: Checker, node: Binary) -> Kind:
    left, right = checker.kind(node.left), checker.kind(node.right)
    if node.operator == "matches" and isinstance(node.right, Text):
        _check_pattern(checker, node.right)
    result = binary_kind(node.operator, left, right)
    if result is None:
        message = f"invalid operation: {node.operator} (mismatched types {left} and {right})"
        return checker.mismatch(message, node.span, _hint(node, left, right))
    return result


def _hint(node: Binary, left: Kind, right: Kind) -> str | None:
    operator = node.operator
    for side, kind in ((node.left, left), (node.right, right)):
        if kind == kinds.FUNCTION and isinstance(side, Name):
            return f"{side.name} is a function: call it, as in {side.name}(…)"
    if isinstance(node.left, Unary) and node.left.operator == "!":
        return _NOT_BINDS
    if operator in _ON_TEXTS and (left.is_list or left.is_map):
        return "to look for an element or a key, write x in y"
    if kinds.TIME in (left, right):
        return _TIME_HINTS.get(right if left == kinds.TIME else left)
    if kinds.DURATION in (left, right):
        return 'a length of time is written duration("24h"), and has methods such as .Hours()'
    if operator == "+" and (left.is_list or (unknown(left) and right.is_list)):
        return "write concat(a, b) to put lists together"
    if operator == "in" and right == STRING:
        return "write contains to look inside a text"
    if STRING in (left, right) and (left in NUMBERS or right in NUMBERS):
        return _TEXT_TO_NUMBER
    if operator == "%":
        return "% takes whole numbers: write int(…)"
    if NIL in (left, right):
        return "only == and != take nil; give a default with ??"
    return None


def _check_pattern(checker: Checker, node: Text) -> None:
    try:
        compile_pattern(node.value)
    except Fault as fault:
        checker.refuse(Code.BAD_PATTERN, fault.message, node.span, fault.hint)


def _logical(checker: Checker, node: Logical) -> Kind:
    left = checker.kind(node.operands[0])
    for operand, span in zip(node.operands[1:], node.spans, strict=True):
        right = checker.kind(operand)
        if left not in (BOOL, ANY) or right not in (BOOL, ANY):
            message = f"invalid operation: {node.operator} (mismatched types {left} and {right})"
            checker.mismatch(message, span, "both sides must be true or false")
        left = BOOL
    return BOOL


def _conditional(checker: Checker, node: Conditional) -> Kind:
    checker.condition(node.condition)
    then, otherwise = checker.kind(node.then), checker.kind(node.otherwise)
    if NIL in (then, otherwise):
        return otherwise if then == NIL else then
    return then if then == otherwise else ANY


def _member(checker: Checker, node: Member) -> Kind:
    base = checker.kind(node.base)
    if unknown(base):
        return ANY
    if base.is_map:
        return base.element or ANY
    if base in METHODS:
        if node.name in METHODS[base]:
            return ANY
        message = f"type {base} has no method {node.name}"
        return checker.mismatch(message, node.span, did_you_mean(node.name, METHODS[base]))
    if base.is_list:
        message = "array elements can only be selected using an integer (got string)"
        return checker.mismatch(message, node.span, f"to read {node.name} of each element write map(…, .{node.name})")
    return checker.mismatch(f"type {base} has no field {node.name}", node.span)


def _index(checker: Checker, node: Index) -> Kind:
    if isinstance(node.base, Name) and node.base.name == ENVIRONMENT:
        with checker.lenient():
            checker.kind(node.key)
        return ANY
    base, key = checker.kind(node.base), checker.kind(node.key)
    if unknown(base):
        return ANY
    if base.is_map:
        if base == MAP and key not in (STRING, ANY):
            return checker.mismatch(f"cannot use {key} to get an element from {base}", node.span)
        return base.element or ANY
    if base.is_list:
        if key not in (INT, ANY):
            message = f"array elements can only be selected using an integer (got {key})"
            return checker.mismatch(message, node.span)
        return base.element or ANY
    hint = "slice it for a part: text[0:1]" if base == STRING else None
    return checker.mismatch(f"type {base}[{key}] is undefined", node.span, hint)


def _slice(checker: Checker, node: Slice) -> Kind:
    base = checker.kind(node.base)
    if not (unknown(base) or base == STRING or base.is_list):
        checker.mismatch(f"cannot slice {base}", node.span)
    for bound in (node.start, node.end):
        if bound is None:
            continue
        if unknown(base):
            with checker.lenient():
                checker.kind(bound)
        elif (kind := checker.kind(bound)) not in (INT, ANY):
            checker.mismatch(f"non-integer slice index {kind}", bound.span)
    return base


def _method_call(checker: Checker, node: MethodCall) -> Kind:
    base = checker.kind(node.callee.base)
    methods = METHODS.get(base)
    if methods is None:
        with checker.lenient():
            for argument in node.arguments:
                checker.kind(argument)
        if not unknown(base) and not base.is_map:
            return checker.mismatch(f"type {base} has no method {node.callee.name}", node.span)
        return ANY
    if node.callee.name not in methods:
        hint = did_you_mean(node.callee.name, methods)
        return checker.mismatch(f"type {base} has no method {node.callee.name}", node.span, hint)
    arguments = [checker.kind(argument) for argument in node.arguments]
    mistake = method_mistake(methods[node.callee.name], node, arguments)
    return methods[node.callee.name].result if mistake is None else checker.refuse(*mistake)


def _chain(checker: Checker, node: Chain) -> Kind:
    return checker.kind(node.body)


def _call(checker: Checker, node: Call) -> Kind:
    spec = checker.registry.get(node.name)
    if spec is None and node.name in SWITCHED_OFF:
        message = f"the function {node.name} is switched off: it could read any file"
        hint = "name the folders it may read: Engine(include_folders=[…]), or --include-folder of run, check and trace"
        return checker.refuse(Code.FUNCTION_OFF, message, node.span, hint)
    if spec is None:
        return _foreign_call(checker, node)
    arguments = [checker.kind(argument) for argument in node.arguments]
    mistake = argument_mistake(spec, node, arguments)
    return spec.result_kind(arguments) if mistake is None else checker.refuse(*mistake)


def _foreign_call(checker: Checker, node: Call) -> Kind:
    """Check a call of something that is not a function of the language: a variable, or a slip of the pen."""
    with checker.lenient():
        for argument in node.arguments:
            checker.kind(argument)
    if node.name == ENVIRONMENT:
        return checker.mismatch(f"{ENVIRONMENT} is not callable", node.span)
    variable = next((kind for name, kind in reversed(checker.variables) if name == node.name), None)
    if variable is None:
        hint = foreign_function(node.name) or did_you_mean(node.name, [*checker.registry.names, *PREDICATES])
        checker.warn(Code.UNKNOWN_FUNCTION, f'there is no function "{node.name}"', node.span, hint)
    elif not unknown(variable):
        checker.mismatch(f"{variable} is not callable", node.span)
    return ANY


def _array(checker: Checker, node: Array) -> Kind:
    elements = [checker.kind(item) for item in node.items]
    # expr-lang does not tell nil from an unknown value here, and takes the last one for all.
    alike = {ANY if kind == NIL else kind for kind in elements}
    return literal_list_of(elements[-1]) if len(alike) == 1 else LIST


def _map(checker: Checker, node: Map) -> Kind:
    for pair in node.pairs:
        checker.kind(pair.key)
        checker.kind(pair.value)
    return MAP


def _let(checker: Checker, node: Let) -> Kind:
    if checker.registry.get(node.name) is not None or node.name in PREDICATES:
        checker.refuse(Code.REDECLARED, f"cannot redeclare builtin {node.name}", node.span, "choose another name")
    elif node.name in checker.environment:
        checker.refuse(Code.REDECLARED, f"cannot redeclare {node.name}", node.span, "choose another name")
    elif any(name == node.name for name, _ in checker.variables):
        checker.refuse(Code.REDECLARED, f"cannot redeclare variable {node.name}", node.span, "choose another name")
    value = checker.kind(node.value)
    checker.variables.append((node.name, value))
    body = checker.kind(node.body)
    checker.variables.pop()
    return body


def _sequence(checker: Checker, node: Sequence) -> Kind:
    return [checker.kind(item) for item in node.items][-1]


_RULES: dict[type[Node], Rule] = {
    Nil: _known(NIL),
    Boolean: _known(BOOL),
    Integer: _known(INT),
    Float: _known(kinds.FLOAT),
    Text: _known(STRING),
    Bytes: _known(kinds.BYTES),
    Name: _name,
    Pointer: _pointer,
    Unary: _unary,
    Binary: _binary,
    Logical: _logical,
    Conditional: _conditional,
    Member: _member,
    Index: _index,
    Slice: _slice,
    MethodCall: _method_call,
    Chain: _chain,
    Call: _call,
    Predicate: predicate_kind,
    Array: _array,
    Map: _map,
    Let: _let,
    Sequence: _sequence,
}


def check_expression(
    root: Node, text: str, registry: FunctionRegistry, environment: Mapping[str, Kind] = NOTHING_KNOWN
) -> tuple[Kind, list[Diagnostic]]:
    """Return the static type of an expression, and what is wrong with it, in the order of reading.

    What is doubtful is among it, as warnings.

    Args:
        root: The tree.
        text: What it was made from, for the places.
        registry: The functions it may call.
        environment: The static types of names, where they are known.
    """
    checker = Checker(text, registry, environment, _RULES)
    return checker.kind(root), checker.diagnostics
