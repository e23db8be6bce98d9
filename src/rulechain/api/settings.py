"""From a node's `configuration` to a typed, frozen settings object; every fault becomes a diagnostic.

A component declares its settings once, as a frozen dataclass whose fields are made by `setting(…)`. Decoding, the JSON
Schema, the forms and the reference pages all read that. The conversions are RuleGo's (mapstructure, weakly typed):
number to text, text to number, one value to a list, keys in any case.
"""

import dataclasses
import functools
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from rulechain.api.convert import ConversionError, convert
from rulechain.diagnostics import Code, Diagnostic, Location, Severity, closest, did_you_mean

T = TypeVar("T")

# What the text of a setting holds, for checks, editors and documentation.
Format = Literal["text", "expression", "template", "script", "jmespath", "duration", "secret", "node", "chain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One key of a configuration. `key` is the document's camelCase name, `name` the dataclass field."""

    name: str
    key: str
    annotation: Any
    # MISSING where there is none: a configuration without the key is then refused.
    default: Any
    description: str = ""
    required: bool = False
    format: Format = "text"
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    # Settings class of an object or of a list's items.
    item: type | None = None
    deprecated: bool = False

    @property
    def has_default(self) -> bool:
        """Whether a configuration may do without it."""
        return self.default is not dataclasses.MISSING


@dataclass(frozen=True, slots=True)
class NoSettings:
    """Of a component without configuration."""


class Locate(Protocol):
    """Gives the place of a key or of an item below the configuration."""

    def __call__(self, *path: str | int) -> Location:
        """Return the location of a path below the configuration."""


def setting(
    default: Any = dataclasses.MISSING,
    *,
    description: str,
    key: str | None = None,
    factory: Callable[[], Any] | None = None,
    **facts: Any,
) -> Any:
    """Declare one field of a settings dataclass.

    Args:
        default: The value when the key is absent; give `factory` instead for lists and objects.
        description: One sentence for people who write chains.
        key: The document's key; by default the field's name in camelCase.
        factory: Makes the default.
        **facts: `required`, `format`, `choices`, `minimum`, `item`, `deprecated` as in `FieldSpec`.
    """
    metadata = {"key": key, "description": description, **facts}
    if factory is not None:
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def field_specs(settings: type[Any]) -> tuple[FieldSpec, ...]:
    """Return the fields that a settings dataclass declares, in order."""
    hints = typing.get_type_hints(settings)
    return tuple(_field_spec(field, hints[field.name]) for field in dataclasses.fields(settings))


def decode_settings(
    settings: type[T],
    configuration: Mapping[str, Any],
    locate: Locate,
    report: Callable[[Diagnostic], None],
) -> T:
    """Make settings from a configuration object.

    Absent keys keep their default; present ones replace it, null by the type's zero. Keys match in any case. A value
    that cannot be converted is reported as P302 and the default is used, an unknown key as the warning P303, a required
    one that is missing or blank as P304: a warning, as in RuleGo, unless it has no default.
    """
    specs = field_specs(settings)
    known = {spec.key.casefold(): spec for spec in specs}
    present: dict[str, str] = {}
    for key in configuration:
        spec = known.get(key.casefold())
        if spec is None:
            report(_unknown_key(key, [spec.key for spec in specs], locate(key)))
        elif present.get(spec.name) != spec.key:
            present[spec.name] = key
    values: dict[str, Any] = {}
    for spec in specs:
        key = present.get(spec.name, spec.key)
        if spec.name in present:
            _decode_field(spec, key, configuration[key], values, locate, report)
        is_wrong = spec.name in present and spec.name not in values
        if spec.required and not is_wrong and _is_blank(values.get(spec.name, spec.default)):
            report(_missing(spec, locate(key) if spec.name in present else locate()))
        if not spec.has_default:
            # After an error: it never reaches a node.
            values.setdefault(spec.name, None)
    return settings(**values)


def _field_spec(field: "dataclasses.Field[Any]", annotation: Any) -> FieldSpec:
    facts = dict(field.metadata)
    default = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
    if default is dataclasses.MISSING:
        facts["required"] = True
    key = facts.pop("key", None) or re.sub(r"_([a-z])", lambda match: match[1].upper(), field.name)
    return FieldSpec(name=field.name, key=key, annotation=annotation, default=default, **facts)


def _decode_field(
    spec: FieldSpec,
    key: str,
    value: Any,
    values: dict[str, Any],
    locate: Locate,
    report: Callable[[Diagnostic], None],
) -> None:
    if spec.item is not None:
        values[spec.name] = _decode_items(spec, key, value, locate, report)
        return
    try:
        converted = convert(value, spec.annotation, is_duration=spec.format == "duration")
    except ConversionError as error:
        report(Diagnostic(Code.BAD_SETTING, f'"{key}" {error}', locate(key, *error.path)))
        return
    if spec.choices and converted not in spec.choices:
        allowed = ", ".join(f'"{choice}"' for choice in spec.choices)
        message = f'"{key}" is "{converted}", expected one of {allowed}'
        report(Diagnostic(Code.BAD_SETTING, message, locate(key), hint=_hint_for_choice(str(converted), spec.choices)))
        return
    if spec.minimum is not None and isinstance(converted, (int, float)) and converted < spec.minimum:
        report(Diagnostic(Code.BAD_SETTING, f'"{key}" is {converted}, expected at least {spec.minimum:g}', locate(key)))
        return
    values[spec.name] = converted


def _decode_items(spec: FieldSpec, key: str, value: Any, locate: Locate, report: Callable[[Diagnostic], None]) -> Any:
    """Decode an object, or a list of objects, that has a settings class of its own."""
    item = spec.item or NoSettings
    is_list = typing.get_origin(spec.annotation) in (tuple, list)
    items = [] if value is None else value if isinstance(value, list) else [value]
    decoded: list[Any] = []
    for index, entry in enumerate(items):
        path: tuple[str | int, ...] = (key, index) if isinstance(value, list) else (key,)
        if isinstance(entry, Mapping):
            decoded.append(decode_settings(item, entry, functools.partial(locate, *path), report))
        elif entry is not None:
            report(Diagnostic(Code.BAD_SETTING, f'"{key}" expected an object, got {_kind(entry)}', locate(*path)))
    if is_list:
        return tuple(decoded)
    return decoded[0] if decoded else item()


def _unknown_key(key: str, known: list[str], location: Location) -> Diagnostic:
    return Diagnostic(
        Code.UNKNOWN_SETTING,
        f'unknown setting "{key}", which is ignored',
        dataclasses.replace(location, of_key=True),
        Severity.WARNING,
        hint=did_you_mean(key, known),
    )


def _hint_for_choice(text: str, choices: tuple[Any, ...]) -> str | None:
    found = closest(text, map(str, choices))
    return None if found is None else f'did you mean "{found}"?'


def _missing(spec: FieldSpec, location: Location) -> Diagnostic:
    severity = Severity.WARNING if spec.has_default else Severity.ERROR
    return Diagnostic(Code.MISSING_SETTING, f'"{spec.key}" is required', location, severity, hint=spec.description)


def _is_blank(value: Any) -> bool:
    return value is dataclasses.MISSING or value is None or (isinstance(value, str) and not value.strip())


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else f'"{value}"' if isinstance(value, str) else str(value)
