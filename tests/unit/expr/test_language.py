"""The language as data: expressions with what they give, in tests/golden/expr."""

import json
from pathlib import Path

import pytest

from rulechain.diagnostics.errors import ExpressionEvaluationError, ExpressionSyntaxError, ExpressionTypeError
from rulechain.expr import compile_expression
from rulechain.expr.go import Byte
from rulechain.values import StringMap

FOLDER = Path(__file__).parents[2] / "golden" / "expr"


def load_cases():
    """Yield every case with the environment of its group."""
    for path in sorted(FOLDER.glob("*.json")):
        if path.stem == "diagnostics":
            continue
        for group in json.loads(path.read_text(encoding="utf-8")):
            env = {name: read_value(value) for name, value in group["given"].items()}
            for case in group["cases"]:
                yield pytest.param(env, case, id=f"{path.stem}: {case['expression'][:60]}")


def read_value(value):
    """Return a given value; `{"$texts": …}` is a map of texts, as metadata is."""
    if isinstance(value, dict) and set(value) == {"$texts"}:
        return StringMap(value["$texts"])
    return value


def same(found, expected):
    """Tell whether two values are equal in type too: 1, 1.0 and true are three values."""
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[k], expected[k]) for k in expected)
        )
    kind = int if type(found) is Byte else type(found)
    return kind is type(expected) and found == expected


@pytest.mark.parametrize("env,case", list(load_cases()))
def test_case(env, case):
    """An expression gives its recorded result, is refused with its code, or fails in these words."""
    expression = case["expression"]
    if "error" in case:
        with pytest.raises((ExpressionSyntaxError, ExpressionTypeError)) as raised:
            compile_expression(expression)
        assert case["error"] in [str(diagnostic.code) for diagnostic in raised.value.diagnostics]
        return
    compiled = compile_expression(expression)
    if "fails" in case:
        with pytest.raises(ExpressionEvaluationError) as raised:
            compiled.evaluate(env)
        assert raised.value.message == case["fails"]
        return
    found = compiled.evaluate(env)
    assert same(found, case["result"]), f"{expression} gave {found!r}"
