"""Go's template language: what templates print, and what they refuse."""

import pytest

from rulechain.diagnostics.errors import ExpressionSyntaxError
from rulechain.gotemplate import compile_go_template
from rulechain.gotemplate.errors import TemplateError
from rulechain.values import ExactNumber, StringMap

DATA = {
    "msg": {
        "a": 1.0,
        "f": 1.5,
        "s": '<b>"q"</b>\'&',
        "l": [1.0, "x", None],
        "o": {"p": 2.0, "b": "é"},
        "t": True,
        "n": None,
        "e": [],
        "z": 0.0,
        "names": ["ann", "bob", "cy"],
        "id": ExactNumber("12345678901234567890"),
    },
    "metadata": StringMap(k="v", **{"a.b": "dot"}),
    "ts": 1_700_000_000_000,
}


def rendered(text, data=DATA):
    """What a template makes of the data."""
    return compile_go_template(text).render(data)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", ""),
        ("plain }} ${msg.a}", "plain }} ${msg.a}"),
        ("a {{/* comment }} */}} b", "a  b"),
        ("a {{- /* comment */ -}} b", "ab"),
        ("a {{- 1 -}} b", "a1b"),
        ("a {{-1}} b", "a -1 b"),
        ("a\n\t{{- 1}}", "a1"),
        ("{{1 -}}\n\n x", "1x"),
        ("{{\n.msg.a\n}}", "1"),
        ('{{"}}"}}', "}}"),
        ("{{`raw\n\\n`}}", "raw\n\\n"),
        (r'{{"a\tA\x41\u00e9\U0001F600\101"}}', "a\tAAé😀A"),
        (r'{{"\xc3\xa9"}}', "é"),
        ("{{'a'}} {{'\\n'}} {{'é'}}", "97 10 233"),
        ("{{0x1F}} {{0b101}} {{0o17}} {{017}} {{1_000}} {{-7}} {{+7}}", "31 5 15 15 1000 -7 7"),
        ("{{1.0}} {{1e3}} {{.5}} {{1e6}} {{1e-7}} {{2.50}}", "1 1000 0.5 1e+06 1e-07 2.5"),
        ("{{true}} {{false}}", "true false"),
    ],
)
def test_texts_and_constants(text, expected):
    """Text stands as it is, minus what trim marks cut away; constants are Go's."""
    assert rendered(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{{.msg.a}} {{.msg.f}} {{.msg.t}}", "1 1.5 true"),
        ("{{.msg.l}} {{.msg.e}}", "[1 x <nil>] []"),
        ("{{.msg.o}}", "map[b:é p:2]"),
        ("{{.metadata}}", "map[a.b:dot k:v]"),
        ("{{.msg.id}}", "12345678901234567890"),
        ("{{.ts}}", "1700000000000"),
        ("{{.msg.n}} {{.msg.none}} {{.none.x.y}} {{.metadata.none}}", " ".join(["<no value>"] * 4)),
        ("{{(.msg.o).p}} {{$.msg.a}} {{$x := .msg}}{{$x.o.p}}", "2 1 2"),
        ("{{with $x := .msg.n}}{{else}}{{$x.y}}{{end}}", "<no value>"),
        ("{{print}}|{{print .msg.none}}", "|<nil>"),
    ],
)
def test_values(text, expected):
    """Values print as Go prints them, and what is not there as <no value>."""
    assert rendered(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{{if .msg.a}}y{{else}}n{{end}}", "y"),
        ("{{if .msg.z}}y{{else}}n{{end}}", "n"),
        ("{{if .msg.e}}y{{end}}", ""),
        ('{{if eq .metadata.k "x"}}x{{else if eq .metadata.k "v"}}v{{else}}other{{end}}', "v"),
        ("{{if $x := .msg.f}}{{$x}}{{end}}", "1.5"),
        ("{{with .msg.o}}{{.p}}{{$.msg.a}}{{end}}", "21"),
        ("{{with .msg.none}}y{{else}}{{.msg.a}}{{end}}", "1"),
        ("{{with .msg.none}}y{{else with .msg.o}}{{.p}}{{end}}", "2"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"),
        ("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
        ("{{range .msg.names}}{{.}},{{end}}", "ann,bob,cy,"),
        ("{{range $v := .msg.l}}{{$v}};{{end}}", "1;x;<no value>;"),
        ("{{range $i, $v := .msg.names}}{{$i}}={{$v}};{{end}}", "0=ann;1=bob;2=cy;"),
        ("{{range $k, $v := .msg.o}}{{$k}}={{$v}};{{end}}", "b=é;p=2;"),
        ("{{$last := 0}}{{range $last = .msg.names}}{{end}}{{$last}}", "cy"),
        ("{{range .msg.e}}y{{else}}none{{end}}{{range .msg.none}}y{{else}}none{{end}}", "nonenone"),
        ("{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}", "01201"),
        ("{{range $i, $v := .msg.names}}{{if eq $i 1}}{{continue}}{{end}}{{$v}}{{end}}", "anncy"),
        ("{{range $i, $v := .msg.names}}{{if eq $i 1}}{{break}}{{end}}{{$v}}{{end}}!", "ann!"),
        ("{{range .msg.names}}{{range $.msg.names}}{{break}}{{end}}{{.}}{{end}}", "annbobcy"),
        ('{{define "t"}}<{{.}}>{{end}}{{template "t" .msg.a}}{{template "t"}}', "<1><<no value>>"),
        ('{{template "later" .msg.o}}{{define "later"}}{{.p}}{{$.p}}{{end}}', "22"),
        ('{{block "b" .msg.o}}{{.p}}{{end}}', "2"),
        ('{{define "n"}}{{if gt . 0}}{{.}}{{template "n" 0}}{{end}}{{end}}{{template "n" 3}}', "3"),
        ("{{range .msg.names}}{{$x := .}}{{end}}{{range .msg.names}}{{$y := .}}{{$y}}{{end}}", "annbobcy"),
    ],
)
def test_control(text, expected):
    """Conditions, loops, variables and templates in templates work as in Go."""
    assert rendered(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{{and 0 1}} {{and 1 2}} {{or 0 1}} {{or 0 0.0}} {{not 0}} {{not .msg.none}}", "0 2 1 0 true true"),
        ("{{and false (index .msg.l 99)}} {{or true (index .msg.l 99)}}", "false true"),
        (
            "{{eq 1 1}} {{eq 1 2 1}} {{ne 1 2}} {{eq nil .msg.n}} {{eq .msg.none nil}} {{eq 1 nil}}",
            "true " * 5 + "false",
        ),
        ('{{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1.5 2.5}}', "true true true false"),
        ('{{len "é"}} {{len .msg.l}} {{len .msg.o}} {{len .metadata}}', "2 3 2 2"),
        ('{{index .msg.l 1}} {{index .msg.o "p"}} {{index .msg "o" "b"}} {{index "abc" 1}}', "x 2 é 98"),
        ('{{index .msg.o "none"}}|{{index .metadata "none"}}|{{index .msg.l 2}}', "<no value>||<no value>"),
        ('{{slice "abcdef" 1 3}} {{slice "abc" 2}} {{slice "abc"}} {{slice .msg.names 1}}', "bc c abc [bob cy]"),
        ("{{html .msg.s}}", "&lt;b&gt;&#34;q&#34;&lt;/b&gt;&#39;&amp;"),
        ("{{js `a\"b'<c>=&\n\\é`}}", r"a\"b\'\u003Cc\u003E\u003D\u0026\u000A\\é"),
        ('{{urlquery "a b&c=é~"}} {{urlquery 1 2}}', "a+b%26c%3D%C3%A9~ 1+2"),
        ("{{html .msg.none}}", "&lt;no value&gt;"),
        (r'{{escape "a\"b\\c\nd\te\rf"}}', r"a\"b\\c\nd\te\rf"),
        ('{{print 1 2 "a" 3 "b"}}|{{println 1 "a"}}', "1 2a3b|1 a\n"),
        ('{{.msg.f | printf "%v-%v" 5}} {{"q" | printf "%q" | len}} {{1 | print | print}}', "5-1.5 3 1"),
        ('{{printf "%d" (len (print "ab" "cd"))}}', "4"),
        ("{{$x := 5 | print}}{{$x}}", "5"),
    ],
)
def test_functions(text, expected):
    """Every function gives what Go's gives."""
    assert rendered(text) == expected


