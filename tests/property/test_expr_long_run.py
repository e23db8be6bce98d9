"""Very many random texts: each is a value or our own error, at once, and the value is that of the reference evaluator.

How many is set by RULECHAIN_LONG_RUN (2,000 by default), where it starts by RULECHAIN_LONG_RUN_SEED.
"""

import contextlib
import os
import random
import signal

from rulechain.diagnostics.errors import ExpressionError, ExpressionEvaluationError
from rulechain.expr import compile_expression, compile_node_expression, compile_router, compile_template
from rulechain.expr.parse import parse_expression
from rulechain.values import JsonError, StringMap, to_json, to_text
from support.alike import alike
from support.random_expressions import RandomExpressions
from support.reference_eval import Failed, evaluate

COUNT = int(os.environ.get("RULECHAIN_LONG_RUN", "2000"))
SEED = int(os.environ.get("RULECHAIN_LONG_RUN_SEED", "1"))
# No text may take longer.
LONGEST_S = 10
ENVIRONMENTS = [
    {},
    {
        "msg": {"a": 1.0, "b": None, "name": "héllo", "items": [{"a": 1.0, "b": "x"}, {"a": 2.0}], "in": True},
        "metadata": StringMap(a="1", name="n"),
        "xs": [3.0, 1.0, 2.0],
        "s": "abc",
        "n": 10.0,
        "m": {"a": {"b": 1.0}, "b": True},
    },
    {"msg": "text", "metadata": StringMap(), "xs": ["b", "a", "b"], "s": "", "n": 3, "m": {}, "a": True, "type": "T"},
    {"msg": [[1.0, 2], [], {"a": []}], "xs": [True, None, 1, "a", 2.5], "s": "é\udcff", "n": float("nan"), "m": None},
]


class TooSlow(BaseException):
    """A text took longer than any text may."""


def _too_slow(*_):
    raise TooSlow


def _spans(error):
    if isinstance(error, ExpressionEvaluationError):
        return [error.span] if error.span is not None else []
    return [diagnostic.location.span for diagnostic in error.diagnostics]


def _result(text, env, make):
    """Return what a text gives on data; an ExpressionError, whose places lie inside the text, for none."""
    try:
        value = make(text).evaluate(env)
    except ExpressionError as error:
        if not all(0 <= span.start <= span.end <= len(text) for span in _spans(error)):
            raise AssertionError("a place outside the text") from error
        return error
    to_text(value)
    with contextlib.suppress(JsonError):
        to_json(value)
    return value


def _expected(text, env):
    """Return what the reference evaluator makes of a text; None where it does not know its parts."""
    try:
        return evaluate(parse_expression(text), env)
    except Failed:
        return Failed
    except NotImplementedError:
        return None


def check(text, env):
    """Try one text in every form it may have, and compare its value with the reference."""
    for make in (compile_template, compile_node_expression):
        _result(text, env, make)
    with contextlib.suppress(ExpressionError):
        compile_router(text)
    found = _result(text, env, compile_expression)
    if isinstance(found, ExpressionError) and not isinstance(found, ExpressionEvaluationError):
        return False
    expected = _expected(text, env)
    if expected is None or "budget" in str(found) or "now(" in text:
        return False
    failed = isinstance(found, ExpressionEvaluationError)
    assert failed if expected is Failed else not failed and alike(found, expected), (text, env, found, expected)
    return True


def test_any_of_very_many_texts():
    """Neither a crash, a hang nor a foreign exception, and the value of the reference evaluator."""
    texts = RandomExpressions(random.Random(SEED))
    compared = 0
    before = signal.signal(signal.SIGALRM, _too_slow)
    try:
        for _ in range(COUNT):
            text, env = texts.text(), texts.random.choice(ENVIRONMENTS)
            signal.alarm(LONGEST_S)
            try:
                compared += check(text, env)
            except BaseException as error:
                error.add_note(f"text: {text!r}\nwith: {env!r}")
                raise
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert compared > COUNT / 20
