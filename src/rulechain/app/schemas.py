"""Whole schemas for editors: of chain, endpoint and test documents, with the settings of every type in one file each.

The engine itself reads documents by the schemas that are written by hand; these add what the types say of themselves.
Like the schemas of the components they are kept in the repository, and `rulechain schema` prints them.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rulechain._resources import resource_text
from rulechain.api import EndpointSpec
from rulechain.app.engine import Engine
from rulechain.authoring.cases import CaseFileSettings
from rulechain.components.catalogue import SCHEMA, configuration_schema, schema_id, settings_schema
from rulechain.endpoints.compile import FromSettings, ToSettings

_FOLDER = "schemas/documents"
_CONFIGURATION = "configuration"


def document_schemas(engine: Engine) -> dict[str, dict[str, Any]]:
    """Return the schemas by the kind of document: `chain`, `endpoint` and `test`."""
    return {
        "chain": _identified("chain", _chain_schema(engine)),
        "endpoint": _identified("endpoint", _endpoint_schema(engine)),
        "test": _identified("test", _test_schema()),
    }


def schema_files(engine: Engine) -> dict[str, str]:
    """Return the text of each schema by its path relative to the project's root."""
    return {
        f"{_FOLDER}/{kind}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for kind, schema in document_schemas(engine).items()
    }


def _identified(kind: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, "$schema": SCHEMA, "$id": schema_id(f"{_FOLDER}/{kind}.schema.json")}


def _chain_schema(engine: Engine) -> dict[str, Any]:
    schema = _written("rule-chain.schema.json")
    endpoint = _endpoint_schema(engine)
    definitions = schema["$defs"]
    definitions |= {name: part for name, part in endpoint["$defs"].items() if name not in definitions}
    definitions["body"]["properties"]["endpoints"]["items"] = {"$ref": "#/$defs/endpoint"}
    _add_configurations(definitions["node"], ((spec.type, configuration_schema(spec)) for spec in engine.components))
    return schema


def _endpoint_schema(engine: Engine) -> dict[str, Any]:
    schema = _written("endpoint.schema.json")
    definitions = schema["$defs"]
    _add_configurations(
        definitions["members"],
        ((type_, _described(spec)) for spec in engine.endpoint_types for type_ in (spec.type, *spec.aliases)),
    )
    sides = definitions["router"]["properties"]
    for side, settings in (("from", FromSettings), ("to", ToSettings)):
        properties = sides[side]["properties"]
        properties[_CONFIGURATION] = {**properties[_CONFIGURATION], **_nullable(settings_schema(settings))}
    return schema


def _test_schema() -> dict[str, Any]:
    schema = _closed(settings_schema(CaseFileSettings))
    schema["properties"] = {"$schema": {"type": "string", "description": "This schema."}, **schema["properties"]}
    description = "Messages for chains, and what comes of them: run by `rulechain test`."
    return {"title": "Chain test", "description": description, **schema, "required": ["cases"]}


def _written(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(resource_text("schemas", name))
    return schema


def _described(spec: EndpointSpec) -> dict[str, Any]:
    return {"description": spec.summary, **settings_schema(spec.settings)}


def _add_configurations(place: dict[str, Any], schemas: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Let the type choose what the configuration may say, and offer the types that there are; others are open."""
    found = {type_: _nullable(schema) for type_, schema in schemas}
    place["properties"]["type"]["examples"] = sorted(found)
    place["allOf"] = [
        {
            "if": {"properties": {"type": {"const": type_}}, "required": ["type"]},
            "then": {"properties": {_CONFIGURATION: schema}},
        }
        for type_, schema in sorted(found.items())
    ]


def _nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration's schema for use inside another one: null stands for a configuration that is absent."""
    kept = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "title")}
    return {**kept, "type": ["object", "null"]}


def _closed(schema: Any) -> Any:
    """Return a schema whose objects have no keys but those that it names."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: value if key in ("default", "enum") else _closed(value) for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else closed
