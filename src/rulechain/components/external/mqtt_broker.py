"""One connection to an MQTT broker. Imported when a first message needs it."""

import contextlib
import ssl
from typing import NamedTuple

import aiomqtt

from rulechain.diagnostics.errors import EndpointUnavailableError, NodeError

_CONNECT_TIMEOUT_S = 10.0
_PUBLISH_TIMEOUT_S = 5.0


class BrokerGoneError(EndpointUnavailableError):
    """The connection has ended: another one is needed."""


class NotSentError(BrokerGoneError):
    """The connection had ended before anything was sent."""


class Broker(NamedTuple):
    """Where a broker is, and how to be let in."""

    host: str
    port: int
    username: str
    password: str
    client_id: str
    clean_session: bool
    # Whether to encrypt; the files of the authority, of our certificate and of its key.
    tls: bool
    ca_file: str
    cert_file: str
    key_file: str


class BrokerConnection:
    """A connection that is open."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def publish(self, topic: str, payload: bytes, qos: int) -> None:
        """Publish a message, and wait for the broker to have it where `qos` says so.

        Raises:
            BrokerGoneError: It could not be published; NotSentError where it did not leave the process.
            NodeError: The topic is none.
        """
        try:
            await self._client.publish(topic, payload, qos, timeout=_PUBLISH_TIMEOUT_S)
        except aiomqtt.MqttCodeError as error:
            raise NotSentError(f"MQTT client is not connected: {error}") from error
        except aiomqtt.MqttError as error:
            raise BrokerGoneError(f"the message was not published: {error}") from error
        except ValueError as error:
            raise NodeError(f'"{topic}" is no topic to publish on: {error}') from error

    async def close(self) -> None:
        """Say goodbye to the broker, if it is still there."""
        with contextlib.suppress(aiomqtt.MqttError):
            await self._client.__aexit__(None, None, None)


async def open_connection(broker: Broker) -> BrokerConnection:
    """Connect to a broker.

    Raises:
        NodeError: It cannot be reached, or does not let us in.
    """
    try:
        client = aiomqtt.Client(
            broker.host,
            broker.port,
            username=broker.username or None,
            password=broker.password or None,
            identifier=broker.client_id,
            clean_session=broker.clean_session,
            tls_context=_tls(broker) if broker.tls else None,
            timeout=_CONNECT_TIMEOUT_S,
        )
        await client.__aenter__()
    except (aiomqtt.MqttError, OSError, ValueError) as error:
        raise NodeError(f"{broker.host}:{broker.port}: {error}") from error
    return BrokerConnection(client)


def _tls(broker: Broker) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=broker.ca_file or None)
    if broker.cert_file:
        context.load_cert_chain(broker.cert_file, broker.key_file or None)
    return context
