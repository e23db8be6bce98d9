"""Properties of written and explained expressions."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import compile_expression
from rulechain.expr.explain import explain_expression
from rulechain.expr.nodes import dump_node
from rulechain.expr.parse import parse_expression
from rulechain.expr.write import write_expression
from rulechain.values import to_text

ATOMS = [
    "1",
    "2.5",
    '"a"',
    "true",
    "false",
    "nil",
    "x",
    "items",
    "msg.a",
    "msg.b?.c",
    "#",
    ".a",
    "[]",
    "{}",
    "b'x'",
    "x[0]",
]
# Parentheses around each part: which of them are needed is for the writer to find out.
SHAPES = [
    *[
        f"(({{0}}) {operator} ({{1}}))"
        for operator in ["+", "**", "??", "&&", "or", "==", "<", "in", "not in", "..", "%"]
    ],
    *["(-({0}))", "(not ({0}))", "(({0}) ? ({1}) : ({0}))", "(({0}) ?: ({1}))", "[({0}), ({1})]", "{{k: ({0})}}"],
    *["(let v = ({0}); ({1}))", "(({0}); ({1}))", "(({0}).m)", "(({0})?.m.n)", "(({0})[({1})])", "(({0})[({1}):])"],
    *["any(({0}), ({1}))", "filter(({0}), {{({1})}})", "map(({0}), ({1}))", "sortBy(({0}), ({1}))", "len(({0}))"],
    *["(({0}) | count(({1})))", "if ({0}) {{ {1} }} else {{ {0} }}", "(({0}) < ({1}) < 3)", "f(({0}), ({1}))"],
]
TEXTS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.builds(lambda shape, one, other: shape.format(one, other), st.sampled_from(SHAPES), inner, inner),
    max_leaves=8,
)
VALUES = st.sampled_from([None, True, False, 1.0, "a", [], [1.0, True], [{"a": 1.0}, {"a": False}], {"a": True}])
ENVIRONMENTS = st.fixed_dictionaries(
    {"x": VALUES, "items": VALUES, "msg": st.fixed_dictionaries({"a": VALUES, "b": VALUES})}
)


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_what_is_written_reads_as_the_same_tree(text):
    """Writing a tree and reading it again changes nothing."""
    try:
        tree = parse_expression(text)
    except ExpressionError:
        return
    assert dump_node(parse_expression(write_expression(tree))) == dump_node(tree)


@given(TEXTS, ENVIRONMENTS)
@settings(max_examples=300, deadline=None)
def test_an_explanation_has_the_value_of_the_evaluation(text, env):
    """Explaining gives the value or the failure that evaluating gives, and raises nothing of its own."""
    try:
        expression = compile_expression(text)
    except ExpressionError:
        return
    step = explain_expression(text, env)
    found = step.failure.message if step.failure else to_text(step.value)
    assert found == outcome(expression, env)


def outcome(expression, env):
    """The text form of an expression's value, or the words of its failure."""
    try:
        return to_text(expression.evaluate(env))
    except ExpressionError as error:
        return error.message
