"""What users read when an expression, a template or a router expression is wrong, in tests/golden/diagnostics.

Each file holds a text, the variables where it is evaluated, and all that is then shown:

    --- expression
    msg.count % 2
    --- given
    {"msg": {"count": 3}}
    --- shown
    error[R601]: …
"""

import re
from pathlib import Path

import pytest

from rulechain.diagnostics import Code, render_diagnostics
from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import (
    compile_expression,
    compile_node_expression,
    compile_router,
    compile_template,
    condition_mistakes,
)
from rulechain.values import StringMap, decode_json

FOLDER = Path(__file__).parent / "diagnostics"
CASES = sorted(FOLDER.rglob("expected.*.txt"))
_SECTION = re.compile(r"^--- (?P<name>[a-z ]+)\n(?P<body>.*?)(?:\n(?=--- [a-z ]+\n)|\Z)", re.MULTILINE | re.DOTALL)


def name_of(path):
    """A case's name: its group and slug."""
    return f"{path.parent.name}/{path.name.removeprefix('expected.').removesuffix('.txt')}"


def read_case(path):
    """The kind of text that a file is about, the text, and the variables or None."""
    sections = {match["name"]: match["body"] for match in _SECTION.finditer(path.read_text(encoding="utf-8"))}
    kind = next(iter(sections))
    return kind, sections[kind], sections.get("given")


def variables(given):
    """The variables as a chain has them: numbers are floats but for `ts`, and metadata is a map of texts."""
    special = {"metadata": StringMap, "ts": int}
    return {name: special.get(name, lambda same: same)(value) for name, value in decode_json(given).items()}


COMPILERS = {
    "expression": compile_expression,
    "template": compile_template,
    "node expression": compile_node_expression,
    "condition": compile_node_expression,
    "router": compile_router,
}


def findings(kind, text, env):
    """What is found wrong with a text, or with its evaluation where there are variables."""
    try:
        compiled = COMPILERS[kind](text)
        if env is not None and kind == "router":
            compiled.target(env, env.get("metadata", {}))
        elif env is not None:
            compiled.evaluate(env)
    except ExpressionError as error:
        return error.diagnostics
    if kind == "condition":
        return condition_mistakes(compiled)
    return getattr(compiled, "diagnostics" if kind == "template" else "warnings", ())


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_a_mistake_is_explained(path, golden):
    """A mistake reads exactly like this, and points at its place."""
    kind, text, given = read_case(path)
    found = render_diagnostics(findings(kind, text, None if given is None else variables(given)))
    assert found, "nothing is shown for this text: it is no mistake"
    header = [f"--- {kind}", text, *([] if given is None else ["--- given", given])]
    golden(path, "\n".join([*header, "--- shown", found, ""]))


def test_there_are_cases_of_every_kind():
    """No group or kind of text has got lost, and there are enough of them to cover the language."""
    assert {read_case(path)[0] for path in CASES} == set(COMPILERS)
    assert len(CASES) >= 200


def test_every_code_of_the_language_is_shown():
    """Each code of expression syntax and of names and types has a text here."""
    codes = {code for path in CASES for code in re.findall(r"\[([STR]\d{3})\]", path.read_text(encoding="utf-8"))}
    wanted = {str(code) for code in Code if code[0] in "ST"} - {Code.TEMPLATE_SYNTAX}
    assert codes >= wanted | {Code.EVALUATION}
