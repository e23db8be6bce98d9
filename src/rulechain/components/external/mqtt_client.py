"""`mqttClient`: publishes the payload on an MQTT topic."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.external.sharing import resolve_reference, share_connection
from rulechain.components.extras import has_extra
from rulechain.components.payload import payload_bytes
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic
from rulechain.model import SUCCESS, Message

if TYPE_CHECKING:
    from rulechain.components.external.mqtt_broker import Broker, BrokerConnection

# Scheme of the address to whether it is encrypted, and the port.
_SCHEMES = {
    "tcp": (False, 1883),
    "mqtt": (False, 1883),
    "ssl": (True, 8883),
    "tls": (True, 8883),
    "mqtts": (True, 8883),
}


@dataclass(frozen=True, slots=True)
class MqttClientSettings:
    """Settings of `mqttClient`."""

    server: str = setting(
        "127.0.0.1:1883",
        required=True,
        description="Address of the broker: host:port, or a URL that begins with tcp:// or, for TLS, with ssl://; "
        "ref://id for the connection of another mqttClient.",
    )
    username: str = setting("", description="The user; blank means none.")
    password: str = setting("", format="secret", description="The user's password.")
    topic: str = setting("/device/msg", required=True, format="template", description="The topic.")
    max_reconnect_interval: int = setting(
        60, minimum=0, deprecated=True, description="Ignored: a lost connection is opened again by the next message."
    )
    qos: int = setting(
        0, choices=(0, 1, 2), description="Quality of service: at most once, at least once, or exactly once."
    )
    clean_session: bool = setting(
        False,  # noqa: FBT003
        description="Whether the broker forgets the session when the connection ends, as it does without a clientId.",
    )
    client_id: str = setting("", description="Name of the session; blank means a new one for each connection.")
    ca_file: str = setting("", description="File with the certificates that the broker's must descend from.")
    cert_file: str = setting("", description="File with our own certificate.")
    cert_key_file: str = setting("", description="File with the key of our own certificate.")


def _build(settings: MqttClientSettings, node: NodeBuild) -> NodeFunction:
    has_extra(node, "aiomqtt", extra="mqtt", needed_for="mqttClient")
    connecting = resolve_reference(settings, node, "server", "mqttClient")
    address = _address(connecting.settings, node)
    topic = compile_template_setting(settings.topic, node, "topic").text

    async def open_connection() -> "BrokerConnection":
        from rulechain.components.external import mqtt_broker  # noqa: PLC0415 - optional

        return await mqtt_broker.open_connection(_broker(connecting.settings, *address))

    broker = share_connection(connecting, node, open_connection)

    async def publish(message: Message) -> None:
        async with broker.use() as connection:
            await connection.publish(topic(message), payload_bytes(message.data), settings.qos)

    async def run(message: Message) -> Outcome:
        from rulechain.components.external.mqtt_broker import NotSentError  # noqa: PLC0415 - optional

        try:
            await publish(message)
        except NotSentError:
            # The broker had hung up while nobody looked.
            await publish(message)
        return Outcome(SUCCESS, message)

    return run


def _address(settings: MqttClientSettings, node: NodeBuild) -> tuple[str, int, bool]:
    """Return host, port, and whether to encrypt."""
    text = settings.server.strip()
    try:
        url = urlsplit(text if "://" in text else f"tcp://{text}")
        is_encrypted, port = _SCHEMES[url.scheme]
        if url.hostname:
            return url.hostname, url.port or port, is_encrypted
    except (ValueError, KeyError):
        pass
    message = f'"{text}" is no address of an MQTT broker'
    hint = f"expected host:port, or a URL with one of {', '.join(f'{scheme}://' for scheme in _SCHEMES)}"
    node.report(Diagnostic(Code.BAD_SETTING, message, node.location("server"), hint=hint))
    return "", 0, False


def _broker(settings: MqttClientSettings, host: str, port: int, is_encrypted: bool) -> "Broker":  # noqa: FBT001 - parts of an address
    from rulechain.components.external.mqtt_broker import Broker  # noqa: PLC0415 - optional

    return Broker(
        host=host,
        port=port,
        username=settings.username,
        password=settings.password,
        client_id=settings.client_id or f"rulechain/{secrets.token_hex(4)}",
        clean_session=settings.clean_session or not settings.client_id,
        tls=is_encrypted or bool(settings.ca_file or settings.cert_file),
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.cert_key_file,
    )


SPEC = ComponentSpec(
    type="mqttClient",
    category="external",
    summary="Publishes the payload on an MQTT topic",
    description=(
        "The message goes on unchanged when the broker has its copy, as far as qos asks for it. All messages of a node "
        "share a connection, which is opened by the first one and again after it was lost. Failure when the broker "
        "cannot be reached within ten seconds, or does not confirm within five."
    ),
    build=_build,
    settings=MqttClientSettings,
    suspends=True,
    example={"server": "127.0.0.1:18830", "topic": "devices/${metadata.deviceId}/alarm", "qos": 1},
)
