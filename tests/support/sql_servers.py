"""PostgreSQL and MariaDB servers of one's own, from what the machine has installed (Debian's packages will do)."""

import contextlib
import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from support.eventually import eventually_blocking
from support.programs import find_program

_STOP_TIMEOUT_S = 30


@contextlib.contextmanager
def postgres_server():
    """A PostgreSQL server; gives the folder of its socket, which is its host."""
    initdb, postgres = find_program("initdb"), find_program("postgres")
    with _folder() as (folder, account):
        data = folder / "data"
        subprocess.run(
            [initdb, "-D", data, "-U", "test", "-A", "trust", "--no-sync"], check=True, capture_output=True, **account
        )
        options = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with _running([postgres, "-D", data, *arguments], folder / ".s.PGSQL.5432", account, signal.SIGINT):
            _until_it_answers([find_program("psql"), "-h", folder, "-U", "test", "postgres", "-c", "select 1"])
            yield folder


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
            _until_it_answers([*client, "create database if not exists test"])
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


def _until_it_answers(command):
    eventually_blocking(lambda: not subprocess.run(command, capture_output=True, check=False).returncode, within_s=30)
