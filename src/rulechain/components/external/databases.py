"""The databases that `dbClient` knows, each behind the same few functions of its driver.

Drivers are loaded when a first connection is made.
"""

import contextlib
import datetime as dt
import re
import select
import ssl
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from rulechain.components.external.sql_text import Dialect
from rulechain.components.external.tls import client_context
from rulechain.diagnostics.errors import NodeError
from rulechain.values import to_text_strict

_CONNECT_TIMEOUT_S = 10
_EXACT_INTEGERS = 2.0**53


class Result(NamedTuple):
    """What a statement gave. `columns` is None for one that gives no rows."""

    columns: list[str] | None
    rows: Sequence[Sequence[Any]]
    affected: int
    last_id: int | None


class Database(Protocol):
    """One database, by its driver. All of it may block."""

    dialect: Dialect

    def connect(self) -> Any:
        """Open a connection, on which each statement is a transaction of its own.

        Raises:
            NodeError: It cannot be had.
        """

    def execute(self, connection: Any, text: str, values: Sequence[Any]) -> Result:
        """Run a statement.

        Raises:
            NodeError: The database refuses it, or is gone.
        """

    def stop(self, connection: Any) -> None:
        """Stop what the database is doing for a connection, from another thread."""

    def has_ended(self, connection: Any) -> bool:
        """Whether a connection that nobody uses is of no use any more."""

    def close(self, connection: Any) -> None:
        """Close a connection, however it is."""


class Sqlite:
    """SQLite, by the standard library. The DSN is a path, `:memory:` or a `file:` URI."""

    dialect = Dialect("?")

    def __init__(self, dsn: str) -> None:
        self._path = re.sub(r"^sqlite3?://(?:/(?=.))?", "", dsn.strip()) or ":memory:"

    def connect(self) -> Any:
        """Open a connection."""
        import sqlite3  # noqa: PLC0415 - takes time, and few need it

        try:
            return sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, uri=self._path.startswith("file:")
            )
        except sqlite3.Error as error:
            raise NodeError(f"{self._path}: {error}") from error

    def execute(self, connection: Any, text: str, values: Sequence[Any]) -> Result:
        """Run a statement."""
        import sqlite3  # noqa: PLC0415

        try:
            with contextlib.closing(connection.cursor()) as cursor:
                cursor.execute(text, [_bindable(value) for value in values])
                return _result(cursor, last_id=cursor.lastrowid)
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise NodeError(str(error)) from error

    def stop(self, connection: Any) -> None:
        """Stop a statement, which is undone."""
        connection.interrupt()

    def has_ended(self, connection: Any) -> bool:  # noqa: ARG002
        """A file does not go away."""
        return False

    def close(self, connection: Any) -> None:
        """Close a connection."""
        connection.close()


