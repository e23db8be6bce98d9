"""Properties of expressions that hold for any text and any data."""

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from rulechain.diagnostics import Span
from rulechain.diagnostics.errors import ExpressionError, ExpressionEvaluationError
from rulechain.expr import compile_expression, compile_router, compile_template
from rulechain.expr.fold import fold_constants
from rulechain.expr.functions import builtin_registry
from rulechain.expr.generate import generate
from rulechain.expr.nodes import (
    Array,
    Binary,
    Boolean,
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
    Name,
    Nil,
    Pair,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    Text,
    Unary,
)
from rulechain.expr.parse import parse_expression
from rulechain.expr.rewrite import rewrite
from rulechain.expr.scope import DEFAULT_SCOPE
from rulechain.values import StringMap
from support.alike import alike
from support.reference_eval import Failed, evaluate

HERE = Span(0, 0)
WORDS = [
    *["msg", "metadata", "x", "1", "2.5", '"a"', "'b'", "nil", "true", "let", "if", "else", "not", "in", "and", "or"],
    *["matches", "#", ".", "?.", "??", "?", ":", "::", "[", "]", "(", ")", "{", "}", "|", "||", "&&", "=", "=="],
    *[
        "filter",
        "map",
        "len",
        ",",
        ";",
        "..",
        "+",
        "-",
        "*",
        "**",
        "%",
        "<",
        " ",
        "\n",
        "//",
        "/*",
        "`",
        "\\",
        "é",
        "$env",
    ],
]
SOUP = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
TEXTS = st.one_of(st.text(max_size=60), SOUP, SOUP.map(lambda text: text.replace(" ", "")))

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(-1e6, 1e6).map(lambda number: round(number, 2)),
    st.sampled_from([0.0, 1.0, 2.0, 10.0]),
    st.sampled_from(["", "a", "b", "abc", "é"]),
    st.integers(-(2**63), 2**63 - 1),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=8,
)
ENVIRONMENTS = st.fixed_dictionaries(
    {
        "x": VALUES,
        "y": VALUES,
        "metadata": st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["", "a", "5"])).map(StringMap),
    }
)
LEAVES = st.one_of(
    st.just(Nil(HERE)),
    st.booleans().map(lambda value: Boolean(HERE, value)),
    st.sampled_from([0, 1, 2, 7, 2**62, 2**63 - 1]).map(lambda value: Integer(HERE, value)),
    st.sampled_from([0.0, 1.0, 0.5, 1e300]).map(lambda value: Float(HERE, value)),
    st.sampled_from(["", "a", "abc"]).map(lambda value: Text(HERE, value)),
    st.sampled_from(["x", "y", "metadata"]).map(lambda name: Name(HERE, name)),
)
OPERATORS = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "contains",
    "startsWith",
    "endsWith",
    "??",
]
NAMES = st.sampled_from(["a", "b", "c"])


LARGE = st.sampled_from([0, 1, 3, 2**62, 2**63 - 1, -(2**63)])
KEYS = st.sampled_from([0, 1, 2, -1]).map(lambda value: Integer(HERE, value))
OPTIONS = st.lists(st.tuples(NAMES, st.booleans()), min_size=1, max_size=3)
TESTS = ["all", "any", "none", "one", "filter", "find", "findLast", "findIndex", "findLastIndex", "count"]
# Functions whose results the trees go on with; what each gives has tests of its own.
FUNCTIONS = {
    "len": 1,
    "string": 1,
    "type": 1,
    "first": 1,
    "last": 1,
    "reverse": 1,
    "keys": 1,
    "get": 2,
    "float": 1,
    "int": 1,
    "upper": 1,
    "concat": 2,
}


def _chain(base, links):
    """Return `base?.a.b…`."""
    for name, optional in links:
        base = Member(HERE, base, name, optional)
    return Chain(HERE, base)


def _filter(collection, body):
    return Predicate(HERE, "filter", collection, body)


def _sum_of_map(collection, body):
    return Predicate(HERE, "sum", Predicate(HERE, "map", collection, body), None)


