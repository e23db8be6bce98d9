"""Compiled expressions: scopes, roots, places of failures, and what they share with nobody."""

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from rulechain.diagnostics import Code, Severity
from rulechain.diagnostics.errors import ExpressionEvaluationError, ExpressionSyntaxError, ExpressionTypeError
from rulechain.expr import FunctionSpec, Scope, builtin_functions, compile_expression
from rulechain.expr.functions import FunctionRegistry
from rulechain.values import StringMap

MESSAGE_SCOPE = Scope(
    parameters=("message", "outputs"),
    roots={"msg": "message.value", "metadata": "message.metadata", "id": "message.id"},
    fallback="outputs",
)


def message(value=None, **metadata):
    """Return something shaped like a message."""
    return SimpleNamespace(value=value, metadata=StringMap(metadata), id="m1")


def test_roots_are_the_names_read_from_the_environment():
    """Bound names and members are no roots; `$env` is none of its own."""
    compiled = compile_expression("let a = msg.x; a + metadata.y + (nosuch ?? $env.z)")
    assert compiled.roots == ("msg", "metadata", "nosuch")


def test_a_scope_generates_a_function_of_its_parameters():
    """The engine passes a message, not a mapping; other names come from the fallback."""
    compiled = compile_expression("msg.a + n1.msg.b", scope=MESSAGE_SCOPE)
    assert compiled.function(message({"a": 1.0}), {"n1": {"msg": {"b": 2.0}}}.get) == 3.0


def test_evaluate_takes_names_whatever_the_scope():
    """An expression compiled for messages can be tried on plain data."""
    assert compile_expression("msg.a", scope=MESSAGE_SCOPE).evaluate({"msg": {"a": 1.0}}) == 1.0


def test_the_environment_is_a_map_of_all_roots():
    """`$env` in a scope holds what the scope declares."""
    compiled = compile_expression('$env["id"]', scope=MESSAGE_SCOPE)
    assert compiled.function(message(), lambda _: None) == "m1"


def test_a_scope_without_fallback_reads_nil():
    """A name that a scope does not declare is nil."""
    scope = Scope(parameters=("message",), roots={"msg": "message.value"}, fallback=None)
    assert compile_expression("other ?? 1", scope=scope).function(message()) == 1


@pytest.mark.parametrize("path", ["other.value", "message.value()", "message.a-b", ""])
def test_a_scope_takes_dotted_paths_alone(path):
    """No code can be brought in through a scope."""
    with pytest.raises(ValueError, match="dotted path"):
        Scope(parameters=("message",), roots={"msg": path}, fallback=None)


def test_a_failure_has_its_place_and_expr_langs_shape():
    """Chains see the text in errorMsg: the sentence, line and column, the line, dots and a caret."""
    with pytest.raises(ExpressionEvaluationError) as raised:
        compile_expression("1 +\n  msg.a.b").evaluate({"msg": {}})
    assert str(raised.value) == "cannot fetch b from <nil> (2:9)\n |   msg.a.b\n | ........^"


def test_the_place_of_a_failure_inside_a_predicate_is_the_inner_one():
    """The innermost operation is blamed, not the function around it."""
    with pytest.raises(ExpressionEvaluationError) as raised:
        compile_expression("map([1, nil], # + 1)").evaluate({})
    assert raised.value.span == (16, 17)


def test_an_evaluation_error_can_be_pickled():
    """Errors cross process borders."""
    error = ExpressionEvaluationError("words", "text", None, "hint")
    assert pickle.loads(pickle.dumps(error)).args == error.args


def test_an_unknown_function_is_a_warning():
    """RuleGo loads such chains; they fail when the call is reached."""
    compiled = compile_expression("false && uper(1)")
    assert [(d.code, d.severity) for d in compiled.warnings] == [(Code.UNKNOWN_FUNCTION, Severity.WARNING)]
    assert compiled.evaluate({}) is False


def test_a_function_of_the_environment_can_be_called():
    """A name the language does not know may be a function of the data."""
    assert compile_expression("add(1, 2)").evaluate({"add": lambda a, b: a + b}) == 3


