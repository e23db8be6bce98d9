"""What was probably meant: hints for the commonest slips of the pen, by what stands before and at the place of a fault.

Only words are chosen here. Whether and where something is wrong has been decided before.
"""

import re
from typing import NamedTuple

from rulechain.diagnostics import Span

# How much of the text around a fault is looked at; more would tell nothing, and hostile texts are long.
_BEFORE, _BEHIND = 200, 40
_OPERAND = r"[\w\])}\"'`]"
_OPERATOR = r"[-+*/%<>=&|^?:!]"
_BRACES = "an if needs braces: if c { a } else { b }; or write c ? a : b"
_LET = "a let ends with a semicolon, and a body follows: let x = 1; x + 1"
_BETWEEN = 'it stands between two values: msg.name contains "x", msg.name in ["a", "b"]'
_ASSIGNED = "nothing can be assigned; write the new value, as in x + 1"
_LET_ONCE = "a let is written let x = 1; x + 1"
_COMPUTED = "a computed key stands in parentheses: {(msg.name): 1}"

# What stands right before the fault, what stands at it, and the hint. The first that fits wins. A group in the first
# is the word that is wrong: parsers notice such a word only behind it.
_SLIPS = (
    # Operators of other languages
    (r"==", r"=", "write == to compare"),
    (r"!=", r"=", "write != to compare"),
    (r"<", r">", "write != to compare"),
    (r"", r"=>", 'write >= to compare; a predicate needs no arrow: "#" stands for the element'),
    (r"\w\s*-", r">", 'a member is written a.b; a predicate needs no arrow: "#" stands for the element'),
    (r"<", r"<", "write bitshl(x, places)"),
    (r">", r">", "write bitshr(x, places)"),
    (r"\^", r"\^", "write a != b for one of the two, bitxor(a, b) for bits"),
    (r"", r"~\s*=", "write matches to try a pattern"),
    (r"", r"~", "write matches to try a pattern, bitnot(x) to turn bits over"),
    (r"", r"=<", "write <= to compare"),
    (r"", r"=~", "write matches to try a pattern"),
    (r"[-+*/%]", r"=", _ASSIGNED),
    (r"", r"\*=", _ASSIGNED),
    (r"\+\+|--", r"\s*(?:\Z|[=<>!&|)])", _ASSIGNED),
    (r"\bmatches\s*", r"/", 'a pattern is written as a text: matches "A.*"'),
    (r"\b(lambda)\s+", r"\w", 'a predicate needs no lambda: "#" stands for the element, .name for its member'),
    (r"\b(function)\s*\([^()]*\)\s*", r"\{", 'a predicate needs no function: "#" stands for the element'),
    (r"", r"(?i:like)\b", "write contains, startsWith, endsWith or matches"),
    (r"\b(NOT|Not)\s+", r"\S", 'write "not" in lower case'),
    (r"", r"is\s+not\b|not\s+nil\b", "write != to compare"),
    (r"", r"(?i:xor)\b", "write a != b for one of the two, bitxor(a, b) for bits"),
    (r"", r"(?i:mod|div)\b", "write % for the rest, int(a / b) to divide without one"),
    (r"", r"(?i:between)\b", "comparisons can be chained: 1 <= x <= 5"),
    (r"", r"(?i:exists)\b", 'write x != nil, or "key" in map'),
    (r"(?:\A|[(\[{,;:?]|&&|\|\||\band|\bor)\s*", r"(?:contains|startsWith|endsWith|matches|in)\s*\(", _BETWEEN),
    (r"\bif\s*\([^()]*", r",", _BRACES),
    (r"(?:&&|\|\||\band|\bor)\s*", r"[<>=!]", "name the value again, as in x > 1 and x < 5, or chain: 1 < x < 5"),
    (r"\$", r"\{", "leave out the ${ }: only templates have them"),
    (_OPERAND + r"\s+", r"#", 'a comment is written // … or /* … */; "#" stands for an element of a predicate'),
    # Characters that editors and keyboards put in: curly quotes, long dashes, mathematical signs
    (r"", r"[\u201c-\u201f\xab\xbb]", 'write straight quotes: "…"'),
    (r"", r"[\u2018-\u201b\xb4]", "write straight quotes: '…'"),
    (r"", r"[\u2010-\u2015\u2212]", "write the plain minus sign: -"),
    (r"", r"[\xd7\xb7]", "write * to multiply"),
    (r"", r"\xf7", "write / to divide"),
    (r"", r"\u2260", "write != to compare"),
    (r"", r"\u2264", "write <= to compare"),
    (r"", r"\u2265", "write >= to compare"),
    (r"[\w\s][\"']", r"\w", "escape a quote inside a text with a backslash, or use other quotes around it"),
    # Statements
    (r"\b(return)\s+", r"\S", "leave it out: the value of the expression is the result"),
    (r"\b(var|const)\s+\w+\s*", r"=", _LET_ONCE),
    (r"\blet\s+\w+\s*:?", r"==?", _LET_ONCE),
    (r"(?:\A|[(\[{,])\s*", r";", "a value is missing before the semicolon"),
    (r"\?[^:?]*:[^:?]*", r":", "a ? has two halves only: c ? a : b"),
    (r"\bif\s[^{;]*\s", r"then\b", _BRACES),
    (r"\bif\s[^{;]*" + _OPERAND + r"\s+", r"[\w\"'`]", _BRACES),
    (_OPERATOR + r"\s*", r"if\b", "wrap the if in parentheses to use it as a value"),
    (_OPERAND + r"\s+", r"if\b", "an if stands first: if c { a } else { b }; or write c ? a : b"),
    (r"(?<!\?)\?(?![.?\[])[^:]*", r"\s*\Z", "a ? needs both of its halves: c ? a : b"),
    (r"\blet\s+\w+\s*=[^;]*" + _OPERAND, r"\s*;?\s*\Z", _LET),
    (r"\blet\s+\w+\s*=[^;]*" + _OPERAND + r"\s+", r"[\w(\"'`]", _LET),
    (r";\s*", r";", "one semicolon is enough"),
    (r"\|\s*\w+\([^()]*\)", r"[.\[]", "wrap the pipe in parentheses to go on: (items | first()).name"),
    # Members, lists and maps
    (r"\.\s*", r"\[", "an index follows without a dot: a[0], a?.[0]"),
    (r"[A-Za-z_\])]\s*", r"\.\d", "an element is written a[0]"),
    (r"\[\s*", r"\]", "an index is missing between the brackets"),
    (r"\.\s*", r"\?", "the question mark stands before the dot: a?.b"),
    (r"\w", r"::", "a member is written a.b"),
    (r"\.\s*", r"\s*\Z", "a name is missing behind the dot"),
    (r"\$\{\{\s*\w+\s*", r"[.}\[]", "one pair of braces is enough: ${msg.name}"),
    (r"[{,]\s*", r"\[", _COMPUTED),
    (r"(?:\{|\{[^{}]*,)\s*(?:\w+|\"[^\"]*\"|'[^']*')\s*", r"(?:[.+(\[]|\?\.)", _COMPUTED),
    (r"[,\[({]\s*", r",", "a value is missing before this comma"),
    (r"\d", r",\d", "the decimal point is a dot; a list stands in brackets: [1, 5]"),
    (r"\A[^(\[{]*", r",", "a list stands in brackets: [a, b]"),
    (r"\{\s*(?:\"[^\"]*\"|'[^']*'|\w+)\s+", r"[\w\"'`]", "a colon is missing before it: {name: value}"),
    (
        r"[{,]\s*",
        r"(?:let|if|else|not|and|or|in|matches|contains|startsWith|endsWith)\s*:",
        "put the key in quotes: it is a word of the language",
    ),
    # Numbers
    (r"\d", r"\[", "a number has no elements"),
    (r"\d\.\d+", r"\.\d", "a number has one point at most"),
    (r"", r"\d+\.[A-Za-z_]", "a number has no members"),
    (r"", r"[\d.]+(?:ns|us|µs|ms|s|m|h)\b", 'a length of time is written duration("5s")'),
    (r"", r"0[oO][0-7_]*[89]", "the digits of an octal number are 0 to 7"),
    (r"", r"0[bB][01_]*[2-9]", "the digits of a binary number are 0 and 1"),
    (r"", r"0[xX][\da-fA-F_]*\.", "a number with a base has no fraction"),
    (r"", r"[\d._]+[eE][-+]?[\d_]+(?![\w$])", "the largest float is about 1.8e308"),
    (r"", r"[\d._]+[eE][-+]?(?![\w$])", "digits are missing behind the e"),
    # A value left out
    (r"(?:\A|" + _OPERATOR + r"|[(\[{,;])\s*", r"[*/%^<>|]|==|!=|&&", "a value is missing before this operator"),
    (_OPERATOR + r"\s*", r"[)\]}]", "a value is missing before the bracket"),
)


class Slip(NamedTuple):
    """What is wrong, and what was probably meant; the word is set where it is not at the fault but before it."""

    hint: str
    word: Span | None


def likely_slip(text: str, place: Span) -> Slip | None:
    """Return what the user probably meant, or None where no slip is known."""
    first = max(0, place.start - _BEFORE)
    before = text[first : place.start]
    behind = text[place.start : place.start + _BEHIND]
    for left, right, hint in _SLIPS:
        if re.match(right, behind) and (match := re.search(f"(?:{left})\\Z", before)):
            word = Span(first + match.start(1), first + match.end(1)) if match.lastindex else None
            return Slip(hint, word)
    return None
