"""Go's fmt, as `print`, `println` and `printf` use it."""

import math

import pytest

from rulechain.gotemplate.format import sprint, sprintf, sprintln
from rulechain.values import ExactNumber, StringMap


@pytest.mark.parametrize(
    "pattern, values, expected",
    [
        ("%v %v %v %v", [1, 1.0, "s", True], "1 1 s true"),
        ("%v %v %v", [1e6, 1e21, 123456.0], "1e+06 1e+21 123456"),
        ("%v %v", [1e-5, 0.0001], "1e-05 0.0001"),
        ("%v %v %v", [math.inf, -math.inf, math.nan], "+Inf -Inf NaN"),
        ("%v", [None], "<nil>"),
        ("%v %v", [[1.0, None, "x"], {"b": 1.0, "a": [True]}], "[1 <nil> x] map[a:[true] b:1]"),
        ("%v", [ExactNumber("12345678901234567890")], "12345678901234567890"),
        ("%d|%5d|%-5d|%05d|%+d|% d", [42, 42, 42, 42, 42, 42], "42|   42|42   |00042|+42| 42"),
        ("%05d|%+05d|%.3d|%8.3d", [-42, 42, 7, -7], "-0042|+0042|007|    -007"),
        ("%x|%X|%#x|%o|%#o|%O|%b", [255, 255, 255, 8, 8, 8, 5], "ff|FF|0xff|10|010|0o10|101"),
        ("%c|%q|%U|%#U", [233, 233, 233, 233], "é|'é'|U+00E9|U+00E9 'é'"),
        ("%f|%.2f|%8.1f|%-8.1f|%08.2f|%+.1f", [1.5] * 6, "1.500000|1.50|     1.5|1.5     |00001.50|+1.5"),
        ("%e|%.1E|%g|%.3g|%G", [1234.5, 1234.5, 1e20, 1234.5, 1e-10], "1.234500e+03|1.2E+03|1e+20|1.23e+03|1E-10"),
        ("%x|%x|%X", [1.5, 0.0, 1.5], "0x1.8p+00|0x0p+00|0X1.8P+00"),
        ("%6.2f|%06.1f|%5v", [math.inf, -math.inf, math.nan], "  +Inf|  -Inf|  NaN"),
        ("%s|%5s|%-5s|%.2s|%05s", ["abc"] * 5, "abc|  abc|abc  |ab|00abc"),
        ("%q|%+q|%#q|%q", ['a"b\n', "é", "a`b", "\x00\u200b"], '"a\\"b\\n"|"\\u00e9"|"a`b"|"\\x00\\u200b"'),
        ("%#q|%x|% x|%#x|%X", ["ab", "hi", "hi", "hi", "\xe9"], "`ab`|6869|68 69|0x6869|C3A9"),
        ("%t|%5t|%v", [True, True, False], "true| true|false"),
        (
            "%T %T %T %T %T %T",
            [1, 1.0, "s", True, [], {}],
            "int float64 string bool []interface {} map[string]interface {}",
        ),
        ("%T %T %T", [None, StringMap(), b""], "<nil> map[string]string []uint8"),
        ("%#v %#v %#v", [1.0, "s", [None, 1e20]], '1 "s" []interface {}{interface {}(nil), 1e+20}'),
        ("%#v %#v", [{"a": True}, StringMap(k="v")], 'map[string]interface {}{"a":true} map[string]string{"k":"v"}'),
        ("%s", [["a", "b"]], "[a b]"),
        ("%s %x %v", [b"hi", b"hi", b"hi"], "hi 6869 [104 105]"),
        ("%*d|%-*d|%.*f", [5, 1, 4, 2, 1, 2.55], "    1|2   |2.5"),
        ("%[2]d %[1]d", [1, 2], "2 1"),
        ("%[1]v %[1]T", [1], "1 int"),
        ("100%%", [], "100%"),
    ],
)
def test_verbs_and_flags(pattern, values, expected):
    """Every verb and flag gives what Go gives."""
    assert sprintf(pattern, values) == expected


@pytest.mark.parametrize(
    "pattern, values, expected",
    [
        ("%d", [1.0], "%!d(float64=1)"),
        ("%d", ["x"], "%!d(string=x)"),
        ("%s", [5], "%!s(int=5)"),
        ("%s", [True], "%!s(bool=true)"),
        ("%s", [None], "%!s(<nil>)"),
        ("%d", [[1, "x"]], "[1 %!d(string=x)]"),
        ("%z", [1], "%!z(int=1)"),
        ("%d %d", [1], "1 %!d(MISSING)"),
        ("%d", [1, "x", None], "1%!(EXTRA string=x, <nil>)"),
        ("x", [1], "x%!(EXTRA int=1)"),
        ("50%", [], "50%!(NOVERB)"),
        ("%[3]d", [1], "%!d(BADINDEX)"),
        ("%*d", ["x", 1], "%!(BADWIDTH)1"),
        ("%.*d", ["x", 1], "%!(BADPREC)1"),
        ("%9999999d", [1], "%!(BADWIDTH)%!(EXTRA int=1)"),
    ],
)
def test_what_does_not_fit_is_told_in_the_text(pattern, values, expected):
    """A format that does not suit its values never fails."""
    assert sprintf(pattern, values) == expected


def test_print_puts_spaces_between_what_is_no_text():
    """`print` separates two values neither of which is a text, `println` all of them."""
    assert sprint([1, 2, "a", 3, "b", "c", True, None]) == "1 2a3b" + "ctrue <nil>"
    assert sprintln([1, "a", True]) == "1 a true\n"
    assert sprintln([]) == "\n"
