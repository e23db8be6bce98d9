"""Generated code has short ways for common values: what they give, and what the long ways beside them give."""

import pytest

from rulechain.diagnostics.errors import ExpressionEvaluationError
from rulechain.expr import FunctionSpec, builtin_functions, compile_expression, compile_template
from rulechain.expr.functions import FunctionRegistry, builtin_registry
from rulechain.expr.generate import generate
from rulechain.expr.parse import parse_expression
from rulechain.expr.scope import DEFAULT_SCOPE
from rulechain.values import StringMap

ENV = {
    "f": 7.5,
    "i": 7,
    "s": "press-7",
    "accented": "Straße",
    "large": 2.0**53,
    "b": True,
    "nothing": None,
    "floats": [3.0, 1.0, 2.0],
    "mixed": [3, 1.5, 2],
    "tuple": (1.0, 2.0),
    "object": {"a": 1.0, "b": 2.0},
    "rows": [{"ok": True, "v": 1.0}, {"ok": False, "v": 2.0}, {"ok": True, "v": 4.0}],
    "metadata": StringMap(site="north"),
    "double": lambda number: number * 2,
}


def value(text):
    """Return what an expression gives."""
    return compile_expression(text).evaluate(ENV)


def failure(text):
    """Return the words of an expression that fails."""
    with pytest.raises(ExpressionEvaluationError) as raised:
        value(text)
    return raised.value.message


def exactly(found, expected):
    """Tell whether two values are equal in type too."""
    return type(found) is type(expected) and found == expected


@pytest.mark.parametrize(
    "text,expected",
    [
        ("f + f", 15.0),
        ("i + i", 14),
        ("f + i", 14.5),
        ("i - i", 0),
        ("f - i", 0.5),
        ("i * i", 49),
        ("f * i", 52.5),
        ("f / i", 7.5 / 7),
        ("i / i", 1.0),
        ("i / 2", 3.5),
        ("len(s) + 1", 8),
        ("len(s) * 0.5", 3.5),
        ("len(s) - 9223372036854775807 - len(s) - 9", 9223372036854775800),
        ("9223372036854775807 * len(s)", 9223372036854775801),
        ("9223372036854775807 + len(s)", -9223372036854775802),
        ("-9223372036854775807 - len(s)", 9223372036854775802),
        ("len(s) % 4", 3),
        ("-len(s) % 4", -3),
        ("i % 4", 3),
        ("len(s) == 7", True),
        ("len(s) != int(f)", False),
        ("i >= f", False),
        ("s >= s", True),
    ],
)
def test_numbers(text, expected):
    """Floats and known ints are reckoned inline, others by the operators; ints wrap at 64 bits on both ways."""
    assert exactly(value(text), expected)


@pytest.mark.parametrize(
    "text,expected",
    [
        ('s + "!"', "press-7!"),
        ('"<" + s', "<press-7"),
        ("s + s", "press-7press-7"),
        ('upper(s) + ":" + string(int(f))', "PRESS-7:7"),
        ("string(s) + lower(s)", "press-7press-7"),
        ('map(floats, "v" + string(#))', ["v3", "v1", "v2"]),
        ("map([1], upper(s) + lower(s))", ["PRESS-7press-7"]),
        ("string(i) == string(7)", True),
        ('s contains "ss"', True),
        ('s startsWith "ss"', False),
        ("s endsWith string(7)", True),
        ('nothing contains "ss"', False),
        ("upper(accented)", "STRAßE"),
        ("lower(upper(accented))", "straße"),
    ],
)
def test_texts(text, expected):
    """Texts are joined and looked into inline."""
    assert exactly(value(text), expected)


