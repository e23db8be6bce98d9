"""One connection to an MQTT broker. Imported when a first message needs it."""

import asyncio
import contextlib
import ssl
from typing import NamedTuple

import aiomqtt

from rulechain.diagnostics.errors import EndpointUnavailableError, NodeError

_CONNECT_TIMEOUT_S = 10.0
_PUBLISH_TIMEOUT_S = 5.0
_PAUSE_S = 0.02


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


class _ClosingSocket(ssl.SSLSocket):
    """Closes itself when the two cannot agree on TLS: paho leaves such a socket to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as in the standard library
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


class BrokerConnection:
    """A connection that is open."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        # Done when the connection has ended, which aiomqtt tells nobody who only publishes.
        self._ended: asyncio.Future[None] = client._disconnected  # noqa: SLF001

    async def publish(self, topic: str, payload: bytes, qos: int) -> None:
        """Publish a message, and wait for the broker to have it where `qos` says so.

        Raises:
            BrokerGoneError: It could not be published; NotSentError where it did not leave the process.
            NodeError: The topic is none.
        """
        # Lets the event loop see that the broker has hung up.
        await asyncio.sleep(0)
        if self._ended.done():
            raise NotSentError("MQTT client is not connected")
        publishing = asyncio.ensure_future(self._client.publish(topic, payload, qos, timeout=_PUBLISH_TIMEOUT_S))
        try:
            await asyncio.wait([publishing, self._ended], return_when=asyncio.FIRST_COMPLETED)
            if not publishing.done():
                raise BrokerGoneError("the broker has hung up before it confirmed the message")
            publishing.result()
        except aiomqtt.MqttCodeError as error:
            raise NotSentError(f"MQTT client is not connected: {error}") from error
        except aiomqtt.MqttError as error:
            raise BrokerGoneError(f"the message was not published: {error}") from error
        except ValueError as error:
            raise NodeError(f'"{topic}" is no topic to publish on: {error}') from error
        finally:
            publishing.cancel()

    async def close(self) -> None:
        """Say goodbye to the broker, if it is still there."""
        with contextlib.suppress(aiomqtt.MqttError):
            await self._client.__aexit__(None, None, None)
            # Why it ended was told to those who were waiting.
            self._ended.result()


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
        await _connect(client)
    except (aiomqtt.MqttError, OSError, ValueError) as error:
        raise NodeError(f"{broker.host}:{broker.port}: {error}") from error
    return BrokerConnection(client)


async def _connect(client: aiomqtt.Client) -> None:
    connecting = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(connecting)
    except asyncio.CancelledError:
        await _abandon(client, connecting)
        raise


async def _abandon(client: aiomqtt.Client, connecting: "asyncio.Future[aiomqtt.Client]") -> None:
    """Give an attempt to connect up: aiomqtt would leave its socket open."""
    paho = client._client  # noqa: SLF001
    # The socket is opened in a thread, which cannot be stopped.
    while paho.socket() is None and not connecting.done():
        await asyncio.wait([connecting], timeout=_PAUSE_S)
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)
    paho.disconnect()


def _tls(broker: Broker) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=broker.ca_file or None)
    context.sslsocket_class = _ClosingSocket
    if broker.cert_file:
        context.load_cert_chain(broker.cert_file, broker.key_file or None)
    return context
