"""`ssh` against a server in this process, which runs commands in a shell."""

import asyncio
import contextlib
import subprocess

import asyncssh
import pytest

from rulechain import Engine, Message
from rulechain.components import extras
from support.component_build import findings
from support.documents import chain_document
from support.eventually import eventually


class ShellServer:
    """Lets one user in, by password or key, and runs what it is told."""

    def __init__(self):
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")
        self.connections = []
        self.processes = []
        self.signals = []
        self.port = 0
        self._server = None

    @property
    def known_hosts(self):
        """The line that makes it known."""
        return f"[127.0.0.1]:{self.port} {self.host_key.export_public_key().decode()}"

    async def start(self):
        """Listen, on the port of before if there was one."""
        outer = self

        class Door(asyncssh.SSHServer):
            def connection_made(self, connection):
                outer.connections.append(connection)

            def validate_password(self, username, password):
                return (username, password) == ("ops", "right")

            def password_auth_supported(self):
                return True

        self._server = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=Door,
            server_host_keys=[self.host_key],
            authorized_client_keys=asyncssh.import_authorized_keys(self.user_key.export_public_key().decode()),
            process_factory=self._run,
            encoding=None,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        """End it, with its connections."""
        self._server.close()
        for connection in self.connections:
            connection.abort()
        await self._server.wait_closed()

    async def _run(self, process):
        process.signal_received = self.signals.append
        command = ["sh", "-c", process.command]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as shell:  # noqa: ASYNC220 - starts at once
            self.processes.append(shell)
            # Nobody waits for a command whose channel is gone.
            ending = asyncio.create_task(process.channel.wait_closed())
            ending.add_done_callback(lambda _: shell.kill())
            try:
                with contextlib.suppress(OSError):
                    while chunk := await asyncio.to_thread(shell.stdout.read1, 1000):
                        process.stdout.write(chunk)
                status = await asyncio.to_thread(shell.wait)
            finally:
                ending.cancel()
                shell.kill()
        process.exit(status)


@contextlib.asynccontextmanager
async def shell_server():
    server = ShellServer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def document(server, cmd, **configuration):
    """A chain of one node."""
    facts = {"host": "127.0.0.1", "port": server.port, "username": "ops", "password": "right"}
    return chain_document(("s", "ssh", {**facts, "knownHosts": server.known_hosts, "cmd": cmd, **configuration}))


async def end_of(engine, *document_of, message=None, **configuration):
    """How the chain of one node ends."""
    run = await engine.load(document(*document_of, **configuration)).arun(message or Message("{}"))
    return run.ends[0]


async def test_what_the_command_writes_becomes_the_payload():
    """Both streams count, and a value in the command is quoted."""
    message = Message("{}", metadata={"x": "a  b; exit 3"})
    async with shell_server() as server, Engine() as engine:
        end = await end_of(engine, server, "echo ${metadata.x}; echo err >&2", message=message)
    assert (end.relation, end.message.data, end.message.data_type) == ("Success", "a  b; exit 3\nerr\n", "TEXT")


async def test_another_status_is_a_failure_with_what_was_written():
    """The text is RuleGo's."""
    async with shell_server() as server, Engine() as engine:
        end = await end_of(engine, server, "echo out; exit 3")
    assert (end.relation, end.error) == ("Failure", "Process exited with status 3")
    assert (end.message.data, end.message.data_type) == ("out\n", "TEXT")


async def test_messages_share_a_connection():
    """Up to eight commands run at a time, the others wait."""
    async with shell_server() as server, Engine() as engine:
        chain = engine.load(document(server, "echo ${msg.n}"))
        runs = await asyncio.gather(*(chain.arun(Message(f'{{"n":{n}}}')) for n in range(20)))
        assert [run.ends[0].message.data for run in runs] == [f"{n}\n" for n in range(20)]
        assert len(server.connections) == 1


