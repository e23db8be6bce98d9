"""Shell commands with values in them: each `${…}` is quoted for the shell of the place where it stands."""

import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from rulechain.api import NodeBuild
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic, Span
from rulechain.diagnostics.errors import NodeError
from rulechain.expr.holes import find_holes
from rulechain.model import Message
from rulechain.values import to_text_strict

# Behind these the shell reads on by rules of its own, and a value cannot be quoted for sure.
_NESTED = re.compile(r"\$\(|`|<<|\$'|(?:(?<=\s)|\A)#")
_NESTED_IN_QUOTES = re.compile(r"\$\(|`")
_SPECIAL_IN_QUOTES = re.compile(r'([$`"\\])')


class _Place(NamedTuple):
    """A hole, and the quotes around it: `"`, `'` or none; `is_nested` where no quoting is sure to hold."""

    span: Span
    quotes: str
    is_nested: bool


def compile_command(text: str, node: NodeBuild, key: str, *, splice: bool) -> Callable[[Message], str]:
    """Compile a setting that is a POSIX shell's command; its function raises where a value cannot be had.

    Args:
        text: The command.
        node: Where faults are reported.
        key: The setting.
        splice: Fill `${…}` into the text as it is.
    """
    if splice:
        return compile_template_setting(text, node, key).text
    parts: list[Callable[[Message], str]] = []
    position = 0
    for span, quotes, is_nested in _places(text):
        if is_nested:
            message = (
                f'"{key}" has a value in a nested command, a here-document or a comment, where it cannot be quoted'
            )
            hint = "take it out of there, or set spliceCmd if nobody else can choose the value"
            node.report(Diagnostic(Code.BAD_SETTING, message, node.location(key, span=span), hint=hint))
        # Blanks in front change nothing for a hole, and findings in it then have their place.
        value = compile_template_setting(" " * span.start + text[span.start : span.end], node, key).value
        parts += [_constant(text[position : span.start]), _quoted(value, quotes)]
        position = span.end
    parts.append(_constant(text[position:]))
    return lambda message: "".join([part(message) for part in parts])


def _places(text: str) -> Iterator[_Place]:
    holes = {hole.span.start: hole.span for hole in find_holes(text)}
    quotes, is_nested, position = "", False, 0
    while position < len(text):
        character = text[position]
        if span := holes.get(position):
            yield _Place(span, quotes, is_nested)
            position = span.end
            continue
        nested = {"": _NESTED, '"': _NESTED_IN_QUOTES}.get(quotes)
        is_nested = is_nested or bool(nested and nested.match(text, position))
        if character == "\\" and quotes != "'":
            position += 1
        elif character == quotes:
            quotes = ""
        elif character in "'\"" and not quotes:
            quotes = character
        position += 1


def _constant(text: str) -> Callable[[Message], str]:
    return lambda _: text


def _quoted(value: Callable[[Message], Any], quotes: str) -> Callable[[Message], str]:
    def text(message: Message) -> str:
        word = to_text_strict(value(message))
        if "\0" in word:
            raise NodeError("a value with a zero byte cannot be part of a command")
        if quotes == "'":
            return word.replace("'", "'\"'\"'")
        return _SPECIAL_IN_QUOTES.sub(r"\\\1", word) if quotes else shlex.quote(word)

    return text
