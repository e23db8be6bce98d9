"""Go's fmt: `Sprint`, `Sprintln` and `Sprintf` on the values of a template."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rulechain.gotemplate.values import MISSING, from_bytes, to_bytes, type_name
from rulechain.values import ExactNumber, format_float

# A width or precision beyond this is an error in Go too.
_WIDEST = 1_000_000
_DIRECTIVE = re.compile(
    r"%(?P<flags>[-+# 0]*)(?:(?:\[(?P<wide_at>\d+)\])?(?P<wide_star>\*)|(?P<wide>\d+))?"
    r"(?P<dot>\.(?:(?:\[(?P<exact_at>\d+)\])?(?P<exact_star>\*)|(?P<exact>\d+))?)?(?:\[(?P<at>\d+)\])?(?P<verb>.)?",
    re.DOTALL,
)
_QUOTED = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
}


@dataclass(frozen=True, slots=True)
class Directive:
    """One `%…` of a format."""

    verb: str = "v"
    flags: str = ""
    width: int | None = None
    precision: int | None = None

    def has(self, flag: str) -> bool:
        """Whether a flag is set; a minus turns zeros off."""
        return flag in self.flags and not (flag == "0" and "-" in self.flags)

    def pad(self, text: str) -> str:
        """Return the text in the directive's width."""
        if self.width is None:
            return text
        if self.has("-"):
            return text.ljust(self.width)
        return text.rjust(self.width, "0" if self.has("0") else " ")


PLAIN = Directive()


def show(value: Any, directive: Directive = PLAIN) -> str:
    """Return a value as a directive prints it."""
    verb = directive.verb
    if value is None or value is MISSING:
        return directive.pad("<nil>") if verb in "vT" else f"%!{verb}(<nil>)"
    if verb == "T":
        return directive.pad(type_name(value))
    if isinstance(value, bool):
        return directive.pad("true" if value else "false") if verb in "vt" else _misfit(value, verb)
    if isinstance(value, float):
        return _show_float(value, directive)
    if isinstance(value, int):
        return _show_integer(value, directive)
    if isinstance(value, str):
        return _show_text(value, directive)
    if isinstance(value, bytes) and verb in "sqxX":
        return _show_text(from_bytes(value), directive)
    if isinstance(value, dict):
        return _show_map(value, directive)
    if isinstance(value, (list, tuple, bytes)):
        return _show_list(value, directive)
    return directive.pad(str(value))


def sprint(values: Sequence[Any]) -> str:
    """Return the values one after the other, with a space between two of which neither is a text."""
    parts: list[str] = []
    for position, value in enumerate(values):
        if position and not isinstance(value, str) and not isinstance(values[position - 1], str):
            parts.append(" ")
        parts.append(show(value))
    return "".join(parts)


def sprintln(values: Sequence[Any]) -> str:
    """Return the values with spaces between them, and a new line."""
    return " ".join(show(value) for value in values) + "\n"


def sprintf(pattern: str, values: Sequence[Any]) -> str:
    """Return the values in a pattern; what does not fit is told in the text, as in Go."""
    return Pattern(pattern).fill(values)


class Pattern:
    """A format, read once: texts, directives that take the next value, and matches of those that take others."""

    def __init__(self, pattern: str) -> None:
        self._pieces: list[str | Directive | re.Match[str]] = []
        end = 0
        for match in _DIRECTIVE.finditer(pattern):
            self._pieces += (pattern[end : match.start()], _piece(match))
            end = match.end()
        self._pieces.append(pattern[end:])

    def fill(self, values: Sequence[Any]) -> str:
        """Return the text with the values in it."""
        return _Formatting(values).run(self._pieces)


def _piece(match: re.Match[str]) -> str | Directive | re.Match[str]:
    """Return what a directive stands for, as far as that can be said without the values."""
    if match["wide_star"] or match["exact_star"] or match["at"]:
        return match
    return _directive(match, match["flags"], *_numbers(match))


def _numbers(match: re.Match[str]) -> tuple[int | None, int | None]:
    """Return the width and the precision that a directive names."""
    width = int(match["wide"]) if match["wide"] else None
    return width, int(match["exact"] or 0) if match["dot"] else None


