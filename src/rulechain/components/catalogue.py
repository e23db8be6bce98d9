"""What components say about themselves, for editors, validators and readers.

Takes component specs, gives RuleGo's component forms, a JSON Schema for each configuration, and the reference page. The
files under schemas/components/ and docs/reference/components.md are written from here.
"""

import json
import typing
from collections.abc import Iterable
from dataclasses import MISSING
from types import NoneType, UnionType
from typing import Any

from rulechain.api import ComponentSpec, FieldSpec, field_specs
from rulechain.values import format_duration

SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_PAGE_HEAD = """# Components

Generated from the component specs: `make docs` writes this page, and a test fails when it is stale.
"""
_REFERENCE_PAGE = "docs/reference/components.md"
_FORM_TYPES: dict[Any, str] = {str: "string", int: "int", float: "float64", bool: "bool"}
_REQUIRED_RULE = {"required": True, "message": "This field is required"}
# What a configuration may give for a value of a type: RuleGo converts between them.
_LENIENT: dict[Any, list[str]] = {
    str: ["string", "number", "boolean", "null"],
    int: ["integer", "number", "string", "boolean", "null"],
    float: ["number", "string", "null"],
    bool: ["boolean", "string", "number", "null"],
}


def component_forms(specs: Iterable[ComponentSpec]) -> list[dict[str, Any]]:
    """Return the components' forms in RuleGo's JSON shape, by category and type."""
    return [component_form(spec) for spec in sorted(specs, key=lambda spec: (spec.category, spec.type))]


def component_form(spec: ComponentSpec) -> dict[str, Any]:
    """Return one component's form in RuleGo's JSON shape."""
    return {
        "type": spec.type,
        "category": spec.category,
        "order": 0,
        "fields": [_form_field(field) for field in field_specs(spec.settings)],
        "label": spec.type,
        "desc": spec.summary,
        "icon": "",
        "relationTypes": list(spec.relations or ()),
        "disabled": False,
        "version": "",
        "componentKind": "nc",
    }


def configuration_schema(spec: ComponentSpec) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a component's configuration.

    It allows what the engine takes: RuleGo's conversions between texts, numbers and truth values, and unknown keys.
    """
    return {
        "$schema": SCHEMA,
        "$id": schema_id(schema_path(spec)),
        "title": spec.type,
        "description": ". ".join(filter(None, (spec.summary, spec.description))),
        **settings_schema(spec.settings),
        **({} if spec.example is None else {"examples": [spec.example]}),
    }


def settings_schema(settings: type) -> dict[str, Any]:
    """Return the JSON Schema of the object that a settings dataclass is made of."""
    fields = field_specs(settings)
    needed = [field.key for field in fields if not field.has_default]
    required = [field.key for field in fields if field.required]
    return {
        "type": "object",
        "properties": {field.key: _field_schema(field) for field in fields},
        **({"required": needed} if needed else {}),
        # The engine warns where one of these is missing, and uses its default: this is for editors.
        **({"x-required": required} if required else {}),
    }


def schema_id(path: str) -> str:
    """Return the name by which documents refer to the schema that is kept at a path."""
    return f"https://rulechain.dev/{path}"


def schema_path(spec: ComponentSpec) -> str:
    """Return where a component's schema is kept, relative to the project's root."""
    return f"schemas/components/{spec.type.replace('/', '-')}.schema.json"


def reference_page(specs: Iterable[ComponentSpec]) -> str:
    """Return the reference of all components as Markdown."""
    ordered = sorted(specs, key=lambda spec: (spec.category, spec.type))
    return "\n".join([_PAGE_HEAD, *(_reference_section(spec) for spec in ordered)])


def generated_files(specs: Iterable[ComponentSpec]) -> dict[str, str]:
    """Return the text of every file made from specs, by its path relative to the project's root."""
    specs = tuple(specs)
    files = {schema_path(spec): json.dumps(configuration_schema(spec), indent=2) + "\n" for spec in specs}
    return {**files, _REFERENCE_PAGE: reference_page(specs)}


