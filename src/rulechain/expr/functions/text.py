"""Functions on text. Positions count UTF-8 bytes, and letters change case one rune at a time, both as in Go."""

from typing import Any

from rulechain.expr.budget import spend
from rulechain.expr.faults import Fault, too_many_elements, too_much_text
from rulechain.expr.functions.registry import FunctionSpec
from rulechain.expr.go import NilList, bad_conversion, text, to_int, type_name
from rulechain.expr.limits import MAX_BUILT_TEXT, MAX_ELEMENTS

# Go's unicode.IsSpace; Python's str.strip would also take the separators U+001C to U+001F.
_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
)


def _trim(value: Any, cutset: Any = _SPACE) -> str:
    return text(value).strip(text(cutset)) if cutset != "" else text(value)


def _trim_prefix(value: Any, prefix: Any = " ") -> str:
    return text(value).removeprefix(text(prefix))


def _trim_suffix(value: Any, suffix: Any = " ") -> str:
    return text(value).removesuffix(text(suffix))


def _upper(value: Any) -> str:
    source = value if type(value) is str else text(value)
    if source.isascii():
        return source.upper()
    mapped = source.upper()
    # Python maps some letters to several; where it did not, it did what Go does.
    if len(mapped) == len(source):
        return mapped
    return "".join([_one_rune(character, character.upper()) for character in source])


def _lower(value: Any) -> str:
    source = value if type(value) is str else text(value)
    if source.isascii():
        return source.lower()
    mapped = source.lower()
    # The final sigma is a rule for words, which Go does not have.
    if len(mapped) == len(source) and "\u03a3" not in source:
        return mapped
    # U+0130 is the one letter whose simple mapping Python's full mapping does not begin with alone.
    return "".join(["i" if character == "İ" else _one_rune(character, character.lower()) for character in source])


def _one_rune(character: str, mapped: str) -> str:
    return mapped if len(mapped) == 1 else character


def _split(value: Any, separator: Any, limit: Any = None) -> list[str]:
    return _split_pieces(text(value), text(separator), limit, keep=False)


def _split_after(value: Any, separator: Any, limit: Any = None) -> list[str]:
    return _split_pieces(text(value), text(separator), limit, keep=True)


def _split_pieces(source: str, separator: str, limit: Any, *, keep: bool) -> list[str]:
    most = -1 if limit is None else to_int(limit)
    if most == 0:
        return NilList()
    if separator == "":
        if most < 0 or most >= len(source):
            return list(source)
        return [*source[: most - 1], source[most - 1 :]]
    pieces = source.split(separator, most - 1 if most > 0 else -1)
    return [piece + separator for piece in pieces[:-1]] + pieces[-1:] if keep else pieces


def _replace(value: Any, old: Any, new: Any, limit: Any = None) -> str:
    source, before, after = text(value), text(old), text(new)
    count = -1 if limit is None else to_int(limit)
    times = source.count(before)
    if len(source) + times * (len(after) - len(before)) > MAX_BUILT_TEXT:
        raise too_much_text()
    return source.replace(before, after, count)


def _repeat(value: Any, times: Any, budget: list[int]) -> str:
    source, count = text(value), to_int(times)
    if count < 0:
        raise Fault(f"invalid argument for repeat (expected positive integer, got {count})")
    if count > MAX_ELEMENTS:
        raise too_many_elements()
    spend(budget, len(source.encode("utf-8", "surrogateescape")) * count)
    return source * count


def _join(values: Any, separator: Any = "") -> str:
    glue = text(separator)
    if not isinstance(values, (list, tuple)):
        raise Fault(f"invalid argument for join (type {type_name(values)})", "it takes a list of texts")
    for item in values:
        if not isinstance(item, str):
            raise bad_conversion(item, "string", hint="convert them first: map(…, string(#)) | join()")
    if sum(map(len, values)) + len(glue) * len(values) > MAX_BUILT_TEXT:
        raise too_much_text()
    return glue.join(values)


def _index_of(value: Any, part: Any) -> int:
    if text(value).isascii():
        return text(value).find(text(part))
    return _bytes(value).find(_bytes(part))


def _last_index_of(value: Any, part: Any) -> int:
    if text(value).isascii():
        return text(value).rfind(text(part))
    return _bytes(value).rfind(_bytes(part))


def _bytes(value: Any) -> bytes:
    return text(value).encode("utf-8", "surrogateescape")


def _has_prefix(value: Any, prefix: Any) -> bool:
    return text(value).startswith(text(prefix))


def _has_suffix(value: Any, suffix: Any) -> bool:
    return text(value).endswith(text(suffix))


def text_functions() -> list[FunctionSpec]:
    """Return the functions on text."""
    return [*_changing(), *_cutting(), *_looking()]


def _changing() -> list[FunctionSpec]:
    return [
        FunctionSpec(
            "trim(text: string, cutset?: string): string",
            _trim,
            "Remove blanks, or the given characters, from both ends.",
            cost="flat",
        ),
        FunctionSpec(
            "trimPrefix(text: string, prefix?: string): string",
            _trim_prefix,
            "Remove a prefix once; one blank by default.",
            cost="flat",
        ),
        FunctionSpec(
            "trimSuffix(text: string, suffix?: string): string",
            _trim_suffix,
            "Remove a suffix once; one blank by default.",
            cost="flat",
        ),
        FunctionSpec("upper(text: string): string", _upper, "Turn letters into capitals.", cost="flat"),
        FunctionSpec("lower(text: string): string", _lower, "Turn capitals into small letters.", cost="flat"),
    ]


def _cutting() -> list[FunctionSpec]:
    return [
        FunctionSpec(
            "split(text: string, separator: string, limit?: int): string[]",
            _split,
            "Cut at each separator, into at most `limit` parts.",
            cost="flat",
        ),
        FunctionSpec(
            "splitAfter(text: string, separator: string, limit?: int): string[]",
            _split_after,
            "Cut behind each separator.",
            cost="flat",
        ),
        FunctionSpec(
            "replace(text: string, old: string, new: string, limit?: int): string",
            _replace,
            "Replace each `old`, or the first `limit` ones.",
            cost="flat",
        ),
        FunctionSpec(
            "repeat(text: string, times: int): string",
            _repeat,
            "Put so many copies in a row.",
            cost="flat",
            budgeted=True,
        ),
        FunctionSpec(
            "join(texts: array, separator?: string): string",
            _join,
            "Put texts together, with a separator between two.",
            cost="flat",
        ),
    ]


def _looking() -> list[FunctionSpec]:
    return [
        FunctionSpec(
            "indexOf(text: string, part: string): int",
            _index_of,
            "Find the first place of a part, in bytes; -1 without one.",
            cost="flat",
        ),
        FunctionSpec(
            "lastIndexOf(text: string, part: string): int",
            _last_index_of,
            "Find the last place of a part, in bytes; -1 without one.",
            cost="flat",
        ),
        FunctionSpec(
            "hasPrefix(text: string, prefix: string): bool",
            _has_prefix,
            "Tell whether a text begins with another.",
            cost="flat",
        ),
        FunctionSpec(
            "hasSuffix(text: string, suffix: string): bool",
            _has_suffix,
            "Tell whether a text ends with another.",
            cost="flat",
        ),
    ]