def _directive(match: re.Match[str], flags: str, width: int | None, precision: int | None) -> str | Directive:
    """Return a directive, or the text that stands for it when it takes no value."""
    if max(width or 0, precision or 0) > _WIDEST:
        return "%!(BADWIDTH)"
    verb = match["verb"]
    if verb is None:
        return "%!(NOVERB)"
    return "%" if verb == "%" else Directive(verb, flags, width, precision)


class _Formatting:
    """One call of `Sprintf`: which of the values comes next."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values
        self._next = 0
        self._reordered = False
        self._bad_index = False

    def run(self, pieces: Iterable[str | Directive | re.Match[str]]) -> str:
        text = "".join([piece if isinstance(piece, str) else self._fill(piece) for piece in pieces])
        if self._reordered or self._next >= len(self._values):
            return text
        rest = [
            "<nil>" if value is None else f"{type_name(value)}={show(value)}" for value in self._values[self._next :]
        ]
        return f"{text}%!(EXTRA {', '.join(rest)})"

    def _fill(self, piece: Directive | re.Match[str]) -> str:
        if isinstance(piece, Directive):
            return self._show_next(piece)
        self._bad_index = False
        before, flags = "", piece["flags"]
        width, precision = _numbers(piece)
        if piece["wide_star"]:
            width = self._count(piece["wide_at"])
            before += "" if width is not None else "%!(BADWIDTH)"
            if width is not None and width < 0:
                flags, width = flags + "-", -width
        if piece["exact_star"]:
            precision = self._count(piece["exact_at"])
            before += "" if precision is not None else "%!(BADPREC)"
            precision = precision if precision is not None and precision >= 0 else None
        directive = _directive(piece, flags, width, precision)
        if isinstance(directive, str):
            return before + directive
        self._go_to(piece["at"])
        if self._bad_index:
            return f"{before}%!{directive.verb}(BADINDEX)"
        return before + self._show_next(directive)

    def _show_next(self, directive: Directive) -> str:
        if self._next >= len(self._values):
            return f"%!{directive.verb}(MISSING)"
        self._next += 1
        return show(self._values[self._next - 1], directive)

    def _go_to(self, number: str | None) -> None:
        if number is None:
            return
        self._reordered = True
        if 0 < int(number) <= len(self._values):
            self._next = int(number) - 1
        else:
            self._bad_index = True

    def _count(self, number: str | None) -> int | None:
        """Return the value that stands for a `*`; None when it is no whole number."""
        self._go_to(number)
        if self._bad_index or self._next >= len(self._values):
            return None
        value = self._values[self._next]
        self._next += 1
        fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _WIDEST
        return value if fits else None


def _misfit(value: Any, verb: str) -> str:
    return f"%!{verb}({type_name(value)}={show(value)})"


def _show_map(value: dict[Any, Any], directive: Directive) -> str:
    inner = [(show(key, directive), _inside(value[key], directive)) for key in sorted(value)]
    if directive.has("#") and directive.verb == "v":
        members = ", ".join(f"{key}:{item}" for key, item in inner)
        return f"{type_name(value)}{{{members}}}"
    return f"map[{' '.join(f'{key}:{item}' for key, item in inner)}]"


def _show_list(value: Sequence[Any], directive: Directive) -> str:
    inner = [_inside(item, directive) for item in value]
    if directive.has("#") and directive.verb == "v":
        return f"{type_name(value)}{{{', '.join(inner)}}}"
    return f"[{' '.join(inner)}]"


def _inside(value: Any, directive: Directive) -> str:
    if value is None:
        return "interface {}(nil)" if directive.has("#") and directive.verb == "v" else "<nil>"
    return show(value, directive)


def _show_float(value: float, directive: Directive) -> str:
    verb, precision = directive.verb, directive.precision
    written = _FLOAT_VERBS.get(verb)
    if written is None:
        return _misfit(value, verb)
    text = written(value, precision, directive)
    if not math.isfinite(value):
        text = f"+{text}" if text == "NaN" and directive.has("+") else text
        return replace(directive, flags=directive.flags.replace("0", "")).pad(text)
    return _pad_number(_with_sign(text, directive), directive)


def _shortest(value: float, precision: int | None, _: Directive) -> str:
    if isinstance(value, ExactNumber) and precision is None:
        return value.digits
    if precision is None or not math.isfinite(value):
        return format_float(value, -4, 6)
    return f"{value:.{precision or 1}g}"


def _fixed(kind: str) -> Callable[[float, int | None, Directive], str]:
    def write(value: float, precision: int | None, _: Directive) -> str:
        if not math.isfinite(value):
            return format_float(value, 0, 0)
        return f"{value:.{6 if precision is None else precision}{kind}}"

    return write


def _hexadecimal(value: float, _precision: int | None, directive: Directive) -> str:
    if not math.isfinite(value):
        return format_float(value, 0, 0)
    mantissa, _, exponent = value.hex().partition("p")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    text = f"{'0x0' if mantissa == '0x' else mantissa}p{exponent[0]}{exponent[1:].zfill(2)}"
    return text.upper() if directive.verb == "X" else text


_FLOAT_VERBS: dict[str, Callable[[float, int | None, Directive], str]] = {
    "v": _shortest,
    "g": _shortest,
    "G": lambda value, precision, directive: _shortest(value, precision, directive).upper(),
    "f": _fixed("f"),
    "F": _fixed("f"),
    "e": _fixed("e"),
    "E": _fixed("E"),
    "x": _hexadecimal,
    "X": _hexadecimal,
}
_BASES = {"d": "d", "v": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}


def _show_integer(value: int, directive: Directive) -> str:
    verb, precision = directive.verb, directive.precision
    if verb in "cqU":
        return _show_character(value, directive)
    base = _BASES.get(verb)
    if base is None:
        return _misfit(value, verb)
    digits = format(abs(value), base)
    if precision is not None:
        digits = "" if precision == 0 and value == 0 else digits.zfill(precision)
    if verb == "O":
        digits = f"0o{digits}"
    elif directive.has("#"):
        prefix = _PREFIXES.get(verb, "")
        digits = digits if verb == "o" and digits.startswith("0") else prefix + digits
    signed = _with_sign(f"-{digits}" if value < 0 else digits, directive)
    if precision is not None:
        return replace(directive, flags=directive.flags.replace("0", "")).pad(signed)
    return _pad_number(signed, directive)


def _show_character(value: int, directive: Directive) -> str:
    character = chr(value) if 0 <= value <= 0x10FFFF and not 0xD800 <= value < 0xE000 else "\ufffd"
    if directive.verb == "c":
        return directive.pad(character)
    if directive.verb == "q":
        return directive.pad(quote(character, "'", ascii_only=directive.has("+")))
    code = f"U+{value & 0xFFFFFFFFFFFFFFFF:04X}"
    return directive.pad(f"{code} '{character}'" if directive.has("#") and character.isprintable() else code)


def _with_sign(text: str, directive: Directive) -> str:
    if text[:1] in {"-", "+"}:
        return text
    return f"+{text}" if directive.has("+") else f" {text}" if directive.has(" ") else text


def _pad_number(text: str, directive: Directive) -> str:
    """Return a number in the directive's width; zeros go between its sign and its digits."""
    if directive.width is None or not directive.has("0"):
        return directive.pad(text)
    sign = text[:1] if text[:1] in {"-", "+", " "} else ""
    return sign + text[len(sign) :].rjust(directive.width - len(sign), "0")


def _show_text(value: str, directive: Directive) -> str:
    verb, precision = directive.verb, directive.precision
    if verb in "xX":
        separator = " " if directive.has(" ") else ""
        data = to_bytes(value)[:precision]
        prefix = f"0{verb}" if directive.has("#") else ""
        pairs = [f"{byte:02{verb}}" for byte in data]
        return directive.pad((prefix if data else "") + separator.join(pairs))
    if verb not in "svq":
        return _misfit(value, verb)
    text = value if precision is None else value[:precision]
    if verb == "q" or (verb == "v" and directive.has("#")):
        if directive.has("#") and verb == "q" and "`" not in text and text.isprintable():
            text = f"`{text}`"
        else:
            text = quote(text, '"', ascii_only=directive.has("+"))
    return directive.pad(text)


def quote(text: str, mark: str, *, ascii_only: bool = False) -> str:
    """Return a text in quotes, as Go source has it."""
    return mark + "".join(_quoted(character, mark, ascii_only=ascii_only) for character in text) + mark


def _quoted(character: str, mark: str, *, ascii_only: bool) -> str:
    if character == mark:
        return f"\\{mark}"
    if character in _QUOTED:
        return _QUOTED[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable() and (code < 0x80 or not ascii_only):
        return character
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
