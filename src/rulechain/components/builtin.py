"""The components that come with the package. Importing this registers nothing, and imports none of them."""

import functools
import importlib
from collections.abc import Callable

from rulechain.api import ComponentSpec

# Type: the module below this package that has its spec. In the order of the catalogue: by category and type.
_HOMES = {
    "delay": "action.delay",
    "exec": "action.exec_",
    "fetchNodeOutput": "action.fetch_node_output",
    "functions": "action.functions",
    "log": "action.log",
    "break": "common.break_",
    "comment": "common.comment",
    "end": "common.end",
    "for": "common.for_",
    "fork": "common.fork",
    "groupAction": "common.group_action",
    "inclusive": "common.inclusive",
    "iterator": "common.iterator",
    "join": "common.join",
    "ref": "common.ref",
    "switch": "common.switch",
    "while": "common.while_",
    "cacheDelete": "external.cache_delete",
    "cacheGet": "external.cache_get",
    "cacheSet": "external.cache_set",
    "restApiCall": "external.rest_api_call",
    "dbClient": "external.db_client",
    "sendEmail": "external.send_email",
    "mqttClient": "external.mqtt_client",
    "net": "external.net",
    "ssh": "external.ssh",
    "ws": "external.ws",
    "x/redisClient": "external.redis_client",
    "x/redisPub": "external.redis_pub",
    "exprFilter": "filter.expr_filter",
    "fieldFilter": "filter.field_filter",
    "groupFilter": "filter.group_filter",
    "jsFilter": "filter.js_filter",
    "jsSwitch": "filter.js_switch",
    "msgTypeSwitch": "filter.msg_type_switch",
    "x/jmespathFilter": "filter.jmespath_filter",
    "flow": "flow.flow",
    "exprTransform": "transform.expr_transform",
    "jsTransform": "transform.js_transform",
    "metadataTransform": "transform.metadata_transform",
    "text/template": "transform.text_template",
    "x/jmespathTransform": "transform.jmespath_transform",
}


def builtin_components() -> tuple[ComponentSpec, ...]:
    """Return the specs of all built-in components, by category and type."""
    return tuple(load() for load in deferred_components().values())


def deferred_components() -> dict[str, Callable[[], ComponentSpec]]:
    """Return what gives the spec of each built-in component by type; no chain needs all of them."""
    return {type_: functools.partial(_spec_of, home) for type_, home in _HOMES.items()}


def _spec_of(home: str) -> ComponentSpec:
    spec: ComponentSpec = importlib.import_module(f"rulechain.components.{home}").SPEC
    return spec
