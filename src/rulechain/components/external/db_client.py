"""`dbClient`: runs an SQL statement."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, Resource, setting
from rulechain.components.external.databases import Database, Mysql, Postgres, Result, Sqlite, plain_value
from rulechain.components.external.sharing import Connecting, resolve_reference
from rulechain.components.external.sql_pool import ConnectionPool
from rulechain.components.external.sql_text import Bound, compile_statement, first_word
from rulechain.components.extras import has_extra
from rulechain.connections import Share
from rulechain.diagnostics import Code, Diagnostic, did_you_mean
from rulechain.model import SUCCESS, Message
from rulechain.values import StringMap, to_json

_DEFAULT_POOL_SIZE = 10
_OPERATIONS = ("", "SELECT", "INSERT", "UPDATE", "DELETE", "EXEC", "AUTO")
# The library, and what makes the database of a DSN.
_DRIVERS: dict[str, tuple[str, Callable[[str], Database]]] = {
    "mysql": ("pymysql", Mysql),
    "postgres": ("psycopg", Postgres),
    "sqlite": ("sqlite3", Sqlite),
}
_ALIASES = {"mariadb": "mysql", "postgresql": "postgres", "pgx": "postgres", "sqlite3": "sqlite"}


@dataclass(frozen=True, slots=True)
class DbClientSettings:
    """Settings of `dbClient`."""

    driver_name: str = setting("mysql", required=True, description="The kind of database: mysql, postgres or sqlite.")
    dsn: str = setting(
        "root:root@tcp(127.0.0.1:3306)/test",
        required=True,
        format="secret",
        description="Where it is: user:password@tcp(host:port)/database for mysql, a postgres:// URL or key=value "
        "pairs for postgres, a path or :memory: for sqlite; ref://id for the connections of another dbClient, whose "
        "driverName and poolSize then count.",
    )
    pool_size: int = setting(
        0, minimum=0, description=f"The most statements at the same time, others wait; 0 means {_DEFAULT_POOL_SIZE}."
    )
    op_type: str = setting(
        "",
        description="What the statement does: SELECT, INSERT, UPDATE, DELETE, EXEC, or AUTO, which goes by its first "
        "word, as blank does.",
    )
    sql: str = setting(
        "select * from test",
        required=True,
        format="template",
        description="The statement. What `${…}` gives is bound as a value, as params are to the marks ?.",
    )
    params: tuple[Any, ...] = setting(
        (),
        format="template",
        description="Values for the marks ? in their order; a list fills in one mark for each item.",
    )
    get_one: bool = setting(False, description="Whether a SELECT gives its first row alone, null without any.")  # noqa: FBT003
    splice_sql: bool = setting(
        False,  # noqa: FBT003
        description="Unsafe: whether `${…}` becomes a part of the statement's text, as in RuleGo. Whoever can choose "
        "such a value can change the statement.",
    )


def _build(settings: DbClientSettings, node: NodeBuild) -> NodeFunction:
    connecting = resolve_reference(settings, node, "dsn", "dbClient")
    database = _database(connecting.settings, node)
    operation = settings.op_type.strip().upper()
    if operation not in _OPERATIONS:
        message = f"unsupported opType: {settings.op_type}"
        hint = did_you_mean(operation, _OPERATIONS)
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location("opType"), hint=hint))
    if not settings.sql.strip():
        node.report(Diagnostic(Code.BAD_SETTING, '"sql" is empty', node.location("sql")))
    bind = compile_statement(settings.sql, settings.params, node, database.dialect, splice=settings.splice_sql)
    pool = _pool(connecting, database)
    node.on_close(pool.close)

    async def run(message: Message) -> Outcome:
        bound = bind(message)
        async with pool.use() as connections:
            result = await connections.run(lambda connection: database.execute(connection, bound.text, bound.values))
        return _outcome(message, operation, bound, result, settings)

    return run


def _database(settings: DbClientSettings, node: NodeBuild) -> Database:
    name = settings.driver_name.strip().lower()
    name = _ALIASES.get(name, name)
    if name not in _DRIVERS:
        message = f'there is no driver "{settings.driver_name}" here'
        hint = did_you_mean(name, _DRIVERS) or f"known: {', '.join(_DRIVERS)}"
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location("driverName"), hint=hint))
        return Sqlite("")
    library, make = _DRIVERS[name]
    has_extra(node, library, extra="sql", needed_for=f'dbClient with driverName "{name}"')
    try:
        return make(settings.dsn)
    except ValueError as error:
        node.report(Diagnostic(Code.BAD_SETTING, f'"dsn" cannot be read: {error}', node.location("dsn")))
        return Sqlite("")


def _pool(connecting: Connecting[DbClientSettings], database: Database) -> Share[ConnectionPool]:
    settings, nodes, id_ = connecting
    # Each connection to :memory: would be a database of its own.
    is_private = settings.dsn.strip() in ("", ":memory:")
    size = 1 if is_private else settings.pool_size or _DEFAULT_POOL_SIZE

    async def open_pool() -> ConnectionPool:
        return ConnectionPool(database, size)

    return nodes.share(id_, lambda: Resource(open_pool, ConnectionPool.close))


def _outcome(message: Message, operation: str, bound: Bound, result: Result, settings: DbClientSettings) -> Outcome:
    if operation in ("", "AUTO"):
        operation = first_word(bound.text)
        if result.columns is not None and operation not in ("INSERT", "UPDATE", "DELETE"):
            operation = "SELECT"
    if operation == "SELECT":
        names = result.columns or []
        rows = [{name: plain_value(value) for name, value in zip(names, row, strict=True)} for row in result.rows]
        return Outcome(SUCCESS, message.replace(data=to_json(next(iter(rows), None) if settings.get_one else rows)))
    facts = {"rowsAffected": str(result.affected)}
    if operation == "INSERT" and result.last_id is not None:
        facts["lastInsertId"] = str(result.last_id)
    return Outcome(SUCCESS, message.replace(metadata=StringMap({**message.metadata, **facts})))


SPEC = ComponentSpec(
    type="dbClient",
    category="external",
    summary="Runs an SQL statement on a database",
    description=(
        "What SELECT finds becomes the payload, a JSON list of objects, as does what any other statement but INSERT, "
        "UPDATE and DELETE returns under AUTO; decimals and, in mysql, times are texts. Other statements set the "
        "metadata key rowsAffected, INSERT also lastInsertId where the database has one. Each statement is a "
        "transaction of its own. Values are bound, so they cannot change the statement; a text in quotes with `${…}` "
        "inside is bound as a whole. Failure, with the database's words, when it refuses the statement or cannot be "
        "reached."
    ),
    build=_build,
    settings=DbClientSettings,
    suspends=True,
    example={
        "driverName": "sqlite",
        "dsn": ":memory:",
        "sql": "select upper(?) as site, 20.5 < ${msg.temperature} as hot",
        "params": ["${metadata.site}"],
    },
)
