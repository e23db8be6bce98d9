"""Explanations: which part of an expression decided, with the values it had."""

import pytest

from rulechain.diagnostics.errors import ExpressionSyntaxError, ExpressionTypeError
from rulechain.expr import FunctionSpec, builtin_functions
from rulechain.expr.explain import explain_expression
from rulechain.expr.functions import FunctionRegistry
from rulechain.values import StringMap

ENV = {
    "msg": {
        "temperature": 41.0,
        "humidity": 71.0,
        "name": "dev-7",
        "items": [{"price": 5.0, "tags": ["a"]}, {"price": 20.0, "tags": ["b"]}, {"price": 1.0, "tags": []}],
        "nothing": None,
    },
    "metadata": StringMap({"site": "north"}),
}


def told(expression, env=ENV):
    """An explanation as nested lists: text, outcome, then the parts; `!` marks the deciding part."""

    def of(step):
        outcome = "-" if not step.evaluated else "failed" if step.failure else step.value
        note = [f"({step.note})"] if step.note else []
        return [f"{'!' if step.decides else ''}{step.text}", outcome, *note, *map(of, step.steps)]

    return of(explain_expression(expression, env))


def test_the_first_false_clause_decides_a_conjunction():
    """What stands behind the deciding clause is neither evaluated nor explained."""
    assert told('msg.temperature > 40 && msg.humidity < 70 && metadata.site == "x"') == [
        'msg.temperature > 40 && msg.humidity < 70 && metadata.site == "x"',
        False,
        ["msg.temperature > 40", True, ["msg.temperature", 41.0]],
        ["!msg.humidity < 70", False, ["msg.humidity", 71.0]],
        ['metadata.site == "x"', "-"],
    ]


def test_the_first_true_clause_decides_a_disjunction():
    """With `or` it is the first that holds."""
    assert told('metadata.site == "x" or msg.humidity > 70 or 1 > 2') == [
        'metadata.site == "x" || msg.humidity > 70 || 1 > 2',
        True,
        ['metadata.site == "x"', False, ["metadata.site", "north"]],
        ["!msg.humidity > 70", True, ["msg.humidity", 71.0]],
        ["1 > 2", "-"],
    ]


def test_no_single_clause_decides_where_all_were_needed():
    """A conjunction that holds was decided by all of its clauses."""
    _, value, *clauses = told("msg.temperature > 1 and msg.humidity > 1")
    assert value is True
    assert [clause[0] for clause in clauses] == ["msg.temperature > 1", "msg.humidity > 1"]


def test_a_condition_shows_the_branch_that_was_taken():
    """The other branch is not evaluated."""
    assert told('msg.temperature > 40 ? upper(msg.name) : "low"') == [
        'msg.temperature > 40 ? upper(msg.name) : "low"',
        "DEV-7",
        ["!msg.temperature > 40", True, ["msg.temperature", 41.0]],
        ["upper(msg.name)", "DEV-7", ["msg.name", "dev-7"]],
        ['"low"', "-"],
    ]


def test_the_short_condition_names_its_condition_once():
    """`c ?: b` is c where that is true."""
    assert told("msg.temperature > 40 ?: msg.x.y")[2:] == [
        ["!msg.temperature > 40", True, ["msg.temperature", 41.0]],
        ["msg.x.y", "-"],
    ]


@pytest.mark.parametrize(
    "expression, parts",
    [
        ("msg.temperature ?? 1", [["!msg.temperature", 41.0], ["1", "-"]]),
        ("msg.nothing ?? msg.humidity", [["msg.nothing", None], ["!msg.humidity", 71.0]]),
        ("msg.a.b ?? 1", [["!msg.a.b", "failed"], ["1", "-"]]),
    ],
)
def test_a_default_counts_where_the_left_side_is_nil(expression, parts):
    """`??` is decided by its left side, unless that is nil."""
    assert told(expression)[2:] == parts


def test_a_predicate_shows_the_element_that_settled_it():
    """`any` is settled by the first element that fits, which is shown with its position."""
    assert told("any(msg.items, .price > 10 && len(.tags) == 1)")[2:] == [
        ["msg.items", ENV["msg"]["items"]],
        [
            "!.price > 10 && len(.tags) == 1",
            True,
            "(element 2 of 3)",
            ["#", ENV["msg"]["items"][1]],
            [".price > 10", True, [".price", 20.0]],
            ["len(.tags) == 1", True, ["len(.tags)", 1, [".tags", ["b"]]]],
        ],
    ]


@pytest.mark.parametrize(
    "expression, note",
    [
        ("all(msg.items, .price < 10)", "element 2 of 3"),
        ("none(msg.items, .price > 10)", "element 2 of 3"),
        ("find(msg.items, .price < 10)", "element 1 of 3"),
        ("findIndex(msg.items, .price < 5)", "element 3 of 3"),
        ("findLast(msg.items, .price < 10)", "element 3 of 3"),
        ("findLastIndex(msg.items, .price > 1)", "element 2 of 3"),
        ("all(msg.items, .price > 0)", "true for 3 of 3"),
        ("any(msg.items, .price > 100)", "true for 0 of 3"),
        ("one(msg.items, .price > 10)", "true for 1 of 3"),
        ("filter(msg.items, .price < 10)", "true for 2 of 3"),
        ("count(msg.items, .price < 10)", "true for 2 of 3"),
        ("map(msg.items, .price)", "for each of 3"),
        ("map(msg.items, #index + .price)", "for each of 3"),
        ("sum(msg.items, .price)", "for each of 3"),
        ("sum(msg.items, .price + .nope)", "element 1 of 3"),
    ],
)
def test_each_predicate_tells_what_counted(expression, note):
    """The deciding or failing element where there is one, else how often the predicate held."""
    assert explain_expression(expression, ENV).steps[-1].note == note


