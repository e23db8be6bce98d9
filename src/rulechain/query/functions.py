"""JMESPath's functions on RuleGo's values, and each one as a plain Python function."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from jmespath import functions

from rulechain.values import ExactNumber, to_json

Function = Callable[..., Any]
Signature = Sequence[dict[str, Any]]

_EXACT = ExactNumber.__name__
# The classes of values as they come from JSON; whatever else turns up takes the library's own, slower check.
_CLASSES: dict[str, frozenset[type]] = {
    "number": frozenset((int, float)),
    "string": frozenset((str,)),
    "array": frozenset((list,)),
    "object": frozenset((dict,)),
}


class RuleFunctions(functions.Functions):
    """JMESPath's functions on RuleGo's values, whose numbers are floats and print without `.0`."""

    @functions.signature({"types": []})
    def _func_to_string(self, value: Any) -> str:
        return value if isinstance(value, str) else to_json(value)

    @functions.signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, search: Any) -> bool:
        return search in subject if isinstance(search, str) or not isinstance(subject, str) else False

    # The library goes by the names of values' classes, and so does not know a float that keeps its digits.

    def _get_allowed_pytypes(self, types: Any) -> tuple[list[str], list[list[str]]]:
        allowed, of_items = super()._get_allowed_pytypes(types)  # type: ignore[misc]
        return _with_exact(allowed), [_with_exact(names) for names in of_items]

    def _convert_to_jmespath_type(self, pyobject: str) -> str:
        return "number" if pyobject == _EXACT else str(super()._convert_to_jmespath_type(pyobject))  # type: ignore[misc]


def _with_exact(names: Sequence[str]) -> list[str]:
    return [*names, _EXACT] if "float" in names else list(names)


RULE_FUNCTIONS = RuleFunctions()
SIGNATURES: dict[str, Signature] = {name: entry["signature"] for name, entry in RuleFunctions.FUNCTION_TABLE.items()}


def python_function(name: str) -> Function:
    """Return a JMESPath function as a Python one; arguments of plain classes skip the library's check by class name.

    It raises the library's JMESPathTypeError for arguments it does not take.
    """
    method: Function = getattr(RULE_FUNCTIONS, f"_func_{name}")
    signature = SIGNATURES[name]
    types: list[list[str]] = [argument["types"] for argument in signature]
    if not any(types):
        return method

    def checked(*arguments: Any) -> Any:
        return RULE_FUNCTIONS.call_function(name, arguments)

    if signature[-1].get("variadic") or not _CLASSES.keys() >= set(chain(*types)):
        return checked
    accepted = [frozenset(chain(*(_CLASSES[kind] for kind in kinds))) for kinds in types]
    if len(accepted) == 1:
        (only,) = accepted
        return lambda value: method(value) if type(value) in only else checked(value)
    if not types[1]:
        first = accepted[0]
        return lambda value, other: method(value, other) if type(value) in first else checked(value, other)
    first, second = accepted
    return lambda value, other: (
        method(value, other) if type(value) in first and type(other) in second else checked(value, other)
    )