async def test_a_machine_that_is_not_known_is_refused(tmp_path, monkeypatch):
    """Before the password is sent; a file, its lines, or turning the check off make it known."""
    monkeypatch.setenv("HOME", str(tmp_path))
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    async with shell_server() as server, Engine() as engine:
        for unknown in ("", f"[127.0.0.1]:{server.port} {other}"):
            end = await end_of(engine, server, "echo", knownHosts=unknown)
            assert end.error.startswith(f"127.0.0.1:{server.port}: Host key is not trusted")
        file = tmp_path / "known"
        file.write_text(server.known_hosts)
        assert (await end_of(engine, server, "echo", knownHosts=str(file))).relation == "Success"
        assert (await end_of(engine, server, "echo", knownHosts="", insecureSkipVerify=True)).relation == "Success"


async def test_keys_open_too(tmp_path):
    """A file or the key itself; RuleGo's default password does not stand in the way."""
    async with shell_server() as server, Engine() as engine:
        text = server.user_key.export_private_key().decode()
        file = tmp_path / "key"
        file.write_text(text)
        for key in (text, str(file)):
            end = await end_of(engine, server, "echo in", certKeyFile=key, password="password")
            assert (end.error, end.message.data) == (None, "in\n")
        other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
        assert "Permission denied" in (await end_of(engine, server, "x", certKeyFile=other, password="")).error
        gone = await end_of(engine, server, "x", certKeyFile=str(tmp_path / "none"), password="")
        assert "No such file" in gone.error


async def test_a_wrong_password_is_a_failure():
    """The error does not tell it."""
    async with shell_server() as server, Engine() as engine:
        end = await end_of(engine, server, "echo", password="wrong-one")
    assert end.error.startswith(f"127.0.0.1:{server.port}: Permission denied")
    assert "wrong-one" not in end.error


async def test_a_lost_connection_is_opened_again():
    """A command that was not started is started on a new one; while the server is away they fail."""
    async with shell_server() as server, Engine() as engine:
        chain = engine.load(document(server, "echo"))

        async def relation():
            return (await chain.arun(Message("x"))).ends[0].relation

        assert await relation() == "Success"
        await server.stop()
        assert await relation() == "Failure"
        await server.start()
        assert await relation() == "Success"


async def test_a_server_that_dies_meanwhile_is_a_failure():
    """Nobody knows how the command went, so it is not started again."""
    async with shell_server() as server, Engine() as engine:
        chain = engine.load(document(server, "exec sleep 60"))
        running = asyncio.create_task(chain.arun(Message("x")))
        await eventually(lambda: server.processes)
        server.connections[0].abort()
        run = await running
        assert run.ends[0].relation == "Failure"
        assert "connection" in run.ends[0].error.lower()
        assert len(server.processes) == 1


async def test_a_run_that_times_out_ends_its_command():
    """The command does not outlive the run, and the connection goes on."""
    async with shell_server() as server, Engine() as engine:
        chain = engine.load(document(server, "exec sleep ${msg.s}"))
        run = await chain.arun(Message('{"s":60}'), timeout_s=0.5)
        assert run.ends[0].error == "processing cancelled: context deadline exceeded"
        assert not (await chain.arun(Message('{"s":0}'))).failed
        assert len(server.connections) == 1
        await eventually(lambda: server.processes[0].returncode is not None)
        assert server.signals == ["KILL"]


async def test_a_command_that_writes_too_much_is_ended():
    """Memory has an end."""
    async with shell_server() as server, Engine() as engine:
        end = await end_of(engine, server, "yes", maxOutputBytes=1000)
    assert end.error == "the command writes more than 1000 bytes"


@pytest.mark.parametrize(
    "configuration, finding",
    [
        ({}, "cmd can not empty"),
        ({"cmd": "x", "host": ""}, "ssh config can not empty"),
        ({"cmd": "x", "username": " "}, "ssh config can not empty"),
        ({"cmd": "x", "password": "p", "certKeyFile": "k"}, "ssh password and certKeyFile are mutually exclusive"),
    ],
)
def test_wrong_settings_are_told(configuration, finding):
    """In RuleGo's words."""
    assert any(text.startswith("P302 ") and text.endswith(finding) for text in findings("ssh", configuration))


def test_without_its_library_the_chain_does_not_load(monkeypatch):
    """The finding names the extra."""
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda _: None)
    assert 'ssh needs the library "asyncssh", which is not installed' in findings("ssh", {"cmd": "x"})[0]
