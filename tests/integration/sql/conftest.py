"""Servers for tests of `dbClient`, one of each kind for the session."""

import pytest

from support.sql_servers import mysql_server, postgres_server


@pytest.fixture(scope="session")
def postgres_folder():
    """The folder of a PostgreSQL server's socket."""
    with postgres_server() as folder:
        yield folder


@pytest.fixture(scope="session")
def mysql_socket():
    """The socket of a MariaDB server."""
    with mysql_server() as socket:
        yield socket


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def database(request, tmp_path):
    """`driverName` and `dsn` of each kind of database in turn."""
    if request.param == "sqlite":
        dsn = str(tmp_path / "test.db")
    elif request.param == "postgres":
        dsn = f"host={request.getfixturevalue('postgres_folder')} user=test dbname=postgres"
    else:
        dsn = f"root:@unix({request.getfixturevalue('mysql_socket')})/test?charset=utf8mb4"
    return {"driverName": request.param, "dsn": dsn}