@pytest.mark.parametrize(
    "expression", ["reduce(msg.items, #acc + .price, 0)", "count([true, false])", "any(msg.nothing, #)"]
)
def test_a_predicate_that_cannot_be_shown_for_one_element_is_left_out(expression):
    """What is accumulated, what has no predicate and what is no list have only their collection explained."""
    assert not [step for step in explain_expression(expression, ENV).steps if step.note]


def test_what_let_binds_has_its_value():
    """A variable is shown where it is bound, and has its value in the body."""
    assert told("let t = msg.temperature * 2; t > 80")[2:] == [
        ["let t = msg.temperature * 2", 82.0, ["msg.temperature", 41.0]],
        ["t > 80", True, ["t", 82.0]],
    ]


def test_a_let_that_fails_has_no_body():
    """What would use the value is not explained."""
    assert told("let t = msg.a.b; t > 80")[2:] == [["let t = msg.a.b", "failed"]]


def test_bound_names_reach_into_predicates():
    """Variables and the whole environment mean the same inside a predicate, and `#` is the innermost element."""
    expression = 'let p = 10; any(msg.items, any($env.msg.items, .price > p) && any(.tags, # == "b") && #.price > p)'
    step = explain_expression(expression, ENV)
    assert step.value is True
    assert [part.value for part in step.steps[1].steps[1].steps[1:]] == [True, True, True]


def test_a_sort_order_that_is_computed_is_explained():
    """The third argument is a part like any other."""
    assert told("sortBy(msg.items, .price, msg.order)", {"msg": {"items": [], "order": "up"}}) == [
        "sortBy(msg.items, .price, msg.order)",
        "failed",
        ["msg.items", []],
        ["msg.order", "up"],
        [".price", "-", "(for each of 0)"],
    ]


def test_a_sequence_ends_where_it_fails():
    """Every item is shown up to the one that failed."""
    assert told("(msg.humidity; msg.a.b; 1)")[1:] == ["failed", ["msg.humidity", 71.0], ["msg.a.b", "failed"]]
    assert told("(msg.humidity; 1)")[1:] == [1, ["msg.humidity", 71.0], ["1", 1]]


@pytest.mark.parametrize(
    "expression, texts",
    [
        ("msg.items[0].price", []),
        ("msg.items[len(msg.items) - 1].price", ["len(msg.items) - 1"]),
        ("find(msg.items, .price > 5)?.tags[0]", ["find(msg.items, .price > 5)"]),
        ("msg.name[1:len(msg.name)]", ["len(msg.name)"]),
        ('date("2024-01-02").Format(msg.name)', ['date("2024-01-02")', "msg.name"]),
        ("msg.name not in [msg.x, 1]", ["msg.name", "[msg.x, 1]"]),
        ('{"a": msg.name, "b": 1}', ["msg.name"]),
        ("-msg.humidity", ["msg.humidity"]),
        ("1 + 2", []),
    ],
)
def test_only_what_cannot_be_read_off_is_a_part(expression, texts):
    """Constants and plain paths need no explanation; what stands in brackets does."""
    assert [step.text for step in explain_expression(expression, ENV).steps] == texts


def test_a_failure_is_part_of_the_answer():
    """The whole has the failure that its evaluation has, and the part that failed is marked as failed."""
    step = explain_expression("msg.temperature % 2 == 0", ENV)
    assert step.failure.message == "invalid operation: float64 % int"
    assert step.failure.span == (16, 17)
    assert step.steps[0].failure is not None


@pytest.mark.parametrize("expression, error", [("1 +", ExpressionSyntaxError), ("1 + nil", ExpressionTypeError)])
def test_what_cannot_be_compiled_is_not_explained(expression, error):
    """Mistakes are raised as the compiler raises them."""
    with pytest.raises(error):
        explain_expression(expression, {})


def test_functions_of_the_host_can_be_used():
    """The registry given is the one that every part is compiled with."""
    registry = FunctionRegistry([*builtin_functions(), FunctionSpec("twice(x: any): any", lambda x: x * 2)])
    step = explain_expression("twice(msg.humidity) > 1", ENV, functions=registry)
    assert step.steps[0].value == 142.0


def test_deep_expressions_are_explained_down_to_a_limit():
    """What is nested beyond any reading is not taken apart, and nothing overflows."""
    step = explain_expression("-" * 300 + "msg.humidity", ENV)
    assert step.value == 71.0
    levels = 0
    while step.steps:
        (step,) = step.steps
        levels += 1
    assert levels == 40