def _typed(inner):
    """Return trees in which the compiler knows the types of values: whole numbers, texts and their lists."""
    pointer = Pointer(HERE, "")
    whole = st.one_of(
        st.just(pointer), st.builds(lambda value: Call(HERE, "len", (value,)), inner), LARGE.map(partial(Integer, HERE))
    )
    reckoned = st.builds(Binary, st.just(HERE), st.sampled_from(["+", "-", "*", "%", "/", "==", "<"]), whole, whole)
    shown = st.one_of(whole, reckoned).map(lambda value: Call(HERE, "string", (value,)))
    joined = st.builds(
        Binary, st.just(HERE), st.sampled_from(["+", "==", "in", "contains"]), shown, st.one_of(shown, inner)
    )
    numbers = st.builds(lambda low, high: Binary(HERE, "..", low, high), KEYS, KEYS)
    literals = st.lists(st.one_of(LEAVES, KEYS), max_size=3).map(lambda items: Array(HERE, tuple(items)))
    return st.one_of(
        st.builds(
            Predicate, st.just(HERE), st.sampled_from(["map", "sum", "sortBy"]), numbers, st.one_of(reckoned, joined)
        ),
        st.builds(
            lambda rows, keep, body: Predicate(HERE, "map", _filter(rows, keep), body), numbers, reckoned, reckoned
        ),
        st.builds(lambda item, items: Binary(HERE, "in", item, items), inner, literals),
    )


def _predicates(inner):
    """Return calls of every predicate function, with bodies that look at the element, its place or what was folded."""
    element = st.one_of(inner, st.just(Pointer(HERE, "")), st.just(Member(HERE, Pointer(HERE, ""), "a")))
    test = st.builds(Binary, st.just(HERE), st.sampled_from(OPERATORS), element, inner)
    index, folded = Pointer(HERE, "index"), Pointer(HERE, "acc")
    start = st.one_of(st.none(), inner)
    return st.one_of(
        st.builds(Predicate, st.just(HERE), st.sampled_from(TESTS), inner, test),
        st.builds(Predicate, st.just(HERE), st.sampled_from(["map", "sum", "groupBy", "sortBy"]), inner, element),
        st.builds(Predicate, st.just(HERE), st.just("map"), inner, st.one_of(st.just(index), test)),
        st.builds(Predicate, st.just(HERE), st.sampled_from(["count", "sum"]), inner, st.none()),
        st.builds(Predicate, st.just(HERE), st.just("sortBy"), inner, element, st.just(Text(HERE, "desc"))),
        st.builds(
            Predicate,
            st.just(HERE),
            st.just("reduce"),
            inner,
            st.builds(
                Binary, st.just(HERE), st.sampled_from("+-*"), st.just(folded), st.one_of(element, st.just(index))
            ),
            start,
        ),
        # What becomes one loop.
        st.builds(_sum_of_map, inner, st.one_of(element, test, st.just(index))),
        st.builds(lambda rows, keep, body: Predicate(HERE, "map", _filter(rows, keep), body), inner, test, element),
        st.builds(lambda rows, keep, body: _sum_of_map(_filter(rows, keep), body), inner, test, element),
        st.builds(lambda rows, keep: Predicate(HERE, "sum", _filter(rows, keep), None), inner, test),
        # What `rewrite` shortens.
        st.builds(
            lambda collection, body, key: Index(HERE, Predicate(HERE, "filter", collection, body), key),
            inner,
            test,
            KEYS,
        ),
        st.builds(
            lambda collection, body, name: Call(HERE, name, (Predicate(HERE, "filter", collection, body),)),
            inner,
            test,
            st.sampled_from(["len", "first", "last"]),
        ),
        st.builds(
            lambda collection, body, operator, key: Binary(
                HERE, operator, Predicate(HERE, "count", collection, body), key
            ),
            inner,
            test,
            st.sampled_from(["<", "<=", ">", ">=", "=="]),
            KEYS,
        ),
    )


def _calls(inner):
    return st.sampled_from(sorted(FUNCTIONS)).flatmap(
        lambda name: st.lists(inner, min_size=FUNCTIONS[name], max_size=FUNCTIONS[name]).map(
            lambda arguments: Call(HERE, name, tuple(arguments))
        )
    )