@pytest.mark.parametrize(
    "text,message",
    [
        ("s + i", "invalid operation: string + int"),
        ('i + "!"', "invalid operation: int + string"),
        ("upper(s) + nothing", "invalid operation: string + <nil>"),
        ('i contains "a"', "interface conversion: interface {} is int, not string"),
        ("f % 2", "invalid operation: float64 % int"),
        ("len(s) % (len(s) - 7)", "runtime error: integer divide by zero"),
        ("floats[3]", "index out of range: 3 (array length is 3)"),
        ("floats[-4]", "index out of range: -1 (array length is 3)"),
        ('sum(split(s, "-"))', "invalid operation: string + int"),
        ("len(i)", "invalid argument for len (type int)"),
        ("i && true", "interface conversion: interface {} is int, not bool"),
    ],
)
def test_failures(text, message):
    """What has no short way fails in the operators' words."""
    assert failure(text) == message


@pytest.mark.parametrize(
    "text,expected",
    [
        ("floats[0]", 3.0),
        ("floats[-3]", 3.0),
        ("tuple[1]", 2.0),
        ('object["b"]', 2.0),
        ('metadata["site"] + metadata["missing"]', "north"),
        ("len(floats) + len(tuple) + len(object) + len(s)", 14),
        ("len(split(s, '-'))", 2),
        ("f in [7.5, 1]", True),
        ("i in [7.5, 7]", True),
        ("b in [1, 0]", False),
        ('i in ["7"]', False),
        ("f in [7.5, s]", True),
        ("large in [9007199254740993]", True),
        ("b ? 1 : 2", 1),
        ("max(floats)", 3.0),
        ("min(floats)", 1.0),
        ("max(mixed)", 3),
        ("min(mixed, 1)", 1),
        ("max([])", None),
    ],
)
def test_lists_and_maps(text, expected):
    """Elements, sizes and members of lists and maps are fetched inline where they exist."""
    assert exactly(value(text), expected)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("all(floats, # > 0)", True),
        ("none(floats, # > 2)", False),
        ("any(tuple, # > 1)", True),
        ("one(floats, # > 2)", True),
        ("count(rows, .ok)", 2),
        ("count([true, false])", 1),
        ("count(rows, .ok) > 1", True),
        ("find(rows, .v > 1).v", 2.0),
        ("findLast(rows, .v < 4).v", 2.0),
        ("findIndex(floats, # < 3)", 1),
        ("findLastIndex(floats, # < 3)", 2),
        ("findIndex(floats, # > 3)", None),
        ("findLastIndex(floats, # > 3)", None),
        ("map(floats, #index)", [0, 1, 2]),
        ("map(filter(rows, .ok), .v)", [1.0, 4.0]),
        ("map(filter(rows, .ok), #index)", [0, 1]),
        ("sum(map(rows, .v))", 7.0),
        ("sum(map(rows, #index))", 3),
        ("sum(map(filter(rows, .ok), .v))", 5.0),
        ("sum(filter(floats, # > 1))", 5.0),
        ("sum(rows, .v)", 7.0),
        ("sum([])", 0),
        ("sum(mixed)", 6.5),
        ("sum(1..4)", 10),
        ("sum(map(1..3, # * 2))", 12),
        ("reduce(floats, #acc - #)", 0.0),
        ("reduce(floats, #acc - #, 10)", 4.0),
        ("reduce(floats, #acc + #index)", 6.0),
        ("reduce(floats, #acc + #index, 0)", 3),
        ("sortBy(rows, -.v)[0].v", 4.0),
        ('sortBy(rows, .v, "desc")[0].v', 4.0),
        ("sort(mixed)", [1.5, 2, 3]),
        ("groupBy(rows, .ok)[true][1].v", 4.0),
        ("any(accented, # == 195)", True),
        ("filter(object, false)", []),
        ("map(object, 1)", [1, 1]),
        ("map(filter(object, false), 1)", []),
        ("all(object, true) && count(object, true) == 2", True),
    ],
)
def test_loops(text, expected):
    """Every predicate is a loop over a list, a text's bytes, or as many places as a map has."""
    assert exactly(value(text), expected)


