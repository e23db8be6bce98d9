"""A JMESPath tree, as the jmespath library parses it → the text of one Python function, statement by statement.

Every visitor returns a Python expression that is read exactly once, right after the statements it wrote. What can raise
(the functions) gets a statement of its own, so that faults come in the order of the expression.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rulechain.query import operators
from rulechain.query.functions import python_function

Tree = dict[str, Any]

_ORDERS = {
    "lt": ("<", operators.less),
    "lte": ("<=", operators.less_or_equal),
    "gt": (">", operators.greater),
    "gte": (">=", operators.greater_or_equal),
}
# By comparator and whether one side is a literal text; else it is null, true or false.
_EQUALITIES = {("eq", True): "==", ("ne", True): "!=", ("eq", False): "is", ("ne", False): "is not"}
_TRUTH_FUNCTIONS = frozenset(("contains", "starts_with", "ends_with"))
_VALUE = "value"


class FunctionWriter:
    """Writes the function of one tree; `text` is its source and `names` what it refers to."""

    def __init__(self, tree: Tree) -> None:
        self.names: dict[str, Any] = {
            "field": operators.field,
            "equal": operators.equal,
            "is_true": operators.is_true,
            "Reference": operators.Reference,
        }
        self._lines: list[str] = []
        self._depth = 0
        self._count = 0
        with self._block(f"def query({_VALUE}):"):
            self._line(f"return {self._visit(tree, _VALUE)}")

    @property
    def text(self) -> str:
        """The source of the function, which is called `query`."""
        return "\n".join(self._lines)

    def _line(self, text: str) -> None:
        self._lines.append(" " * self._depth + text)

    @contextmanager
    def _block(self, head: str) -> Iterator[None]:
        self._line(head)
        self._depth += 1
        yield
        self._depth -= 1

    def _new_name(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def _assign(self, expression: str) -> str:
        if expression.isidentifier():
            return expression
        name = self._new_name("v")
        self._line(f"{name} = {expression}")
        return name

    def _constant(self, value: Any, kind: str = "k") -> str:
        name = self._new_name(kind)
        self.names[name] = value
        return name

    def _visit(self, node: Tree, value: str) -> str:
        visitor: Callable[[Tree, str], str] = getattr(self, f"_visit_{node['type']}")
        return visitor(node, value)

    def _visit_identity(self, _node: Tree, value: str) -> str:
        return value

    _visit_current = _visit_identity

    def _visit_literal(self, node: Tree, _value: str) -> str:
        literal = node["value"]
        return repr(literal) if _is_plain(node) else self._constant(literal)

    def _visit_field(self, node: Tree, value: str) -> str:
        key = repr(node["value"])
        return f"({value}.get({key}) if type({value}) is dict else field({value}, {key}))"

    def _visit_subexpression(self, node: Tree, value: str) -> str:
        for child in node["children"]:
            value = self._visit(child, self._assign(value))
        return value

    _visit_index_expression = _visit_subexpression
    _visit_pipe = _visit_subexpression

    def _visit_index(self, node: Tree, value: str) -> str:
        index = node["value"]
        enough = f"len({value}) > {index}" if index >= 0 else f"len({value}) >= {-index}"
        return f"({value}[{index}] if isinstance({value}, list) and {enough} else None)"

    def _visit_slice(self, node: Tree, value: str) -> str:
        start, stop, step = ("" if part is None else part for part in node["children"])
        return f"({value}[{start}:{stop}:{step}] if isinstance({value}, list) else None)"

    def _visit_comparator(self, node: Tree, value: str) -> str:
        kind = node["value"]
        operands = [self._visit(child, value) for child in node["children"]]
        if kind in _ORDERS:
            return self._order(kind, node["children"], operands)
        return self._equality(kind, node["children"], operands)

    def _equality(self, kind: str, children: list[Tree], operands: list[str]) -> str:
        for child, sibling, other in zip(children, reversed(children), reversed(operands), strict=True):
            if _is_plain(child) and not _is_plain(sibling):
                return f"({other} {_EQUALITIES[kind, isinstance(child['value'], str)]} {child['value']!r})"
        return f"({'' if kind == 'eq' else 'not '}equal({', '.join(operands)}))"

    def _order(self, kind: str, children: list[Tree], operands: list[str]) -> str:
        sign, function = _ORDERS[kind]
        self.names[function.__name__] = function
        left, right = operands
        bound: Any = children[1]["value"] if children[1]["type"] == "literal" else None
        if type(bound) not in (int, float) or float(bound) != bound:
            return f"{function.__name__}({left}, {right})"
        left = self._assign(left)
        return f"({left} {sign} {float(bound)!r} if type({left}) is float else {function.__name__}({left}, {right}))"

    def _visit_not_expression(self, node: Tree, value: str) -> str:
        return f"(not {self._truth(node['children'][0], self._visit(node['children'][0], value))})"

    def _visit_and_expression(self, node: Tree, value: str) -> str:
        return self._either(node, value, "if {}:")

    def _visit_or_expression(self, node: Tree, value: str) -> str:
        return self._either(node, value, "if not {}:")

    def _either(self, node: Tree, value: str, head: str) -> str:
        first, second = node["children"]
        result = self._new_name("v")
        self._line(f"{result} = {self._visit(first, value)}")
        with self._block(head.format(self._truth(first, result))):
            self._line(f"{result} = {self._visit(second, value)}")
        return result

    def _truth(self, node: Tree, expression: str) -> str:
        return expression if _is_truth(node) else f"is_true({expression})"

    def _visit_multi_select_dict(self, node: Tree, value: str) -> str:
        def members() -> str:
            return ", ".join(
                f"{pair['value']!r}: {self._visit(pair['children'][0], value)}" for pair in node["children"]
            )

        return self._unless_null(value, lambda: f"{{{members()}}}")

    def _visit_multi_select_list(self, node: Tree, value: str) -> str:
        return self._unless_null(
            value, lambda: f"[{', '.join(self._visit(child, value) for child in node['children'])}]"
        )

    def _unless_null(self, value: str, write: Callable[[], str]) -> str:
        result = self._new_name("v")
        self._line(f"{result} = None")
        with self._block(f"if {value} is not None:"):
            self._line(f"{result} = {write()}")
        return result

    def _visit_projection(self, node: Tree, value: str) -> str:
        return self._project(node, value, "isinstance({}, list)")

    _visit_filter_projection = _visit_projection

    def _visit_value_projection(self, node: Tree, value: str) -> str:
        return self._project(node, value, 'hasattr({}, "values")', ".values()")

    def _project(self, node: Tree, value: str, test: str, items: str = "") -> str:
        base = self._assign(self._visit(node["children"][0], value))
        result, element = self._new_name("v"), self._new_name("e")
        self._line(f"{result} = None")
        with self._block(f"if {test.format(base)}:"):
            self._line(f"{result} = []")
            with self._block(f"for {element} in {base}{items}:"):
                for condition in node["children"][2:]:
                    truth = self._truth(condition, self._visit(condition, element))
                    self._line(f"if not {truth}: continue")
                self._collect(result, self._visit(node["children"][1], element))
        return result

    def _collect(self, result: str, expression: str) -> None:
        name = self._assign(expression)
        self._line(f"if {name} is not None: {result}.append({name})")

    def _visit_flatten(self, node: Tree, value: str) -> str:
        base = self._assign(self._visit(node["children"][0], value))
        result, element = self._new_name("v"), self._new_name("e")
        self._line(f"{result} = None")
        with self._block(f"if isinstance({base}, list):"):
            self._line(f"{result} = []")
            with self._block(f"for {element} in {base}:"):
                self._line(f"if isinstance({element}, list): {result}.extend({element})")
                self._line(f"else: {result}.append({element})")
        return result

    def _visit_function_expression(self, node: Tree, value: str) -> str:
        function = self._constant(python_function(node["value"]), "f")
        arguments = [self._visit(child, value) for child in node["children"]]
        name = self._new_name("v")
        self._line(f"{name} = {function}({', '.join(arguments)})")
        return name

    def _visit_expref(self, node: Tree, _value: str) -> str:
        name = self._new_name("q")
        with self._block(f"def {name}({_VALUE}):"):
            self._line(f"return {self._visit(node['children'][0], _VALUE)}")
        return f"Reference({name})"


def _is_plain(node: Tree) -> bool:
    """Tell whether a node is a literal that reads the same in Python."""
    return node["type"] == "literal" and (node["value"] is None or isinstance(node["value"], (bool, str)))


def _is_truth(node: Tree) -> bool:
    """Tell whether a node gives only true, false or null, of which Python has the same idea as JMESPath."""
    kind = node["type"]
    if kind in ("and_expression", "or_expression"):
        return all(map(_is_truth, node["children"]))
    return kind in ("comparator", "not_expression") or (
        kind == "function_expression" and node["value"] in _TRUTH_FUNCTIONS
    )
