"""Explain a document whose values have wrong types, with the JSON Schemas in `schemas/`.

Takes a JSON value that `decode` could not read, gives one diagnostic per fault; never runs for a sound document.
"""

import functools
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from rulechain._resources import resource_text
from rulechain.diagnostics import Code, Diagnostic, Location, Source, pointer_to
from rulechain.loader.decode import FREE_KEYS, KEYS

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

SchemaName = Literal["rule-chain", "endpoint"]
Path = tuple[str | int, ...]

_WORDS = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "object": "an object",
    "array": "a list",
}
_OWNERS = {"nodes": "node", "endpoints": "endpoint", "routers": "router", "connections": "connection"}
_SHOWN = 40


def check_shape(value: Any, schema: SchemaName, source: Source) -> list[Diagnostic]:
    """Return a diagnostic for every value whose type is wrong, in the order of the document."""
    faults = _validator(schema).iter_errors(_with_known_keys(value))
    in_order = sorted(faults, key=lambda fault: _place_in_order(value, tuple(fault.absolute_path)))
    return [_describe(fault, value, source) for fault in in_order]


@functools.cache
def _validator(name: SchemaName) -> "Validator":
    # Imported here because it takes longer than everything else at start-up, and sound documents never need it.
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415
    from referencing import Registry  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    # The schemas refer to each other by file name, so that editors find them too.
    files = {
        f"{each}.schema.json": resource_text("schemas", f"{each}.schema.json") for each in ("rule-chain", "endpoint")
    }
    schemas = {file: json.loads(text) for file, text in files.items()}
    registry = Registry().with_resources(
        [(file, DRAFT202012.create_resource(schema)) for file, schema in schemas.items()]
    )
    # JSON Schema takes 1.0 for a whole number; Go's decoder does not.
    types = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    validator: type[Validator] = validators.extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    return validator(schemas[f"{name}.schema.json"], registry=registry)


def _with_known_keys(value: Any) -> Any:
    """Return the document with its keys spelled as the schema does."""
    if isinstance(value, dict):
        known = ((KEYS.get(key.casefold(), key), item) for key, item in value.items())
        return {key: item if key in FREE_KEYS else _with_known_keys(item) for key, item in known}
    return [_with_known_keys(item) for item in value] if isinstance(value, list) else value


def _describe(fault: Any, document: Any, source: Source) -> Diagnostic:
    path: Path = tuple(fault.absolute_path)
    expected = [kind for kind in _listed(fault.validator_value) if kind != "null"]
    words = " or ".join(_WORDS[kind] for kind in expected)
    subject = _subject(document, path)
    note = fault.schema.get("description")
    return Diagnostic(
        Code.WRONG_TYPE,
        f"{subject} expected {words}, got {_shown(fault.instance)}",
        Location(source, _written_pointer(document, path)),
        hint=_correction(fault.instance, expected),
        notes=(f"{path[-1]}: {note}",) if note and path and isinstance(path[-1], str) else (),
    )


def _subject(document: Any, path: Path) -> str:
    """Name the value at a path by its key and by the id of what it belongs to."""
    if not path:
        return "the document"
    name = f'"{path[-1]}"' if isinstance(path[-1], str) else f'item {path[-1]} of "{path[-2]}"'
    for end in range(len(path) - 1, 1, -1):
        owner, index = _OWNERS.get(str(path[end - 2])), path[end - 1]
        if owner is not None and isinstance(index, int):
            id_ = _value_at(document, (*path[:end], "id"))
            return f"{name} of {owner} {json.dumps(id_, ensure_ascii=False) if isinstance(id_, str) else index}"
    return name


def _value_at(document: Any, path: Path) -> Any:
    *_, (_, value) = _steps(document, path)
    return value


def _written_pointer(document: Any, path: Path) -> str:
    return pointer_to(*(token for token, _ in _steps(document, path)))


def _steps(value: Any, path: Path) -> Iterable[tuple[str | int, Any]]:
    """Give the keys along a path as the document writes them, with the values there."""
    for token in path:
        if isinstance(value, dict):
            folded = str(token).casefold()
            written = [key for key in value if key.casefold() == folded]
            key = written[-1] if written else str(token)
            value = value.get(key)
            yield key, value
        else:
            value = value[int(token)] if isinstance(value, list) else None
            yield token, value


def _correction(instance: Any, expected: list[str]) -> str | None:
    if "boolean" in expected and isinstance(instance, str) and instance.casefold() in ("true", "false"):
        return f"write {instance.casefold()} without quotes"
    if "integer" in expected:
        if isinstance(instance, float) and instance.is_integer():
            return f"write {int(instance)}"
        if isinstance(instance, str) and instance.lstrip("-").isdecimal():
            return f"write {instance} without quotes"
    if "string" in expected and isinstance(instance, (int, float)) and not isinstance(instance, bool):
        return f'write "{json.dumps(instance)}" in double quotes'
    if "array" in expected and "object" not in expected and isinstance(instance, (dict, str)):
        return "put it into square brackets"
    return None


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {json.dumps(value if len(value) <= _SHOWN else value[:_SHOWN] + '...', ensure_ascii=False)}"
    return "a list" if isinstance(value, list) else "an object"


def _listed(kinds: Any) -> list[str]:
    return kinds if isinstance(kinds, list) else [kinds]


def _place_in_order(document: Any, path: Path) -> list[int]:
    places = []
    for token, _ in _steps(document, path):
        places.append(list(document).index(token) if isinstance(document, dict) else int(token))
        document = document[token]
    return places
