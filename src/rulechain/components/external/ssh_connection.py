"""One connection to an SSH server. Imported when a first message needs it."""

import asyncio
import contextlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import asyncssh

from rulechain.diagnostics.errors import EndpointUnavailableError, NodeError

_KEEP_ALIVE_S = 30
_CLOSE_TIMEOUT_S = 2.0
# OpenSSH allows ten at a time on one connection.
_MOST_SESSIONS = 8
_CHUNK = 1 << 16
# Stands in every line of a known_hosts file, between the host and its key.
_KEY_KIND = re.compile(r"\s(?:ssh|ecdsa|sk)-\S+\s")
_PEM = "-----BEGIN "


class SshGoneError(EndpointUnavailableError):
    """The connection has ended: another one is needed."""


class NotStartedError(SshGoneError):
    """The connection had ended before the command was started."""


class SshServer(NamedTuple):
    """Where a server is, how it proves itself, and how to be let in."""

    host: str
    port: int
    username: str
    password: str
    # A private key, or the file it is in.
    key: str
    # Lines of a known_hosts file, or the file; blank means the user's own.
    known_hosts: str
    verify: bool
    timeout_s: float


class Finished(NamedTuple):
    """What a command has written, and how it ended unless that was well."""

    output: bytes
    fault: str | None


class SshConnection:
    """A connection that is open."""

    def __init__(self, connection: asyncssh.SSHClientConnection) -> None:
        self._connection = connection
        self._turns = asyncio.Semaphore(_MOST_SESSIONS)

    async def run(self, command: str, *, max_bytes: int) -> Finished:
        """Run a command and return what it writes, to either stream.

        Raises:
            SshGoneError: The connection has ended; NotStartedError where the command was not started.
            NodeError: It writes more than `max_bytes`, or the server does not start it.
        """
        async with self._turns:
            process = await self._start(command)
            try:
                return await _finish(process, max_bytes)
            except BaseException:
                with contextlib.suppress(OSError):
                    process.kill()
                raise
            finally:
                process.close()

    async def close(self) -> None:
        """Say goodbye to the server, if it is still there."""
        self._connection.close()
        with contextlib.suppress(TimeoutError, OSError, asyncssh.Error):
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._connection.wait_closed()
        self._connection.abort()

    async def _start(self, command: str) -> Any:
        try:
            return await self._connection.create_process(
                command, stdin=asyncssh.DEVNULL, stderr=asyncssh.STDOUT, encoding=None
            )
        except (asyncssh.Error, OSError) as error:
            if self._connection.is_closed():
                raise NotStartedError(f"the connection has ended: {error}") from error
            raise NodeError(f"the server does not start the command: {error}") from error


async def open_connection(server: SshServer) -> SshConnection:
    """Connect to a server.

    Raises:
        NodeError: It cannot be reached, is not the one it should be, or does not let us in.
    """
    try:
        connection = await asyncssh.connect(
            server.host,
            server.port,
            username=server.username,
            password=server.password or None,
            client_keys=[_key(server.key)] if server.key else None,
            known_hosts=_known_hosts(server),
            connect_timeout=server.timeout_s,
            login_timeout=server.timeout_s,
            keepalive_interval=_KEEP_ALIVE_S,
            # What this machine's user has set up counts for nothing else.
            config=None,
            agent_path=None,
            gss_host=None,
        )
    except (asyncssh.Error, OSError, ValueError) as error:
        raise NodeError(f"{server.host}:{server.port}: {_reason(error, server)}") from error
    return SshConnection(connection)


def _key(text: str) -> asyncssh.SSHKey:
    return asyncssh.import_private_key(text) if _PEM in text else asyncssh.read_private_key(Path(text).expanduser())


def _known_hosts(server: SshServer) -> Any:
    if not server.verify:
        return None
    text = server.known_hosts.strip()
    if _KEY_KIND.search(text):
        return text.encode()
    return str(Path(text).expanduser()) if text else ()


def _reason(error: Exception, server: SshServer) -> str:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return f"{error}; name the key in knownHosts"
    if isinstance(error, TimeoutError):
        return f"no connection within {server.timeout_s:g} s"
    return str(error) or type(error).__name__


async def _finish(process: asyncssh.SSHClientProcess[bytes], max_bytes: int) -> Finished:
    output = bytearray()
    try:
        while chunk := await process.stdout.read(_CHUNK):
            output += chunk
            if max_bytes and len(output) > max_bytes:
                raise NodeError(f"the command writes more than {max_bytes} bytes")
        await process.wait_closed()
    except (asyncssh.Error, OSError) as error:
        raise SshGoneError(f"the connection has ended while the command was running: {error}") from error
    if process.exit_signal is not None:
        return Finished(bytes(output), f"Process was ended by the signal {process.exit_signal[0]}")
    if process.exit_status is None:
        raise SshGoneError("the connection has ended while the command was running")
    fault = f"Process exited with status {process.exit_status}" if process.exit_status else None
    return Finished(bytes(output), fault)
