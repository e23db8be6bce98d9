"""`exec`: run a command of this machine, if the engine's properties allow it."""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import NamedTuple

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, setting
from rulechain.components.action.log import LOGGER
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic, did_you_mean
from rulechain.diagnostics.errors import NodeError
from rulechain.expr.holes import find_holes
from rulechain.model import SUCCESS, Message
from rulechain.values import StringMap

# The engine's properties that decide what may run, and the metadata key for the working directory (RuleGo's names).
MODE, ALLOWED, DENIED, DENIED_TEXTS = "execNodeMode", "execNodeWhitelist", "execNodeDeny", "execNodeDenyArgs"
WORK_DIR = "workDir"
_MODES = ("allow", "deny")
MAX_OUTPUT = 16 * 1024 * 1024
# How much of what a failed command says on stderr becomes the error.
_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class ExecSettings:
    """Settings of `exec`."""

    cmd: str = setting("", description="The command, without arguments.", required=True, format="template")
    args: tuple[str, ...] = setting(
        (),
        description=(
            "The arguments. Each is split at its blanks before its templates are filled in, unless it begins with a "
            "double quote, which stays part of it."
        ),
        format="template",
    )
    log: bool = setting(False, description=f"Whether what it writes goes to the logger {LOGGER}, line by line.")  # noqa: FBT003
    replace_data: bool = setting(
        False,  # noqa: FBT003
        description="Whether what it writes becomes the payload: stdout, or stderr when stdout is empty.",
    )
    timeout: int = setting(60, description="The seconds after which it is killed; 0 means never.", minimum=0)


class Policy(NamedTuple):
    """What the engine allows."""

    denies_by_default: bool
    allowed: frozenset[str]
    denied: frozenset[str]
    denied_texts: tuple[str, ...]

    def check(self, command: str, arguments: list[str]) -> None:
        """Refuse what may not run.

        Raises:
            NodeError: The command is not allowed.
        """
        line = " ".join([command, *arguments])
        if command in self.denied or any(text in line for text in self.denied_texts):
            raise NodeError("cmd is denied error")
        if self.denies_by_default and command not in self.allowed and line not in self.allowed:
            raise NodeError("cmd not allowed error")


def _build(settings: ExecSettings, node: NodeBuild) -> NodeFunction:
    policy = _policy(node)
    command_of = compile_template_setting(settings.cmd, node, "cmd").text
    arguments_of = [
        compile_template_setting(part, node, "args", index).text
        for index, argument in enumerate(settings.args)
        for part in split_argument(argument)
    ]

    def run(message: Message) -> Awaitable[Outcome]:
        command = command_of(message)
        arguments = [argument(message) for argument in arguments_of]
        policy.check(command, arguments)
        return finish(message, command, arguments)

    async def finish(message: Message, command: str, arguments: list[str]) -> Outcome:
        wanted = settings.replace_data or settings.log
        result = await _run(command, arguments, message.metadata.get(WORK_DIR) or None, settings.timeout, wanted=wanted)
        if settings.log:
            _log(result)
        if result.status:
            raise NodeError(_failure(result))
        if not settings.replace_data:
            return Outcome(SUCCESS, message)
        return Outcome(SUCCESS, message.replace(data=_text_or_bytes(result.stdout or result.stderr)))

    return run


def split_argument(argument: str) -> list[str]:
    """Return an argument's parts, as RuleGo splits it: at each blank outside `${…}`."""
    if argument.startswith('"'):
        return [argument]
    parts, start = [], 0
    holes = [hole.span for hole in find_holes(argument)]
    for position, character in enumerate(argument):
        if character == " " and not any(span.start <= position < span.end for span in holes):
            parts.append(argument[start:position])
            start = position + 1
    return [*parts, argument[start:]]


def _policy(node: NodeBuild) -> Policy:
    properties = node.properties
    mode = properties.get(MODE) or "allow"
    if mode not in _MODES:
        message = f'the engine property "{MODE}" is "{mode}", expected "allow" or "deny"'
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location(), hint=did_you_mean(mode, _MODES)))
    allowed, denied, texts = (_entries(properties, name) for name in (ALLOWED, DENIED, DENIED_TEXTS))
    return Policy(mode != "deny", frozenset(allowed), frozenset(denied), tuple(texts))


def _entries(properties: StringMap, name: str) -> list[str]:
    return [entry.strip() for entry in properties[name].split(",") if entry.strip()]


class _Result(NamedTuple):
    status: int
    stdout: bytes
    stderr: bytes