@pytest.mark.parametrize(
    "text, place, message",
    [
        ("{{eq .msg.a 1}}", "1:2", "error calling eq: incompatible types for comparison: float64 and int"),
        ("ab\ncé {{lt .msg.n 1}}", "2:6", "error calling lt: invalid type for comparison"),
        ("{{lt true false}}", "1:2", "error calling lt: invalid type for comparison"),
        ("{{eq .msg.o .msg.o}}", "1:2", "error calling eq: non-comparable type map[b:é p:2]: map[string]interface {}"),
        ("{{eq 1}}", "1:2", "error calling eq: missing argument for comparison"),
        ("{{index .msg.l 3}}", "1:2", "error calling index: index out of range: 3"),
        ("{{index .msg.l 1.0}}", "1:2", "error calling index: cannot index slice/array with type float64"),
        ("{{index .msg.l nil}}", "1:2", "error calling index: cannot index slice/array with nil"),
        ("{{index .msg.o 1}}", "1:2", "error calling index: value has type int; should be string"),
        ("{{index .msg.n 1}}", "1:2", "error calling index: index of untyped nil"),
        ("{{index .msg.a 1}}", "1:2", "error calling index: can't index item of type float64"),
        ('{{slice "abc" 2 1}}', "1:2", "error calling slice: invalid slice index: 2 > 1"),
        ('{{slice "abc" 4}}', "1:2", "error calling slice: index out of range: 4"),
        ('{{slice "abc" 1 2 3}}', "1:2", "error calling slice: cannot 3-index slice a string"),
        ("{{slice .msg.o}}", "1:2", "error calling slice: can't slice item of type map[string]interface {}"),
        ("{{len 3}}", "1:2", "error calling len: len of type int"),
        ("{{len nil}}", "1:2", "error calling len: len of nil pointer"),
        ("{{call .msg.a}}", "1:2", "error calling call: non-function 1 of type float64"),
        ("{{len}}", "1:2", "wrong number of args for len: want 1 got 0"),
        ("{{index}}", "1:2", "wrong number of args for index: want at least 1 got 0"),
        ("{{printf 1}}", "1:2", "wrong type for value; expected string; got int"),
        ("{{escape .msg.n}}", "1:2", "invalid value; expected string"),
        ("{{nil}}", "1:2", "nil is not a command"),
        ("{{.msg.a 1}}", "1:2", "can't give argument to non-function .msg.a"),
        ("{{.msg.n.x}}", "1:2", "nil pointer evaluating interface {}.x"),
        ("{{.msg.a.x}}", "1:2", "can't evaluate field x in type float64"),
        ("{{range .msg.a}}{{end}}", "1:8", "range can't iterate over 1"),
        ("{{range $i, $v := 3}}{{end}}", "1:8", "can't use 3 to iterate over more than one variable"),
        ('{{template "none"}}', "1:11", 'template "none" not defined'),
        ('{{define "t"}}{{template "t"}}{{end}}{{template "t"}}', "1:25", "exceeded maximum template depth (100)"),
    ],
)
def test_what_fails_on_the_data(text, place, message):
    """The error has Go's form: place, what was at work, and why."""
    with pytest.raises(TemplateError) as raised:
        rendered(text)
    told = str(raised.value)
    assert told.startswith(f'template: template:{place}: executing "template" at <')
    assert told.endswith(f">: {message}")
    assert raised.value.diagnostics[0].location.span is not None


