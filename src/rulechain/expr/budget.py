"""What an evaluation may spend, at run time: elements put into lists and maps, steps, and characters of built text.

The budget of an evaluation is a list of what it has spent of the three, in this order.
"""

from typing import Any, NoReturn

from rulechain.expr.faults import Fault, too_many_elements, too_much_text
from rulechain.expr.limits import MAX_BUILT_TEXT, MAX_ELEMENTS, MAX_STEPS

# Going through a text takes one step for so many characters, as a power of two.
_CHARACTERS_PER_STEP = 5
# Reading a date or a duration takes so many steps for each character.
_STEPS_PER_CHARACTER = 2
# Writing a time as text takes so many steps.
_TIME_TEXT = 150
# What a number or a bracket and a comma come to in characters, roughly.
_NODE_WEIGHT = 8


def spend(budget: list[int], size: int) -> None:
    """Take elements from the evaluation's budget.

    Raises:
        Fault: It is used up.
    """
    budget[0] += size
    check_elements(budget)


def make_list(items: list[Any], budget: list[int]) -> list[Any]:
    """Return a list literal's value, charged to the budget."""
    spend(budget, len(items))
    return items


def make_map(pairs: dict[Any, Any], budget: list[int]) -> dict[Any, Any]:
    """Return a map literal's value, charged to the budget."""
    spend(budget, len(pairs))
    return pairs


def charge(value: Any, budget: list[int]) -> Any:
    """Return a value that was built inside a predicate, its size charged to the evaluation."""
    if isinstance(value, (str, list, dict)):
        budget[2] += len(value)
        if budget[2] > MAX_BUILT_TEXT:
            raise too_much_text()
    return value


def weigh(value: Any, budget: list[int]) -> Any:
    """Return a list or map that may hold the same thing many times over, charged with all it would be written out.

    `[a, a]` of `[a, a]` of … is small in memory and endless as JSON; this is where it stops.
    """
    stack = [value]
    while stack:
        item = stack.pop()
        budget[2] += _NODE_WEIGHT
        if isinstance(item, (list, tuple)):
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, str):
            budget[2] += len(item)
        if budget[2] > MAX_BUILT_TEXT:
            raise too_much_text()
    return value


def scan(value: Any, budget: list[int]) -> Any:
    """Return a value that is about to be gone through from end to end, charged to the steps of the evaluation."""
    kind = type(value)
    if kind is str:
        budget[1] += len(value) >> _CHARACTERS_PER_STEP
    elif isinstance(value, (list, tuple, dict, str, bytes)):
        budget[1] += len(value)
    elif hasattr(kind, "__text__"):
        budget[1] += _TIME_TEXT
    check_steps(budget)
    return value


def scan_slowly(value: Any, budget: list[int]) -> Any:
    """Return a text whose reading takes much longer than going through it: a date or a duration."""
    if isinstance(value, str):
        budget[1] += len(value) * _STEPS_PER_CHARACTER
    check_steps(budget)
    return value


def take(value: Any, steps: int, budget: list[int]) -> Any:
    """Return a value that took so many steps to make."""
    budget[1] += steps
    check_steps(budget)
    return value


def scan_deep(value: Any, budget: list[int]) -> Any:
    """Return a value that is about to be gone through with all that is inside it, charged to the steps."""
    stack = [value]
    while stack:
        item = stack.pop()
        scan(item, budget)
        if isinstance(item, (list, tuple)):
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
    return value


def check_elements(budget: list[int]) -> None:
    """Refuse to go on when an evaluation has put too many elements into lists and maps."""
    if budget[0] >= MAX_ELEMENTS:
        raise too_many_elements()


def refuse_text() -> NoReturn:
    """Refuse a text that is too long."""
    raise too_much_text()


def check_steps(budget: list[int]) -> None:
    """Refuse to go on when an evaluation has taken too many steps."""
    if budget[1] > MAX_STEPS:
        raise Fault(
            f"too many steps: an evaluation may take {MAX_STEPS}",
            "go over fewer elements, or less often; the limit is fixed",
        )
