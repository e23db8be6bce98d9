"""Connections that only send: TCP, UDP and unix sockets. What the other side says is thrown away."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import NamedTuple, Protocol

from rulechain.diagnostics.errors import EndpointUnavailableError, NodeError

_SEND_TIMEOUT_S = 10.0
_PING = b"ping\n"


class ConnectionGoneError(EndpointUnavailableError):
    """The connection has ended, perhaps in the middle of a message: try another one."""


class Target(NamedTuple):
    """Where the other side is; `kind` is `tcp`, `udp` or `unix`, and a unix socket's path stands for the host."""

    kind: str
    family: socket.AddressFamily
    host: str
    port: int

    def __str__(self) -> str:
        """Return the address as people write it."""
        if self.kind == "unix":
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Connection(Protocol):
    """An open connection."""

    async def send(self, data: bytes) -> None:
        """Send a message.

        Raises:
            ConnectionGoneError: The connection has ended.
            EndpointUnavailableError: It is of no use any more.
            NodeError: This message cannot be sent, over whatever connection.
        """

    async def close(self) -> None:
        """Close the connection, however it is."""


class StreamConnection:
    """A TCP connection, or one to a unix socket."""

    def __init__(self, writer: asyncio.StreamWriter, heartbeat_s: float) -> None:
        self._writer = writer
        self._heartbeat = _Heartbeat(heartbeat_s, self._beat)

    async def send(self, data: bytes) -> None:
        """Send a message, which may still be on its way when this returns."""
        # Lets the event loop see that the other side has hung up.
        await asyncio.sleep(0)
        if self._writer.is_closing():
            raise ConnectionGoneError("the other side has closed the connection")
        self._writer.write(data)
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._writer.drain()
        except TimeoutError:
            raise EndpointUnavailableError(f"the other side has taken nothing for {_SEND_TIMEOUT_S:g} s") from None
        except OSError as error:
            raise ConnectionGoneError(str(error)) from error

    async def close(self) -> None:
        """Send what is left, and close the connection; one that takes no more is cut."""
        self._heartbeat.stop()
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._writer.wait_closed()
        self._writer.transport.abort()

    def _beat(self) -> None:
        if not self._writer.is_closing():
            self._writer.write(_PING)


class DatagramConnection:
    """A UDP socket: one datagram for each message, and nobody says whether it arrives."""

    def __init__(self, channel: socket.socket, heartbeat_s: float) -> None:
        self._channel = channel
        self._heartbeat = _Heartbeat(heartbeat_s, self._beat)

    async def send(self, data: bytes) -> None:
        """Send a message as one datagram."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self._channel, data)
        except ConnectionRefusedError as error:
            # Said of an earlier datagram.
            raise ConnectionGoneError(str(error)) from error
        except OSError as error:
            raise NodeError(f"{len(data)} bytes cannot be sent as one datagram: {error}") from error

    async def close(self) -> None:
        """Close the socket."""
        self._heartbeat.stop()
        self._channel.close()

    def _beat(self) -> None:
        with contextlib.suppress(OSError):
            self._channel.send(_PING)


async def open_connection(target: Target, *, timeout_s: float | None, heartbeat_s: float) -> Connection:
    """Connect.

    Args:
        target: The other side.
        timeout_s: The longest wait for it.
        heartbeat_s: Sends `ping` each time so many seconds have gone; 0 means never.

    Raises:
        NodeError: It cannot be reached.
    """
    try:
        async with asyncio.timeout(timeout_s):
            if target.kind == "udp":
                return DatagramConnection(await _open_datagrams(target), heartbeat_s)
            return StreamConnection(await _open_stream(target), heartbeat_s)
    except TimeoutError:
        raise NodeError(f"{target}: no connection within {timeout_s:g} s") from None
    except OSError as error:
        raise NodeError(f"{target}: {error}") from error


async def _open_stream(target: Target) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()

    def protocol() -> _Sending:
        return _Sending(reader)

    if target.kind == "unix":
        transport, sending = await loop.create_unix_connection(protocol, target.host)
    else:
        transport, sending = await loop.create_connection(protocol, target.host, target.port, family=target.family)
    return asyncio.StreamWriter(transport, sending, reader, loop)


async def _open_datagrams(target: Target) -> socket.socket:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(target.host, target.port, family=target.family, type=socket.SOCK_DGRAM)
    family, kind, protocol, _, address = found[0]
    channel = socket.socket(family, kind, protocol)
    try:
        channel.setblocking(False)  # noqa: FBT003 - the standard library's
        await loop.sock_connect(channel, address)
    except BaseException:
        channel.close()
        raise
    return channel


class _Sending(asyncio.StreamReaderProtocol):
    """Throws away what comes in, and closes when the other side does."""

    def data_received(self, data: bytes) -> None:
        pass

    def eof_received(self) -> bool:
        return False


class _Heartbeat:
    """Calls something again and again, until it is stopped."""

    def __init__(self, interval_s: float, beat: Callable[[], None]) -> None:
        self._interval_s = interval_s
        self._beat = beat
        self._timer: asyncio.TimerHandle | None = None
        self._wait()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        if self._interval_s:
            self._timer = asyncio.get_running_loop().call_later(self._interval_s, self._run)

    def _run(self) -> None:
        self._beat()
        self._wait()