@pytest.mark.parametrize(
    "text, at, message",
    [
        ("a {{", 2, 'the action is not closed with "}}"'),
        ("{{.a", 0, 'the action is not closed with "}}"'),
        ('{{"a}}', 2, "the quoted text is not closed"),
        ("{{/* a }}", 0, "the comment is not closed"),
        ("{{/* a */ b}}", 0, 'the comment must be all there is between "{{" and "}}"'),
        ("{{}}", 2, "missing value for command"),
        ("{{1 |}}", 5, "missing value for command"),
        ("{{1 | 2}}", 6, "only a function can be given the value of another command"),
        ("{{foo .a}}", 2, 'there is no function "foo"'),
        ("{{$x}}", 2, 'there is no variable "$x" here'),
        ("{{if $x := 1}}{{end}}{{$x}}", 23, 'there is no variable "$x" here'),
        ("{{$x = 1}}", 2, 'there is no variable "$x" here'),
        ("{{.a-b}}", 4, '"-" means nothing here'),
        ("{{@}}", 2, '"@" means nothing here'),
        ("{{1x}}", 2, "1x: no number"),
        ("{{99999999999999999999}}", 2, "99999999999999999999: the number is too large"),
        ("{{'ab'}}", 2, "'ab' is not one character"),
        (r'{{"\z"}}', 2, r'"\z": "\z" is no escape'),
        ("{{end}}", 2, "unexpected {{end}}"),
        ("{{else}}", 2, "unexpected {{else}}"),
        ("{{if 1}}", 2, "{{if}} has no {{end}}"),
        ("{{if 1}}{{else}}{{else}}{{end}}", 18, "expected {{end}}, found a second {{else}}"),
        ("{{range 1}}{{else if 1}}{{end}}", 18, 'unexpected "if" in {{else}}'),
        ("{{break}}", 2, "{{break}} outside {{range}}"),
        ('{{range 1}}{{define "x"}}{{end}}{{end}}', 13, "unexpected {{define}}: it stands inside nothing else"),
        ('{{define "x"}}', 2, "{{define}} has no {{end}}"),
        ("{{template x}}", 11, 'unexpected "x" in template clause'),
        ("{{(1}}", 4, 'unexpected "}}" in parenthesized pipeline'),
        ("{{1.a}}", 2, "1.a: no number"),
        ('{{"a""b"}}', 5, 'unexpected ""b"" in operand'),
        ("{{true.a}}", 6, 'unexpected ".a" behind a value without fields'),
        ("{{range $a, $b, $c := .x}}{{end}}", 8, 'there is no variable "$a" here'),
        ("{{" + "(" * 101 + "1", 101, "the template is nested too deeply here: at most 100 levels are allowed"),
    ],
)
def test_what_is_no_template(text, at, message):
    """A mistake in the text is found before there is any data, and placed."""
    if "nested" in message:
        text += ")" * 101 + "}}"
    with pytest.raises(ExpressionSyntaxError) as raised:
        compile_go_template(text)
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message, finding.location.span.start) == ("S408", message, at)