@pytest.mark.parametrize(
    "text", ["filter(object, true)", "find(object, true)", "reduce(object, 1)", "map(object, #)", "sum(object)"]
)
def test_a_map_has_no_elements(text):
    """No loop gives or reads an element of a map."""
    assert failure(text) == "reflect: call of reflect.Value.Index on map Value"


@pytest.mark.parametrize("text", ["reduce([], #acc + #)", "filter([], # > 1)[0]", "filter([], # > 1)[-1]"])
def test_there_must_be_an_element(text):
    """Without a start there is nothing to fold, and no first element."""
    assert "empty array" in failure(text) or "out of range" in failure(text)


@pytest.mark.parametrize(
    "text,asked",
    [
        ("map(filter(rows, seen(.v) > 1), seen(.v * 10))", [1.0, 2.0, 20.0, 4.0, 40.0]),
        ("sum(map(rows, seen(.v)))", [1.0, 2.0, 4.0]),
        ("any(map(rows, seen(.v)), # > 1)", [1.0, 2.0, 4.0]),
        ("seen(1) + sum(map(rows, seen(.v))) + seen(3)", [1, 1.0, 2.0, 4.0, 3]),
        ("reduce(rows, #acc + seen(.v), seen(9))", [9, 1.0, 2.0, 4.0]),
    ],
)
def test_what_is_evaluated_when(text, asked):
    """A filter and what follows it go over the elements together; everything is evaluated once, from left to right."""
    order = []

    def seen(number):
        order.append(number)
        return number

    spec = FunctionSpec("seen(x: any): any", seen)
    registry = FunctionRegistry([*builtin_functions(), spec])
    compile_expression(text, functions=registry).evaluate(ENV)
    assert order == asked


def test_loops_read_what_is_around_them():
    """Variables, roots and the pointers of loops around reach the innermost one."""
    text = "let n = 10; map(floats, let outer = #; sum(map(floats, outer * # + n + i)))"
    assert value(text) == [69.0, 57.0, 63.0]


def test_a_value_may_be_a_function():
    """A function of the data is called by its name, with :: in front of it, or by a name bound to it."""
    assert value("double(f)") == value("let twice = double; twice(f)") == 15.0
    with pytest.raises(ExpressionEvaluationError, match="cannot call nil"):
        value("let twice = nothing; twice(f)")


def test_functions_of_the_users_own_have_no_short_way():
    """Only the language's own `len` and `string` may be replaced by code."""
    specs = [FunctionSpec("len(x: any): any", lambda _: "long"), FunctionSpec("string(x: any): any", lambda _: "text")]
    registry = FunctionRegistry(specs)
    assert compile_expression("[len(floats), string(1)]", functions=registry).evaluate(ENV) == ["long", "text"]


def test_a_bad_pattern_that_is_never_reached_does_no_harm():
    """Code for a tree that was not checked fails when the pattern is used."""
    function, _ = generate("", parse_expression('b || s matches "("'), builtin_registry(), DEFAULT_SCOPE)
    assert function({"b": True}) is True
    with pytest.raises(ExpressionEvaluationError, match="error parsing regexp"):
        function({"b": False, "s": "a"})


@pytest.mark.parametrize(
    "text,expected",
    [
        ("${s} at ${f}", "press-7 at 7.5"),
        ("${len(s)} of ${i}", "7 of 7"),
        ("${upper(s)}: ${floats}", "PRESS-7: [3,1,2]"),
        ("[${nothing}] ${b} ${'x'}", "[] true x"),
        ("${1e21} ${f * 1e20}", "1000000000000000000000 750000000000000000000"),
    ],
)
def test_text_forms_in_templates(text, expected):
    """Texts, floats and known ints are written without asking what they are."""
    assert compile_template(text).evaluate(ENV) == expected


def test_evaluate_is_the_generated_function_itself():
    """A short expression takes no longer than its own code."""
    compiled = compile_expression("f > 1")
    assert compiled.evaluate is compiled.function
    template = compile_template("${f} ${i}")
    assert template.evaluate is template.function