def test_a_foreign_exception_becomes_an_evaluation_error():
    """What a user's function raises has the place of its call, and its cause is kept."""
    with pytest.raises(ExpressionEvaluationError, match="by zero") as raised:
        compile_expression("2 * f(1)").evaluate({"f": lambda x: x // 0})
    assert raised.value.span == (4, 5)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_registered_functions_are_checked_like_built_in_ones():
    """A signature gives arity and types, known before any message."""
    spec = FunctionSpec("twice(x: number): same", lambda x: x * 2, "Double a number.")
    registry = FunctionRegistry([*builtin_functions(), spec])
    assert compile_expression("twice(2) + 1", functions=registry).evaluate({}) == 5
    with pytest.raises(ExpressionTypeError):
        compile_expression("twice('a')", functions=registry)


def test_results_of_registered_functions_are_not_trusted():
    """A signature that lies cannot break the generated code's assumptions."""
    spec = FunctionSpec("odd(x: any): bool", lambda _: "no bool")
    with pytest.raises(ExpressionEvaluationError, match="not bool"):
        compile_expression("odd(1) ? 1 : 2", functions=FunctionRegistry([spec])).evaluate({})


def test_an_evaluation_never_changes_its_environment():
    """Sorting, reversing and slicing make new lists."""
    env = {"xs": [3.0, 1.0, 2.0], "m": {"a": 1.0}}
    for text in ("sort(xs)", "reverse(xs)", "xs[1:]", "sortBy(xs, #)", "take(xs, 2)", "keys(m)", "concat(xs, xs)"):
        compile_expression(text).evaluate(env)
    assert env == {"xs": [3.0, 1.0, 2.0], "m": {"a": 1.0}}


def test_evaluations_share_no_state():
    """One compiled expression serves many threads; the budget belongs to the evaluation."""
    compiled = compile_expression("sum(map(1..1000, # * n))")
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda n: compiled.evaluate({"n": n}), range(200)))
    assert results == [500500 * n for n in range(200)]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3000 + "1" + ")" * 3000,
        "||".join(['x == "a"'] * 2000),
        "true ? " * 3000 + "1" + " : 2" * 3000,
        "msg" + "?.a" * 4900,
        "(msg" + "?.a" * 100 + ").b?.c",
        "+".join(["1"] * 5000),
        "!" * 4000 + "true",
        "len([" * 40 + "1" + "])" * 40,
        "".join(f"(let a{i} = {i}; " for i in range(1000)) + "a1" + ")" * 1000,
        "map([1], " * 100 + "#" + ")[0]" * 100,
        "[" * 4000 + "]" * 4000 + " == nil",
    ],
    ids=["parentheses", "ors", "conditions", "members", "mixed", "sum", "prefixes", "calls", "lets", "maps", "lists"],
)
def test_deep_texts_compile_and_run(text):
    """What is nested thousands of levels deep is as good as anything else, and leaves Python's own limit alone."""
    before = sys.getrecursionlimit()
    assert compile_expression(text).evaluate({}) in (1, False, None, 5000, True)
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize(
    "text",
    [
        "!" * 5000 + "true",
        "[" * 6000 + "]" * 6000,
        "**".join(["x"] * 5001),
        "msg" + "?.a" * 6000,
        "x" * 100_001,
        "+".join(["x"] * 9000),
        "[" + "1," * 10_000 + "]",
    ],
    ids=["prefixes", "lists", "powers", "members", "length", "terms", "elements"],
)
def test_texts_that_are_too_large_are_refused(text):
    """A hostile text gives a diagnostic, neither a crash nor a hang."""
    with pytest.raises(ExpressionSyntaxError) as raised:
        compile_expression(text)
    assert raised.value.diagnostics[0].code is Code.EXPRESSION_TOO_LARGE


def test_deep_data_cannot_crash_an_evaluation():
    """Recursion through deep data ends as an evaluation error."""
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ExpressionEvaluationError):
        compile_expression("flatten(x)").evaluate({"x": deep})
    while deep:
        deep = deep.pop()


def test_repr_names_the_text():
    """A compiled expression shows what it was made from."""
    assert repr(compile_expression("1+1")) == "CompiledExpression('1+1')"