class _Process(asyncio.SubprocessProtocol):
    """What a running command has written so far, and when it is over."""

    def __init__(self, limit: int | None) -> None:
        loop = asyncio.get_running_loop()
        self.output = {1: bytearray(), 2: bytearray()}
        self.exited = loop.create_future()
        # Exited, and every stream closed: its children may hold them for longer.
        self.ended = loop.create_future()
        self._limit = limit

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep what was written: without a limit only the end of it, which is enough for an error."""
        kept = self.output[fd]
        kept += data
        if self._limit is None:
            del kept[:-_SHOWN]
        elif len(kept) > self._limit and not self.ended.done():
            self.ended.set_exception(NodeError(f"the command wrote more than {self._limit} bytes"))

    def process_exited(self) -> None:
        """Note that there is no process any more."""
        self.exited.set_result(None)

    def connection_lost(self, _: Exception | None) -> None:
        """Note that nothing more will come."""
        if not self.ended.done():
            self.ended.set_result(None)


_Running = tuple[asyncio.SubprocessTransport, _Process]


async def _run(command: str, arguments: list[str], folder: str | None, timeout_s: int, *, wanted: bool) -> _Result:
    """Run a command to its end; it and all its children are killed when that is not to be waited for."""
    starting = asyncio.get_running_loop().subprocess_exec(
        lambda: _Process(MAX_OUTPUT if wanted else None),
        command,
        *arguments,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if wanted else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        transport, process = await _started(asyncio.ensure_future(starting))
    except (OSError, ValueError) as error:
        raise NodeError(_start_failure(error, command, folder)) from None
    try:
        async with asyncio.timeout(timeout_s or None):
            await process.ended
    except BaseException as error:
        await _kill(transport, process)
        if isinstance(error, TimeoutError):
            raise NodeError(f"the command took longer than {timeout_s} s") from None
        raise
    finally:
        transport.close()
    return _Result(transport.get_returncode() or 0, bytes(process.output[1]), bytes(process.output[2]))


async def _started(starting: "asyncio.Future[_Running]") -> _Running:
    """Wait for a command to have started, also when nobody wants it any more: asyncio never ends half a start."""
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting])
        if starting.exception() is None:
            transport, process = starting.result()
            await _kill(transport, process)
            transport.close()
        raise


async def _kill(transport: asyncio.SubprocessTransport, process: _Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    await process.exited


def _start_failure(error: Exception, command: str, folder: str | None) -> str:
    """Return why a command did not start, in Go's words."""
    if not isinstance(error, OSError):
        return f'exec: "{command}": {error}'
    reason = (error.strerror or str(error)).lower()
    if folder is not None and error.filename == folder:
        return f"chdir {folder}: {reason}"
    if isinstance(error, FileNotFoundError) and "/" not in command:
        return f'exec: "{command}": executable file not found in $PATH'
    return f"fork/exec {command}: {reason}"


def _failure(result: _Result) -> str:
    status = result.status
    ended = f"exit status {status}" if status > 0 else f"signal: {(signal.strsignal(-status) or '').lower()}"
    said = result.stderr[-_SHOWN:].decode("utf-8", "replace").strip()
    return f"{ended}: {said}" if said else ended


def _log(result: _Result) -> None:
    logger = logging.getLogger(LOGGER)
    for output, level in ((result.stdout, logging.INFO), (result.stderr, logging.ERROR)):
        for line in output.decode("utf-8", "replace").splitlines():
            logger.log(level, "%s", line)


def _text_or_bytes(output: bytes) -> str | bytes:
    try:
        return output.decode()
    except UnicodeDecodeError:
        return output


SPEC = ComponentSpec(
    type="exec",
    category="action",
    summary="Runs a command of this machine",
    description=(
        f"Off unless the engine's properties allow it: {ALLOWED} lists what may run, separated by commas; an entry "
        "without blanks allows that command with any arguments, one with blanks exactly that command line. "
        f'{MODE} "deny" allows everything instead. {DENIED} lists commands and {DENIED_TEXTS} texts in a command line '
        "that never may. No shell is involved. The command runs in the folder that the metadata key "
        f"{WORK_DIR} names. Failure with what it wrote to stderr when it ends with an error, when it takes too long, "
        "or when more than 16 MiB of output are to be kept."
    ),
    build=_build,
    settings=ExecSettings,
    suspends=True,
    example={"cmd": "date", "args": ["-u", "+%s"], "replaceData": True},
)
