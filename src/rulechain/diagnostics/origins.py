"""Which of RuleGo's libraries has the component and endpoint types that this package has not, for hints."""

# How a library's types begin; the first that fits counts. Types of ours, and slips in them, begin with none of these.
_BEGINNINGS = {
    "rulego-components-ai": ("ai/", "endpoint/mcpServer"),
    "rulego-components-ci": ("ci/",),
    "rulego-components-etl": ("endpoint/mysql_cdc",),
    "rulego-components-iot": (
        *("x/bacnet", "x/control/", "x/dlt645", "x/eip", "x/fins", "x/iec104", "x/influxdb", "x/iot", "x/mcRead"),
        *("x/mcWrite", "x/modbus", "x/opcua", "x/promremote", "x/s7", "x/serial", "x/snmp", "x/tdengine"),
        *("x/timescaledb", "x/tsdb"),
        *("endpoint/hj212", "endpoint/modbusServer", "endpoint/opcua", "endpoint/snmp"),
    ),
    "rulego-components": (
        *("x/beanstalkd", "x/fasthttp", "x/file", "x/grpc", "x/kafka", "x/lua", "x/mongodb", "x/nats", "x/nsq"),
        *("x/opengemini", "x/otel", "x/pulsar", "x/python", "x/rabbitmq", "x/receiveEmail", "x/stream", "x/wukongim"),
        *("endpoint/beanstalkd", "endpoint/fasthttp", "endpoint/grpc", "endpoint/kafka", "endpoint/nats"),
        *("endpoint/nsq", "endpoint/pulsar", "endpoint/rabbitmq", "endpoint/wukongim"),
    ),
}
_CORE_ENDPOINTS = (
    "http",
    "mqtt",
    "net",
    "net_client",
    "rest",
    "schedule",
    "tcp",
    "timer",
    "websocket",
    "ws",
    "ws_client",
)
_WHOLE = {"endpoint/redis": "rulego-components", **{f"endpoint/{name}": "RuleGo" for name in _CORE_ENDPOINTS}}


def origin_hint(type_: str) -> str | None:
    """Return a hint for a component type that RuleGo or one of its libraries has; None for any other."""
    library = _WHOLE.get(type_) or next(
        (name for name, begins in _BEGINNINGS.items() if type_.startswith(begins)), None
    )
    if library is not None:
        return f"it belongs to {library}, which is written in Go: register one of your own under this type"
    if type_.startswith("test/"):
        return "RuleGo's examples bring components of this kind along: register one of your own under this type"
    return None


def endpoint_origin_hint(type_: str) -> str | None:
    """Return a hint for an endpoint type that RuleGo or one of its libraries has; it may lack the `endpoint/`."""
    return origin_hint(f"endpoint/{type_.removeprefix('endpoint/')}")
