"""`ssh`: runs a command on another machine."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.external.sharing import resolve_reference, share_connection
from rulechain.components.external.shell_text import compile_command
from rulechain.components.extras import has_extra
from rulechain.components.payload import payload_of
from rulechain.diagnostics import Code, Diagnostic
from rulechain.model import FAILURE, SUCCESS, DataType, Message

if TYPE_CHECKING:
    from rulechain.components.external.ssh_connection import Finished, SshConnection

_DEFAULT_PASSWORD = "password"  # noqa: S105 - RuleGo's


@dataclass(frozen=True, slots=True)
class SshSettings:
    """Settings of `ssh`."""

    host: str = setting(
        "127.0.0.1", required=True, description="The machine, or ref://id for the connection of another ssh node."
    )
    port: int = setting(22, minimum=1, required=True, description="The port of its SSH server.")
    username: str = setting("root", required=True, description="The user there.")
    password: str = setting(_DEFAULT_PASSWORD, format="secret", description="The user's password.")
    cert_key_file: str = setting(
        "", format="secret", description="The user's private key instead of a password: a file, or the key itself."
    )
    cmd: str = setting(
        "",
        required=True,
        format="template",
        description="The command, for a POSIX shell. What `${…}` gives is quoted, so that it is never more than a "
        "part of one word.",
    )
    splice_cmd: bool = setting(
        False,  # noqa: FBT003
        description="Unsafe: whether `${…}` becomes a part of the command's text, as in RuleGo. Whoever can choose "
        "such a value can run any command.",
    )
    known_hosts: str = setting(
        "",
        description="The keys of known machines: a file in OpenSSH's format, or its lines; blank means "
        "~/.ssh/known_hosts.",
    )
    insecure_skip_verify: bool = setting(False, description="Whether the machine's key is left unchecked.")  # noqa: FBT003
    connect_timeout: int = setting(10, minimum=1, description="The longest wait for a connection, in seconds.")
    max_output_bytes: int = setting(
        16 * 1024 * 1024, minimum=0, description="The most that a command may write, in bytes; 0 means no limit."
    )


def _build(settings: SshSettings, node: NodeBuild) -> NodeFunction:
    has_extra(node, "asyncssh", extra="ssh", needed_for="ssh")
    connecting = resolve_reference(settings, node, "host", "ssh")
    _check(settings, connecting.settings, node)
    command = compile_command(settings.cmd, node, "cmd", splice=settings.splice_cmd)

    async def connect() -> "SshConnection":
        return await _open(connecting.settings)

    connection = share_connection(connecting, node, connect)

    async def run_once(text: str) -> "Finished":
        async with connection.use() as opened:
            return await opened.run(text, max_bytes=settings.max_output_bytes)

    async def run(message: Message) -> Outcome:
        from rulechain.components.external.ssh_connection import NotStartedError  # noqa: PLC0415 - optional

        text = command(message)
        try:
            output, fault = await run_once(text)
        except NotStartedError:
            # The server had hung up while nobody looked.
            output, fault = await run_once(text)
        answer = message.replace(data=payload_of(output), data_type=DataType.TEXT.value)
        return Outcome(SUCCESS, answer) if fault is None else Outcome(FAILURE, answer, error=fault)

    return run


def _check(settings: SshSettings, theirs: SshSettings, node: NodeBuild) -> None:
    if not settings.cmd.strip():
        node.report(Diagnostic(Code.BAD_SETTING, "cmd can not empty", node.location("cmd")))
    if not (theirs.host.strip() and theirs.username.strip()):
        message = "ssh config can not empty"
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location("username" if theirs.host.strip() else "host")))
    if theirs.cert_key_file.strip() and _password(theirs):
        message = "ssh password and certKeyFile are mutually exclusive"
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location("certKeyFile")))


def _password(settings: SshSettings) -> str:
    # With a key, the default one was not meant.
    is_default = settings.password == _DEFAULT_PASSWORD and settings.cert_key_file.strip()
    return "" if is_default else settings.password


async def _open(settings: SshSettings) -> "SshConnection":
    from rulechain.components.external.ssh_connection import SshServer, open_connection  # noqa: PLC0415 - optional

    return await open_connection(
        SshServer(
            host=settings.host.strip(),
            port=settings.port,
            username=settings.username.strip(),
            password=_password(settings),
            key=settings.cert_key_file.strip(),
            known_hosts=settings.known_hosts,
            verify=not settings.insecure_skip_verify,
            timeout_s=settings.connect_timeout,
        )
    )


SPEC = ComponentSpec(
    type="ssh",
    category="external",
    summary="Runs a command on another machine",
    description=(
        "What the command writes, to either stream, becomes the payload, and the data type TEXT, also in a Failure. "
        "All messages of a node share a connection, on which up to eight commands run at the same time. Failure when "
        "the command ends with another status than 0, when the machine cannot be reached, does not let us in or is "
        "not known, and when the connection ends meanwhile; the command may have run then."
    ),
    build=_build,
    settings=SshSettings,
    suspends=True,
    example={
        "host": "127.0.0.1",
        "port": 2222,
        "username": "ops",
        "certKeyFile": "~/.ssh/id_ed25519",
        "cmd": "systemctl restart ${metadata.unit}",
        "knownHosts": "/etc/ssh/ssh_known_hosts",
    },
)