def _form_field(field: FieldSpec) -> dict[str, Any]:
    return {
        "name": field.key,
        "type": _form_type(field),
        "defaultValue": _plain(field.default, field),
        "label": field.key,
        "desc": field.description,
        "validate": "",
        "rules": [_REQUIRED_RULE] if field.required else None,
        "fields": [_form_field(inner) for inner in field_specs(field.item)] if field.item else None,
        "component": _select(field) if field.choices else None,
        "required": field.required,
    }


def _form_type(field: FieldSpec) -> str:
    if field.format == "duration":
        return "string"
    origin = typing.get_origin(field.annotation)
    if origin in (tuple, list):
        return "array"
    if origin is dict:
        return "map"
    return "struct" if field.item else _FORM_TYPES.get(_without_none(field.annotation), "")


def _select(field: FieldSpec) -> dict[str, Any]:
    return {"type": "select", "options": [{"label": str(choice), "value": choice} for choice in field.choices]}


def _field_schema(field: FieldSpec) -> dict[str, Any]:
    schema = {"description": field.description, **_type_schema(field)}
    default = _plain(field.default, field)
    # What stands for "absent" has no form in a document.
    if field.has_default and isinstance(default, (str, int, float, list, dict, NoneType)):
        schema["default"] = default
    if field.format != "text":
        schema["x-format"] = field.format
    if field.choices:
        schema["enum"] = list(field.choices)
    if field.minimum is not None:
        schema["minimum"] = field.minimum
    if field.deprecated:
        schema["deprecated"] = True
    return schema


def _type_schema(field: FieldSpec) -> dict[str, Any]:
    if field.format == "duration":
        return {"type": "string"}
    annotation = _without_none(field.annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (tuple, list):
        if field.item:
            return {"type": ["array", "null"], "items": settings_schema(field.item)}
        items = _value_schema(arguments[0])
        # A single value stands for a list of one.
        return {"type": ["array", *items["type"]], "items": items} if items else {}
    if origin is dict:
        return {"type": ["object", "null"], "additionalProperties": _value_schema(arguments[1])}
    if field.item:
        return settings_schema(field.item)
    return _value_schema(field.annotation)


def _value_schema(annotation: Any) -> dict[str, Any]:
    types_ = _LENIENT.get(_without_none(annotation))
    return {} if types_ is None else {"type": types_}


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (UnionType, typing.Union):
        return next(argument for argument in typing.get_args(annotation) if argument is not NoneType)
    return annotation


def _plain(value: Any, field: FieldSpec | None = None) -> Any:
    """Return a default as a document would write it; null where there is none."""
    if value is MISSING:
        return None
    if isinstance(value, float) and field is not None and field.format == "duration":
        return format_duration(value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.key: _plain(getattr(value, field.name), field) for field in field_specs(type(value))}
    return value


def _reference_section(spec: ComponentSpec) -> str:
    relations = ", ".join(f"`{relation}`" for relation in spec.relations or ())
    if spec.relations is None:
        relations = "any, as its settings and messages say"
    lines = [f"## {spec.type}\n", f"*{spec.category}*: {spec.summary}.\n"]
    if spec.description:
        lines.append(f"{spec.description}\n")
    lines.append(f"Relations: {relations or 'none'}.\n")
    rows = [row for field in field_specs(spec.settings) for row in _reference_rows(field)]
    if rows:
        lines += ["| setting | holds | default | meaning |", "|---|---|---|---|", *rows, ""]
    if spec.example:
        lines.append(f"```json\n{json.dumps(spec.example, indent=2, ensure_ascii=False)}\n```\n")
    return "\n".join(lines)


def _reference_rows(field: FieldSpec, prefix: str = "") -> list[str]:
    name = f"{prefix}{field.key}"
    default = f"`{_default_text(field)}`" if field.has_default else "none"
    holds = field.format if field.format != "text" else _form_type(field)
    if typing.get_origin(field.annotation) is dict and field.format != "text":
        holds = f"map of {field.format}s"
    meaning = (
        field.description + (" Required." if field.required else "") + (" Deprecated." if field.deprecated else "")
    )
    row = f"| `{name}` | {holds} | {default} | {meaning} |"
    inner = (
        [row for item in field_specs(field.item) for row in _reference_rows(item, f"{name}[].")] if field.item else []
    )
    return [row, *inner]


def _default_text(field: FieldSpec) -> str:
    return json.dumps(_plain(field.default, field), ensure_ascii=False).replace("|", "\\|")
