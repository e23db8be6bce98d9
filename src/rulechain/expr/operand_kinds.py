"""The static type of an operator's result from the types of its sides; None where they can never go together."""

from collections.abc import Callable

from rulechain.expr import kinds
from rulechain.expr.kinds import ANY, BOOL, DURATION, FLOAT, INT, NIL, NUMBERS, STRING, TIME, Kind, unknown

Rule = Callable[[Kind, Kind], Kind | None]


def unary_kind(operator: str, operand: Kind) -> Kind | None:
    """Return the static type of `operator operand`, or None."""
    if operator == "!":
        return BOOL if operand in (BOOL, ANY) else None
    return operand if operand in NUMBERS or unknown(operand) else None


def binary_kind(operator: str, left: Kind, right: Kind) -> Kind | None:
    """Return the static type of `left operator right`, or None."""
    return _RULES[operator](left, right)


def comparable(left: Kind, right: Kind) -> bool:
    """Tell whether `==` between the two can ever be meant."""
    if unknown(left) or unknown(right) or NIL in (left, right) or left == right:
        return True
    numbers = left in NUMBERS and right in NUMBERS
    return numbers or (left.is_list and right.is_list)


def _either_unknown(left: Kind, right: Kind, allowed: frozenset[Kind]) -> bool:
    """Tell whether one side is unknown and the other is unknown too or among those allowed."""
    if unknown(left):
        return unknown(right) or right in allowed
    return unknown(right) and left in allowed


def _numbers(left: Kind, right: Kind) -> Kind | None:
    if left in NUMBERS and right in NUMBERS:
        return FLOAT if FLOAT in (left, right) else INT
    return None


_ORDERED = frozenset([INT, FLOAT, STRING, TIME, DURATION])


def _ordered(left: Kind, right: Kind) -> Kind | None:
    same = left == right and left in _ORDERED
    return BOOL if same or _numbers(left, right) or _either_unknown(left, right, _ORDERED) else None


_SUMS = {(STRING, STRING): STRING, (TIME, DURATION): TIME, (DURATION, TIME): TIME, (DURATION, DURATION): DURATION}
_DIFFERENCES = {(TIME, TIME): DURATION, (TIME, DURATION): TIME, (DURATION, DURATION): DURATION}
_PRODUCTS = {
    (DURATION, INT): DURATION,
    (INT, DURATION): DURATION,
    (DURATION, FLOAT): FLOAT,
    (FLOAT, DURATION): FLOAT,
    (DURATION, DURATION): DURATION,
}


def _arithmetic(table: dict[tuple[Kind, Kind], Kind], allowed: frozenset[Kind]) -> Rule:
    def rule(left: Kind, right: Kind) -> Kind | None:
        known = _numbers(left, right) or table.get((left, right))
        return known or (ANY if _either_unknown(left, right, allowed) else None)

    return rule


def _quotient(left: Kind, right: Kind) -> Kind | None:
    return FLOAT if _numbers(left, right) or _either_unknown(left, right, NUMBERS) else None


def _rest(left: Kind, right: Kind) -> Kind | None:
    return INT if (left == right == INT) or _either_unknown(left, right, frozenset([INT])) else None


def _range(left: Kind, right: Kind) -> Kind | None:
    return kinds.INTS if (left == right == INT) or _either_unknown(left, right, frozenset([INT])) else None


def _on_texts(left: Kind, right: Kind) -> Kind | None:
    texts = frozenset([STRING])
    return BOOL if (left == right == STRING) or _either_unknown(left, right, texts) else None


def _matches(left: Kind, right: Kind) -> Kind | None:
    return BOOL if left == kinds.BYTES and right == STRING else _on_texts(left, right)


def _in(left: Kind, right: Kind) -> Kind | None:
    if right.is_map:
        any_keys = right in (kinds.GROUPS, kinds.ANY_MAP)
        return BOOL if unknown(left) or left == STRING or any_keys else None
    if right.is_list:
        return BOOL if comparable(left, right.element or ANY) else None
    # A time is a struct to Go, and a text the name of one of its fields, of which it shows none.
    return (
        BOOL
        if unknown(right) or (unknown(left) and right in (STRING, TIME)) or (left, right) == (STRING, TIME)
        else None
    )


def _coalesce(left: Kind, right: Kind) -> Kind:
    if left == NIL:
        return right
    return left if right in (NIL, left) else ANY


def _equality(left: Kind, right: Kind) -> Kind | None:
    return BOOL if comparable(left, right) else None


_RULES: dict[str, Rule] = {
    "==": _equality,
    "!=": _equality,
    **dict.fromkeys(["<", "<=", ">", ">="], _ordered),
    "+": _arithmetic(_SUMS, _ORDERED),
    "-": _arithmetic(_DIFFERENCES, frozenset([INT, FLOAT, TIME, DURATION])),
    "*": _arithmetic(_PRODUCTS, frozenset([INT, FLOAT, DURATION])),
    "/": _quotient,
    "**": _quotient,
    "%": _rest,
    "..": _range,
    "in": _in,
    "matches": _matches,
    **dict.fromkeys(["contains", "startsWith", "endsWith"], _on_texts),
    "??": _coalesce,
}