class Postgres:
    """PostgreSQL, by psycopg. The DSN is a `postgres://` URL or libpq's `key=value` form."""

    dialect = Dialect("%s", has_dollars=True)

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn.strip()

    def connect(self) -> Any:
        """Open a connection."""
        import psycopg  # noqa: PLC0415 - optional
        from psycopg.types.string import TextLoader  # noqa: PLC0415

        try:
            facts = psycopg.conninfo.conninfo_to_dict(self._dsn)
            facts.setdefault("connect_timeout", _CONNECT_TIMEOUT_S)
            # Prepared statements do not get along with every pooler between us and the server.
            connection: Any = psycopg.connect(**facts, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise NodeError(str(error).strip()) from error
        for kind in ("json", "jsonb", "numeric", "interval"):
            connection.adapters.register_loader(kind, TextLoader)
        return connection

    def execute(self, connection: Any, text: str, values: Sequence[Any]) -> Result:
        """Run a statement."""
        import psycopg  # noqa: PLC0415

        try:
            with connection.cursor() as cursor:
                cursor.execute(text, [_untyped(value) for value in values])
                return _result(cursor, last_id=None)
        except psycopg.Error as error:
            raise NodeError(str(error).strip()) from error

    def stop(self, connection: Any) -> None:
        """Stop a statement, which is undone."""
        import psycopg  # noqa: PLC0415

        with contextlib.suppress(psycopg.Error):
            connection.cancel_safe(timeout=_CONNECT_TIMEOUT_S)

    def has_ended(self, connection: Any) -> bool:
        """Whether the server has hung up."""
        return bool(connection.closed) or _has_input(connection.fileno())

    def close(self, connection: Any) -> None:
        """Close a connection."""
        connection.close()


class Mysql:
    """MySQL and MariaDB, by PyMySQL. The DSN is RuleGo's `user:password@tcp(host:port)/database?tls=true`, or a URL.

    Raises:
        ValueError: The DSN is neither.
    """

    dialect = Dialect("%s", is_mysql=True)

    def __init__(self, dsn: str) -> None:
        self._facts, self._parse_time = mysql_facts(dsn.strip())

    def connect(self) -> Any:
        """Open a connection."""
        import pymysql  # noqa: PLC0415 - optional

        try:
            conversions = _mysql_conversions(parse_time=self._parse_time)
            return pymysql.connect(**self._facts, connect_timeout=_CONNECT_TIMEOUT_S, autocommit=True, conv=conversions)
        except pymysql.MySQLError as error:
            raise NodeError(_mysql_reason(error)) from error

    def execute(self, connection: Any, text: str, values: Sequence[Any]) -> Result:
        """Run a statement."""
        import pymysql  # noqa: PLC0415

        try:
            with connection.cursor() as cursor:
                cursor.execute(text, [_bindable(value) for value in values])
                return _result(cursor, last_id=cursor.lastrowid)
        except (pymysql.MySQLError, ValueError) as error:
            raise NodeError(_mysql_reason(error)) from error

    def stop(self, connection: Any) -> None:
        """Stop a statement, which is undone where the storage can."""
        import pymysql  # noqa: PLC0415

        with contextlib.suppress(pymysql.MySQLError, NodeError), contextlib.closing(self.connect()) as other:
            other.query(f"kill query {connection.thread_id()}")

    def has_ended(self, connection: Any) -> bool:
        """Whether the server has hung up."""
        return not connection.open or _has_input(connection._sock)  # noqa: SLF001 - PyMySQL has no other way to see it

    def close(self, connection: Any) -> None:
        """Close a connection."""
        import pymysql  # noqa: PLC0415

        with contextlib.suppress(pymysql.MySQLError):
            connection.close()


def mysql_facts(dsn: str) -> tuple[dict[str, Any], bool]:
    """Return what a MySQL DSN says, as PyMySQL's arguments, and whether it wants times to be parsed.

    Raises:
        ValueError: It cannot be read.
    """
    if dsn.startswith("mysql://"):
        url = urlsplit(dsn)
        facts = {"host": url.hostname or "127.0.0.1", "port": url.port or 3306, "database": url.path.lstrip("/")}
        user, password, query = unquote(url.username or ""), unquote(url.password or ""), url.query
    else:
        place, slash, rest = dsn.rpartition("/")
        if not slash:
            raise ValueError("there is no / before the database's name")
        database, _, query = rest.partition("?")
        credentials, _, address = place.rpartition("@")
        user, _, password = credentials.partition(":")
        facts = {**_mysql_address(address), "database": database}
    options = dict(parse_qsl(query))
    facts |= {
        "database": facts["database"] or None,
        "user": user or None,
        "password": password,
        "charset": options.get("charset", "utf8mb4").partition(",")[0],
        "ssl": _mysql_tls(options.get("tls", "")),
    }
    return facts, options.get("parseTime", "") in ("true", "1")


def _mysql_address(text: str) -> dict[str, Any]:
    found = re.fullmatch(r"(\w*)(?:\((.*)\))?", text)
    if found is None or found[1] not in ("", "tcp", "unix"):
        raise ValueError(f'"{text}" is no address such as tcp(127.0.0.1:3306)')
    address = found[2] or ""
    if found[1] == "unix":
        return {"unix_socket": address}
    parts = urlsplit(f"//{address}")
    return {"host": parts.hostname or "127.0.0.1", "port": parts.port or 3306}


def _mysql_tls(mode: str) -> ssl.SSLContext | None:
    if mode in ("", "false", "0", "preferred"):
        return None
    if mode not in ("true", "1", "skip-verify"):
        raise ValueError(f'tls is "{mode}", expected true, false, skip-verify or preferred')
    return client_context(verify=mode != "skip-verify")


def _mysql_conversions(*, parse_time: bool) -> dict[Any, Any]:
    """Return PyMySQL's conversions without those of decimals, and of times unless they are wanted: both are texts."""
    from pymysql.constants import FIELD_TYPE  # noqa: PLC0415 - optional
    from pymysql.converters import conversions  # noqa: PLC0415

    texts = {FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.TIME}
    if not parse_time:
        texts |= {FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP, FIELD_TYPE.DATE}
    return {kind: convert for kind, convert in conversions.items() if kind not in texts}


def _mysql_reason(error: Exception) -> str:
    if len(error.args) > 1:
        return f"Error {error.args[0]}: {error.args[1]}"
    return str(error)


def _result(cursor: Any, *, last_id: int | None) -> Result:
    columns = None if cursor.description is None else [column[0] for column in cursor.description]
    rows = [] if columns is None else cursor.fetchall()
    return Result(columns, rows, max(cursor.rowcount, 0), last_id)


def _bindable(value: Any) -> Any:
    """Return a value as the drivers take it: JSON numbers are floats, whole ones among them are meant as integers."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT_INTEGERS else float(value)
    return value if value is None or isinstance(value, (bool, int, str, bytes)) else to_text_strict(value)


def _untyped(value: Any) -> Any:
    """Return a value as a text, whose type PostgreSQL then makes out by itself, as it does for RuleGo's driver."""
    return value if value is None or isinstance(value, bytes) else to_text_strict(value)


def _has_input(channel: Any) -> bool:
    """Whether a connection that should be silent has something to say: that it ends."""
    watch = select.poll()
    watch.register(channel, select.POLLIN | select.POLLHUP)
    return bool(watch.poll(0))


def _rfc3339(time: dt.datetime) -> str:
    text, _, fraction = time.replace(tzinfo=None).isoformat().partition(".")
    zone = time.strftime("%z")
    return "".join(
        [
            text,
            f".{fraction.rstrip('0')}" if fraction else "",
            f"{zone[:3]}:{zone[3:5]}" if zone and zone != "+0000" else "Z",
        ]
    )


def plain_value(value: Any) -> Any:
    """Return a value out of a row as JSON can hold it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, dt.datetime):
        return _rfc3339(value)
    if isinstance(value, dt.date):
        return f"{value.isoformat()}T00:00:00Z"
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    return str(value)
