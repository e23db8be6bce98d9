"""`ws`: sends the payload to a WebSocket server."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.external.sharing import resolve_reference, share_connection
from rulechain.components.extras import has_extra
from rulechain.components.payload import payload_bytes
from rulechain.diagnostics import Code, Diagnostic
from rulechain.diagnostics.errors import NodeError
from rulechain.model import SUCCESS, DataType, Message

if TYPE_CHECKING:
    from rulechain.components.external.ws_connection import Socket

_DEFAULT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class WsSettings:
    """Settings of `ws`."""

    server: str = setting(
        "",
        required=True,
        description="Address of the server, a ws:// or wss:// URL, or ref://id for the connection of another ws node.",
    )
    target: str = setting(
        "", deprecated=True, description="Ignored: only a session of a shared endpoint could be named by it."
    )
    headers: dict[str, str] = setting(factory=dict, description="Headers of the request that opens the connection.")
    subprotocol: str = setting("", description="The subprotocol that is asked for; blank means none.")
    connect_timeout: int = setting(
        0, minimum=0, description=f"The longest wait for a connection, in seconds; 0 means {_DEFAULT_TIMEOUT_S:g}."
    )
    insecure_skip_verify: bool = setting(
        False,  # noqa: FBT003
        description="Whether the server's certificate and name are left unchecked.",
    )
    message_type: str = setting(
        "text",
        choices=("text", "binary"),
        description="The kind of frame that a payload goes out in; a binary payload always goes out in a binary one.",
    )
    heartbeat_interval: int = setting(
        60, minimum=0, description="The seconds after which a ping is sent, again and again; 0 means never."
    )


def _build(settings: WsSettings, node: NodeBuild) -> NodeFunction:
    has_extra(node, "websockets", extra="ws", needed_for="ws")
    connecting = resolve_reference(settings, node, "server", "ws")
    _check_address(connecting.settings, node)

    async def connect() -> "Socket":
        return await _open(connecting.settings)

    connection = share_connection(connecting, node, connect)

    async def send(frame: str | bytes) -> None:
        async with connection.use() as opened:
            await opened.send(frame)

    async def run(message: Message) -> Outcome:
        from rulechain.components.external.ws_connection import SocketGoneError  # noqa: PLC0415 - optional

        is_binary = settings.message_type == "binary" or message.data_type == DataType.BINARY
        frame = payload_bytes(message.data) if is_binary else _text(message)
        try:
            await send(frame)
        except SocketGoneError:
            # The server may have hung up long ago.
            await send(frame)
        return Outcome(SUCCESS, message)

    return run


def _text(message: Message) -> str:
    try:
        return payload_bytes(message.data).decode()
    except UnicodeDecodeError as error:
        raise NodeError("the payload is not UTF-8, so it cannot go out in a text frame") from error


def _check_address(settings: WsSettings, node: NodeBuild) -> None:
    try:
        url = urlsplit(settings.server.strip())
        if url.scheme in ("ws", "wss") and url.hostname and url.port != 0:
            return
    except ValueError:
        pass
    message = f'"server" is "{settings.server}", expected a URL that begins with ws:// or wss://'
    node.report(Diagnostic(Code.BAD_SETTING, message, node.location("server")))


async def _open(settings: WsSettings) -> "Socket":
    from rulechain.components.external.ws_connection import SocketServer, open_socket  # noqa: PLC0415 - optional

    return await open_socket(
        SocketServer(
            url=settings.server.strip(),
            headers=settings.headers,
            subprotocol=settings.subprotocol.strip(),
            verify=not settings.insecure_skip_verify,
            timeout_s=settings.connect_timeout or _DEFAULT_TIMEOUT_S,
            heartbeat_s=settings.heartbeat_interval,
        )
    )


SPEC = ComponentSpec(
    type="ws",
    category="external",
    summary="Sends the payload to a WebSocket server",
    description=(
        "Each message makes one frame and goes on unchanged; what the server sends is not read. All messages of a node "
        "share a connection, which is opened by the first one and again after it was lost. Failure when there is no "
        "connection, or the server takes nothing for ten seconds."
    ),
    build=_build,
    settings=WsSettings,
    suspends=True,
    example={"server": "ws://127.0.0.1:16334/devices", "headers": {"Authorization": "Bearer ${global.token}"}},
)
