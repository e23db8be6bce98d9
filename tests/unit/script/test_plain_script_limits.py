"""Scripts as Python functions never take what QuickJS would not: memory, time, depth."""

import pytest

from rulechain.model import Message
from rulechain.script import ScriptRuntime
from rulechain.script.compiled import Bail, plain_payload
from support.script_engines import ScriptEngines

MESSAGE = Message('{"s":"a"}', type="T", metadata={"k": "v"}, id="m", ts=1)


@pytest.fixture(scope="module")
def engines():
    """Both engines."""
    return ScriptEngines()


@pytest.mark.parametrize(
    "body",
    [
        "let s = msg.s;" + "s = s + s;" * 40 + "return s.length > 0",
        "let s = msg.s;" + "s = `${s}${s}`;" * 40 + "return s.length > 0",
        "let a = [1];" + "a = [...a, ...a];" * 40 + "return a.length > 0",
        "let s = 'ab'.repeat(10000); s = s.replaceAll('a', s); return s.length > 0",
        "return 'x'.padStart(1e9).length > 0",
    ],
)
def test_growth_is_left_to_quickjs_and_its_limits(engines, body):
    """A script that doubles its values does not take the process's memory."""
    answers = engines.compile(body, "truth")(MESSAGE)
    assert not answers.in_python


def test_a_result_that_holds_one_object_many_times_is_limited():
    """Forty references to references would be 2**40 members when written; QuickJS meets its limit."""
    plain = (
        ScriptRuntime()
        .compile("Transform", ("msg",), "let o = msg;" + "o = {a: o, b: o};" * 40 + "return o", form="change")
        .plain
    )
    with pytest.raises(Bail):
        plain_payload(plain.run({}))
    answers = ScriptEngines().compile(f"let big = 'x'.repeat(100000); return {{msg: [{'big, ' * 20}]}}")(MESSAGE)
    assert not answers.in_python
    assert answers.python == answers.quickjs


@pytest.mark.parametrize("body", ["return Number(s) > 0", "return parseFloat(s) > 0", "return s == 1"])
@pytest.mark.parametrize(
    "text", ["'1'.repeat(60000) + 'x'", "'1'.repeat(60000) + '.e'", "'.' + '1'.repeat(60000) + 'e'"]
)
def test_long_digits_take_no_long_time(engines, body, text):
    """A text of digits that is no number is read once, not once for each of its digits."""
    answers = engines.compile(f"let s = {text}; {body}", "truth")(MESSAGE)
    assert answers.python == answers.quickjs


@pytest.mark.parametrize("digits", [30, 31, 45])
def test_numbers_of_many_digits_are_read_by_quickjs(engines, digits):
    """It leaves out what follows the 38th digit, which may decide how the number is rounded."""
    text = f"9007199254740993.{'1':0>{digits - 17}}"
    for body in ("return Number(metadata.n)", "return parseFloat(metadata.n)", "return JSON.parse(metadata.n)"):
        answers = engines.compile(f"{body} === 9007199254740994", "truth")(MESSAGE.with_metadata("n", text))
        assert answers.python == answers.quickjs


def test_nested_comparisons_compile_in_one_pass(engines):
    """An operand becomes code once: comparisons inside each other do not double the work each time."""
    body = f"let a = msg.s; return {'(' * 25}a{' == 1)' * 25}"
    assert engines.is_plain(body, "truth")
    answers = engines.compile(body, "truth")(MESSAGE)
    assert answers.python == answers.quickjs


@pytest.mark.parametrize(
    "body",
    [
        f"return {'(' * 3000}1{')' * 3000} === 1",
        f"{'{' * 3000}{'}' * 3000} return true",
        "if (msg.s === 1) return 1; " + "else if (msg.s === 2) return 2; " * 300 + "return true",
        f"return msg{'.o' * 3000} === 1",
        f"return [{'[' * 100}{']' * 100}].length === 1",
    ],
)
def test_deep_scripts_stay_with_quickjs(engines, body):
    """What nests deeper than Python's own compiler takes is not compiled, and no error."""
    ask = engines.compile(body, "truth")
    if ask is not None:
        answers = ask(MESSAGE)
        assert answers.python == answers.quickjs
