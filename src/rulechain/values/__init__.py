"""Values as RuleGo sees them: text form, JSON form, maps of text. Knows nothing of chains or messages."""

from rulechain.values.duration import format_duration, parse_duration
from rulechain.values.json import JsonError, decode_json, encode_json, to_json
from rulechain.values.numbers import ExactNumber, format_float, format_float_plain
from rulechain.values.string_map import EMPTY, StringMap, string_map
from rulechain.values.substitute import substitute_keys
from rulechain.values.text import encode_text, is_encodable, to_text, to_text_strict, well_formed

__all__ = [
    "EMPTY",
    "ExactNumber",
    "JsonError",
    "StringMap",
    "decode_json",
    "encode_json",
    "encode_text",
    "format_duration",
    "format_float",
    "format_float_plain",
    "is_encodable",
    "parse_duration",
    "string_map",
    "substitute_keys",
    "to_json",
    "to_text",
    "to_text_strict",
    "well_formed",
]