def test_similar_names_are_suggested():
    """A typing error in the name of a function or a variable comes with a suggestion."""
    for text, hint in (
        ("{{pritnf 1}}", 'did you mean "printf"?'),
        ("{{$total := 1}}{{$totl}}", 'did you mean "$total"?'),
    ):
        with pytest.raises(ExpressionSyntaxError) as raised:
            compile_go_template(text)
        assert raised.value.diagnostics[0].hint == hint


@pytest.mark.parametrize(
    "text, message",
    [
        ("{{range 9000000}}{{end}}", "the template took more than 1000000 steps"),
        ('{{range 900000}}{{"' + "x" * 100 + '"}}{{end}}', "the text is longer than 16777216 characters"),
    ],
)
def test_limits(text, message):
    """A template cannot take all time or memory."""
    with pytest.raises(TemplateError) as raised:
        rendered(text)
    assert str(raised.value) == message


def test_a_template_keeps_nothing():
    """Rendering again gives the same, also after a failure."""
    template = compile_go_template("{{$x := 0}}{{range .l}}{{$x = .}}{{end}}{{$x}}{{.n.x}}")
    with pytest.raises(TemplateError):
        template.render({"l": [1], "n": None})
    assert template.render({"l": []}) == template.render({"l": []}) == "0<no value>"


@pytest.mark.parametrize(
    "text, reads",
    [
        ("x", set()),
        ("{{.a.b}} {{$.c}}", {"a", "c"}),
        ("{{range .a}}{{.b}}{{end}}", {"a", "b"}),
        ("{{with $x := .a}}{{$x.b}}{{end}}", {"a", "b"}),
        ("{{(index .a 0).b}}", {"a"}),
        ("{{range $key, $item := .a}}{{$key}}: {{$item}}{{end}}", {"a"}),
        ("{{.}}", None),
        ("{{$}}", None),
        ("{{range $key, $item := $}}{{$key}}{{end}}", None),
        ('{{define "t"}}{{.a}}{{end}}{{template "t" .}}', None),
        ('{{define "t"}}{{.a}}{{end}}{{template "t" .b}}', {"a", "b"}),
    ],
)
def test_a_template_knows_what_it_reads(text, reads):
    """Every member that it may look at, or None where it has the whole value."""
    assert compile_go_template(text).reads == reads
