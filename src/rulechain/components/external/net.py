"""`net`: sends the payload over TCP, UDP or a unix socket."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.external.net_connection import (
    Connection,
    ConnectionGoneError,
    Target,
    open_connection,
)
from rulechain.components.external.sharing import resolve_reference, share_connection
from rulechain.components.payload import payload_bytes
from rulechain.diagnostics import Code, Diagnostic, did_you_mean
from rulechain.model import SUCCESS, DataType, Message

# What Go calls a network, as our kinds and families.
_PROTOCOLS = {
    "tcp": ("tcp", socket.AF_UNSPEC),
    "tcp4": ("tcp", socket.AF_INET),
    "tcp6": ("tcp", socket.AF_INET6),
    "udp": ("udp", socket.AF_UNSPEC),
    "udp4": ("udp", socket.AF_INET),
    "udp6": ("udp", socket.AF_INET6),
    "unix": ("unix", socket.AF_UNIX),
}
_NOWHERE = Target("tcp", socket.AF_UNSPEC, "", 0)


@dataclass(frozen=True, slots=True)
class NetSettings:
    """Settings of `net`."""

    protocol: str = setting("tcp", description="The protocol: tcp, udp or unix; tcp4 and its like choose a version.")
    server: str = setting(
        "",
        required=True,
        description="The other side: host:port, the path of a unix socket, or ref://id for the connection of another "
        "net node.",
    )
    connect_timeout: int = setting(
        60, minimum=0, description="The longest wait for a connection, in seconds; 0 means no limit."
    )
    heartbeat_interval: int = setting(
        60, minimum=0, description="The seconds after which the line ping is sent, again and again; 0 means never."
    )
    target: str = setting(
        "", deprecated=True, description="Ignored: only a session of a shared endpoint could be named by it."
    )


def _build(settings: NetSettings, node: NodeBuild) -> NodeFunction:
    connecting = resolve_reference(settings, node, "server", "net")
    theirs = connecting.settings
    target = _target(theirs, node)

    async def connect() -> Connection:
        return await open_connection(
            target, timeout_s=theirs.connect_timeout or None, heartbeat_s=theirs.heartbeat_interval
        )

    connection = share_connection(connecting, node, connect)

    async def send(data: bytes) -> None:
        async with connection.use() as opened:
            await opened.send(data)

    async def run(message: Message) -> Outcome:
        data = payload_bytes(message.data)
        if message.data_type != DataType.BINARY:
            data += b"\n"
        try:
            await send(data)
        except ConnectionGoneError:
            # Once more, as RuleGo does: the other side may have hung up long ago.
            await send(data)
        return Outcome(SUCCESS, message)

    return run


def _target(settings: NetSettings, node: NodeBuild) -> Target:
    name, server = settings.protocol.strip().lower() or "tcp", settings.server.strip()
    if name not in _PROTOCOLS:
        message = f'"protocol" is "{settings.protocol}", expected one of {", ".join(_PROTOCOLS)}'
        hint = did_you_mean(name, _PROTOCOLS)
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location("protocol"), hint=hint))
        return _NOWHERE
    kind, family = _PROTOCOLS[name]
    if kind == "unix":
        if server:
            return Target(kind, family, server, 0)
    else:
        try:
            address = urlsplit(f"//{server}")
            if address.port is not None and server.endswith(f":{address.port}"):
                # Without a host it is this machine, as in Go.
                return Target(kind, family, address.hostname or "localhost", address.port)
        except ValueError:
            pass
    expected = "the path of a socket" if kind == "unix" else "host:port"
    node.report(Diagnostic(Code.BAD_SETTING, f'"server" is "{server}", expected {expected}', node.location("server")))
    return _NOWHERE


SPEC = ComponentSpec(
    type="net",
    category="external",
    summary="Sends the payload over TCP, UDP or a unix socket",
    description=(
        "A binary payload goes out as it is, any other with a line feed behind it; the message goes on unchanged, and "
        "what the other side answers is not read. All messages of a node share a connection, which is opened by the "
        "first one and again after it was lost. Failure when there is no connection, or the other side takes nothing "
        "for ten seconds. Success says that the message has left: TCP does not tell whether it arrived."
    ),
    build=_build,
    settings=NetSettings,
    suspends=True,
    example={"protocol": "udp", "server": "127.0.0.1:16335", "heartbeatInterval": 0},
)
