"""Hostile expressions: each ends at once, with a reason, and without taking the memory of the process."""

import resource
import subprocess
import sys
import textwrap
import time

import pytest

from rulechain.diagnostics import Code
from rulechain.diagnostics.errors import ExpressionError, ExpressionEvaluationError, ExpressionTypeError
from rulechain.expr import FunctionSpec, budget, builtin_functions, charges, compile_expression, compile_template
from rulechain.expr.functions import FunctionRegistry
from rulechain.expr.limits import MAX_PATTERN, MAX_STEPS

NUMBERS = [float(number) for number in range(100_000)]
DATA = {
    "big": NUMBERS,
    "long": "a" * 1_000_000,
    "objects": [{"v": number % 100, "s": "x" * 20} for number in NUMBERS[:20_000]],
    "texts": ["x" * 1000] * 5_000,
    "day": "Mon, 02 Jan 2006 15:04:05 MST",
}
LONGEST_S = 5
# What one walk through the data may take before the first of it is charged.
ONCE_S = 2
FASTER = 20
MEMORY = 1_000_000_000


@pytest.mark.parametrize(
    "text",
    [
        "all(1..900000, all(1..900000, true))",
        "let r = 1..900000; all(r, all(r, true))",
        "any(big, any(big, any(big, false)))",
        "count(big, count(big, true) < 0) > 0",
        "reduce(1..100, #acc + #acc, 'ab')",
        "reduce(1..100000, concat(#acc, [#]), [])",
        "reduce(1..40, [#acc, #acc], 1)",
        "let a = [1]; let b = [a, a]; toJSON(reduce(1..40, [#acc, #acc], b))",
        'replace(long, "", long)',
        "repeat(long, 10000)",
        'repeat("a", 999999) + repeat("b", 999999)',
        'join(split(long, ""), long)',
        'let a = repeat("a", 900000); let b = a + a; let c = b + b; let d = c + c; let e = d + d; len(e + e)',
        "let b = long + long; let c = b + b; let d = c + c; let e = d + d; len(e + e)",
        "join(map(1..100000, long), long)",
        "map(1..100000, long[0:500000])",
        "map(1..100000, upper(long))",
        'all(1..100000, indexOf(long, "b") < 0)',
        "all(1..100000, sort(big) != nil)",
        "all(1..100000, uniq(big) != nil)",
        "uniq(map(1..30000, [#]))",
        "all(1..100000, 5.5 in big || true)",
        "all(1..100000, [1] in objects || true)",
        "all(1..100000, objects == objects)",
        "all(1..100000, objects != objects || true)",
        "all(1..100000, mean(big) > 0)",
        "all(1..100000, len(string(objects)) > 0)",
        'all(1..100000, long contains "b" || true)',
        'all(1..100000, long matches "^(a+)+$")',
        'all(1..100000, "x" matches ("b" + string(#)) || true)',
        "all(1..100000, " + " && ".join(["# > 0"] * 1000) + ")",
        "map(1..100000, " + "+".join(["#"] * 300) + ")",
        f'all(1..900000, "{"a" * 50_000}" contains "b" || true)',
        "sum(map(filter(1..100000, " + " && ".join(["# > 0"] * 500) + "), #))",
        "sort(map(1..900000, # % 2 == 0 ? # : 1.5))",
        "1..9223372036854775807",
        'long matches "(a?){1000}b"',
        f'long matches repeat("a", {MAX_PATTERN + 1})',
        " && ".join(["objects == objects"] * 1000),
        " || ".join(['long contains "b"'] * 3000),
    ],
)
def test_what_never_ends_is_ended(text, monkeypatch):
    """Elements, built text and steps are bounded, and the reason is said in words.

    The steps are fewer here than for users, so that the test ends early: what is charged makes the time proportional.
    """
    for module in (budget, charges):
        monkeypatch.setattr(module, "MAX_STEPS", MAX_STEPS // FASTER)
    compiled = compile_expression(text)
    started = time.process_time()
    with pytest.raises(ExpressionEvaluationError, match=r"memory budget exceeded|too many steps|too long"):
        compiled.evaluate(DATA)
    assert time.process_time() - started < LONGEST_S / FASTER + ONCE_S


@pytest.mark.parametrize("text", ["any(big, any(big, # < 0))", "all(1..900000, date(day) != nil)"])
def test_the_steps_that_users_have_end_soon(text):
    """All the steps of an evaluation together take about a second."""
    compiled = compile_expression(text)
    started = time.process_time()
    with pytest.raises(ExpressionEvaluationError, match="too many steps"):
        compiled.evaluate(DATA)
    assert time.process_time() - started < LONGEST_S


@pytest.mark.parametrize(
    "text,steps",
    [
        ("date(day)", 350),
        ('date("2024-01-02", "2006-01-02")', 300),
        ('duration("1h30m5s7ms1h30m5s7ms")', 60),
        ('timezone("Europe/Berlin")', 20),
        ("now()", 20),
        ('moment.Format("15:04")', 150),
        ("moment.Year()", 30),
        ("string(moment)", 150),
        ("toJSON([moment, moment])", 300),
        ('"x" matches ("b" + string(#))', 300),
        ('day matches "^Tue"', 20),
        ('letters matches "(a+)+$"', 40_000),
        (f'"{"a" * 3200}" contains "b"', 100),
        ("upper(name)", 100),
    ],
)
def test_what_takes_long_takes_many_steps(text, steps, monkeypatch):
    """A step stands for about the same time, whatever it is taken for."""
    for module in (budget, charges):
        monkeypatch.setattr(module, "MAX_STEPS", MAX_STEPS // FASTER)
    rounds = 0

    def counted(_):
        nonlocal rounds
        rounds += 1
        return True

    registry = FunctionRegistry([*builtin_functions(), FunctionSpec("counted(x: any): bool", counted)])
    compiled = compile_expression(f"let moment = now(); all(1..25000, counted({text}))", functions=registry)
    with pytest.raises(ExpressionEvaluationError, match="too many steps"):
        compiled.evaluate(DATA | {"name": "x" * 3200, "letters": "a" * 100_000})
    assert 0 < rounds * steps < MAX_STEPS // FASTER


@pytest.mark.parametrize(
    "text,expected",
    [
        ("all(1..999, all(1..900, true))", True),
        ("sum(map(big, # * 2)) > 0", True),
        ("len(sort(big)) == len(big)", True),
        ('len(filter(texts, # contains "x" && len(upper(#)) > 5))', 5_000),
        ("count(objects, .v in [1, 2, 3])", 600),
        ("len(uniq(map(objects, .v)))", 100),
        ('len(replace(long, "a", "ab"))', 2_000_000),
        ('long matches "a+b?$"', True),
        ("len(groupBy(objects, .v))", 100),
        ("reduce(big, #acc + #, 0) > 0", True),
    ],
)
def test_honest_work_on_large_data_is_done(text, expected):
    """The bounds lie far above what rules do."""
    assert compile_expression(text).evaluate(DATA) == expected


@pytest.mark.parametrize(
    "text",
    [f'"a" matches "{"a" * (MAX_PATTERN + 1)}"', '"a" matches "(((a{100}){100}){100}){100}"', '"a" matches "a{1001}"'],
    ids=["length", "nested repetition", "repetition"],
)
def test_patterns_that_are_too_large_are_refused_at_load(text):
    """A pattern's program is bounded."""
    with pytest.raises(ExpressionTypeError) as raised:
        compile_expression(text)
    assert raised.value.diagnostics[0].code is Code.BAD_PATTERN


def test_memory_is_bounded():
    """The hostile expressions together fit into a process that may have a gigabyte."""
    program = """
        from rulechain.expr import compile_expression
        from rulechain.diagnostics.errors import ExpressionError
        for text in [
            "let a = repeat('x', 900000); let b = a + a; let c = b + b; let d = c + c; let e = d + d; len(e + e)",
            "reduce(1..30, [#acc, #acc], 1)", "toJSON(reduce(1..30, [#acc, #acc], 1))",
            "map(1..999, map(1..999, map(1..999, 1)))", "map(1..100000, repeat('x', 9000))",
            "fromJSON(repeat('[', 900000))", "flatten(reduce(1..22, [#acc, #acc], 1))",
            "string(map(1..900, 1..1000))", "split(repeat('a', 900000), '')", "2 ** 1000000", "repeat('ab', 1 << 1)",
            "reduce(1..1000, fromPairs(concat(toPairs(#acc), [[string(#), #acc]])), {})",
        ]:
            try:
                compile_expression(text).evaluate({})
            except ExpressionError:
                pass
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("text", ["map(1..600000, #)", "filter(1..600000, true)", "sortBy(1..600000, #)"])
def test_loops_pay_for_the_lists_they_make(text):
    """A list made by a loop counts like one that is written or a range."""
    with pytest.raises(ExpressionEvaluationError, match="memory budget exceeded"):
        compile_expression(text).evaluate({})


def test_a_template_shares_its_bounds():
    """All holes of a text together have the budget of one evaluation."""
    template = compile_template("${len(1..600000)} ${len(1..600000)}")
    with pytest.raises(ExpressionError, match="memory budget exceeded"):
        template.evaluate({})
