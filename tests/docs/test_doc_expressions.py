"""docs/expressions.md: every example has the value that stands behind it."""

import json

import pytest

from rulechain.diagnostics.errors import ExpressionError
from rulechain.expr import compile_expression, compile_template
from rulechain.expr.show import show_value
from rulechain.values import StringMap, decode_json
from support.markdown import ROOT, blocks

PAGE = ROOT / "docs" / "expressions.md"


def lines_of(language, separator):
    """The lines of all blocks of a language, as pairs of what is written and what it gives."""
    lines = [line for block in blocks(PAGE, language) for line in block.text.splitlines()]
    return [tuple(line.rsplit(separator, 1)) for line in lines]


def variables():
    """The variables that the page shows, as a chain would have them."""
    (block,) = blocks(PAGE, "json")
    env = decode_json(block.text)
    return {**env, "metadata": StringMap(env["metadata"]), "ts": json.loads(block.text)["ts"]}


def outcome(expression):
    """What the page says an expression gives: its value, or how it fails."""
    try:
        return show_value(compile_expression(expression).evaluate(variables()))
    except ExpressionError as error:
        return f"fails: {error.diagnostics[0].message}"


@pytest.mark.parametrize("expression, given", lines_of("expr", " // "))
def test_expressions_give_what_the_page_says(expression, given):
    """An expression has the value, or fails with the words, in the comment behind it."""
    assert outcome(expression) == given


@pytest.mark.parametrize("template, given", lines_of("template", " => "))
def test_templates_give_what_the_page_says(template, given):
    """A template renders as the text behind the arrow."""
    assert compile_template(template).render(variables()) == given


def test_the_page_has_examples():
    """No block has been overlooked: each part of the language is shown."""
    assert len(lines_of("expr", " // ")) >= 40
    assert len(lines_of("template", " => ")) >= 4