def _inner_nodes(inner):
    return st.one_of(
        st.builds(Binary, st.just(HERE), st.sampled_from(OPERATORS), inner, inner),
        st.builds(Unary, st.just(HERE), st.sampled_from(["!", "-", "+"]), inner),
        st.builds(
            lambda operator, operands: Logical(HERE, operator, tuple(operands), (HERE,) * (len(operands) - 1)),
            st.sampled_from(["&&", "||"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
        st.builds(Conditional, st.just(HERE), inner, inner, inner),
        st.builds(Member, st.just(HERE), inner, NAMES),
        st.builds(Index, st.just(HERE), inner, inner),
        st.builds(_chain, inner, OPTIONS),
        st.builds(Slice, st.just(HERE), inner, st.one_of(st.none(), inner), st.one_of(st.none(), inner)),
        st.lists(inner, max_size=3).map(lambda items: Array(HERE, tuple(items))),
        st.lists(st.builds(lambda key, value: Pair(HERE, Text(HERE, key), value), NAMES, inner), max_size=2).map(
            lambda pairs: Map(HERE, tuple(pairs))
        ),
        st.builds(
            lambda value, body: Let(HERE, "bound", value, body), inner, st.one_of(inner, st.just(Name(HERE, "bound")))
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: Sequence(HERE, tuple(items))),
        st.builds(lambda low, high: Binary(HERE, "..", low, high), KEYS, KEYS),
        _predicates(inner),
        _typed(inner),
        _calls(inner),
    )


TREES = st.recursive(LEAVES, _inner_nodes, max_leaves=12)


def outcome(run):
    """Return what running gives, with failures as one word."""
    try:
        return run()
    except (ExpressionEvaluationError, Failed):
        return Failed


def mistakes_in(run):
    """Return the findings of running something: none when it works, and no other exception gets through."""
    try:
        run()
    except ExpressionError as error:
        return list(error.diagnostics)
    return []


def compiled(tree):
    """Return the function generated for a tree."""
    return generate("", tree, builtin_registry(), DEFAULT_SCOPE)[0]


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_tree_or_a_syntax_error_inside_the_text(text):
    """Parsing any text gives nodes, or a syntax error whose place lies inside the text."""
    spans = [diagnostic.location.span for diagnostic in mistakes_in(lambda: parse_expression(text))]
    assert all(0 <= span.start <= span.end <= len(text) for span in spans)
    assert spans or text.strip()


@given(TEXTS, ENVIRONMENTS)
@settings(max_examples=300, deadline=None)
def test_any_text_compiles_and_runs_or_raises_an_expression_error(text, env):
    """Nothing but an ExpressionError ever leaves the public functions, whatever the text and the data."""
    for compile_text in (compile_expression, compile_template):
        mistakes = mistakes_in(lambda make=compile_text: make(text).evaluate(env))
        assert all(mistake.message for mistake in mistakes)


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_router_expression_or_an_expression_error(text):
    """A router text leads to a target, or its mistakes are described."""
    mistakes = mistakes_in(lambda: compile_router(text))
    assert mistakes or compile_router(text).kind in {"chain", "component"}


@given(TREES, ENVIRONMENTS)
@settings(max_examples=1000, deadline=None)
def test_generated_code_agrees_with_the_reference_evaluator(tree, env):
    """Generated code gives the value that walking the tree gives, and fails where that fails."""
    expected = outcome(lambda: evaluate(tree, env))
    found = outcome(lambda: compiled(tree)(env))
    assert found is expected is Failed or alike(found, expected), (found, expected)


@given(TREES, ENVIRONMENTS)
@settings(max_examples=500, deadline=None)
def test_folding_never_changes_a_value(tree, env):
    """A tree with its constants folded gives what it gave before."""
    folded, mistakes = fold_constants(tree, "")
    before = outcome(lambda: compiled(tree)(env))
    after = outcome(lambda: compiled(folded)(env))
    assert mistakes or before is after is Failed or alike(before, after), (before, after)


@given(TREES, ENVIRONMENTS)
@settings(max_examples=500, deadline=None)
def test_rewriting_changes_no_value(tree, env):
    """A shorter way gives the same value; it may only miss the failure of an element that no longer matters."""
    before = outcome(lambda: compiled(tree)(env))
    after = outcome(lambda: compiled(rewrite(tree, builtin_registry()))(env))
    assert before is Failed or alike(before, after), (before, after)
