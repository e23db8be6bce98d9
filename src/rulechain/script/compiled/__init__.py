"""Scripts as Python functions, where they keep to a part of JavaScript that means the same in both.

The way of a script: text → tokens → tree → resolved names → Python syntax tree → function. Whatever is not covered is
left to QuickJS: before it runs (`Unsupported`), or while it runs (`Bail`), which costs time and never changes a result.
"""

from rulechain.script.compiled.access import Access
from rulechain.script.compiled.compile import PlainScript, compile_plain
from rulechain.script.compiled.errors import Bail
from rulechain.script.compiled.json_text import as_read_back, with_members_set
from rulechain.script.compiled.results import ABSENT, plain_metadata, plain_payload, plain_text, plain_texts
from rulechain.script.compiled.texts import LONGEST, is_plain

__all__ = [
    "ABSENT",
    "LONGEST",
    "Access",
    "Bail",
    "PlainScript",
    "as_read_back",
    "compile_plain",
    "is_plain",
    "plain_metadata",
    "plain_payload",
    "plain_text",
    "plain_texts",
    "with_members_set",
]
