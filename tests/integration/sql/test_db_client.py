"""`dbClient` on real databases."""

import asyncio
import json
import uuid

import pytest

from rulechain import Engine, Message
from support.component_build import json_message, outcome_of
from support.documents import chain_document
from support.eventually import eventually

ROWS = [("a", 1), ("b", 2), ("it's", 3)]


class Table:
    """A table of one's own, and statements on it; `{}` in them is its name."""

    def __init__(self, database):
        self.database = database
        self.name = f"t{uuid.uuid4().hex[:12]}"

    def outcome(self, sql, *params, message=None, **configuration):
        """The outcome of one statement."""
        sql = sql.replace("{}", self.name)
        return outcome_of("dbClient", {**self.database, "sql": sql, "params": list(params), **configuration}, message)

    def rows(self, sql, *params, **facts):
        """The rows that a statement finds."""
        outcome = self.outcome(sql, *params, **facts)
        assert outcome.relation == "Success", outcome.error
        return json.loads(outcome.message.data)


@pytest.fixture
def table(database):
    table = Table(database)
    assert table.outcome("create table {} (name varchar(99), n integer)").relation == "Success"
    for name, n in ROWS:
        assert table.outcome("insert into {} values (?, ?)", name, n).relation == "Success"
    yield table
    table.outcome("drop table {}")


def test_select_gives_a_list_of_objects(table):
    """Rows become the payload, keys sorted; nothing else changes."""
    message = json_message({"n": 1})
    outcome = table.outcome("select name, n from {} where n > ? order by n", "${msg.n}", message=message)
    assert outcome.message.data == '[{"n":2,"name":"b"},{"n":3,"name":"it\'s"}]'
    assert (outcome.message.metadata, outcome.message.data_type) == (message.metadata, "JSON")
    assert table.rows("select * from {} where n = 9") == []


def test_get_one_gives_the_first_row_or_null(table):
    """A single object instead of a list."""
    assert table.rows("select n from {} order by n", getOne=True) == {"n": 1}
    assert table.rows("select n from {} where n = 9", getOne=True) is None


def test_changes_are_counted(table):
    """Other statements keep the payload and say how many rows they touched."""
    outcome = table.outcome("update {} set n = n + 10 where n >= ?", 2)
    assert (outcome.message.data, outcome.message.metadata["rowsAffected"]) == ("{}", "2")
    assert table.outcome("delete from {} where name = 'a'").message.metadata["rowsAffected"] == "1"
    assert table.outcome("-- all of it\n delete from {}", opType="exec").message.metadata["rowsAffected"] == "2"


def test_a_value_is_never_a_part_of_the_statement(table):
    """Quotes and statements inside values, params or templates are just text, with and without quotes around them."""
    evil = "'; drop table x; -- ${msg.n} ? %s"
    message = json_message({"name": evil, "n": 5})
    table.outcome("insert into {} values (${msg.name}, ${msg.n})", message=message)
    table.outcome("insert into {} values ('${msg.name}', ?)", "${msg.n + 1}", message=message)
    table.outcome("insert into {} values ('<${msg.name}> isn''t ${msg.n}', 7)", message=message)
    assert [row["name"] for row in table.rows("select name from {} where n > 4 order by n")] == [
        evil,
        evil,
        f"<{evil}> isn't 5",
    ]


def test_percent_signs_and_marks_in_texts_stay(table):
    """They are text where they stand in quotes or comments."""
    assert table.rows("select n from {} where name like '%a%' and name <> '?' /* ? ${x} */ and n % 2 = ?", 1) == [
        {"n": 1}
    ]


def test_a_list_fills_in_several_marks(table):
    """Items are bound one by one; an empty list finds nothing."""
    sql = "select n from {} where n in (?) order by n"
    assert table.rows(sql, "${msg.ids}", message=json_message({"ids": [1, 3]})) == [{"n": 1}, {"n": 3}]
    assert table.rows(sql, [2]) == [{"n": 2}]
    assert table.rows(sql, "${msg.ids}", message=json_message({"ids": []})) == []
    assert table.rows("select n from {} where n in (${msg.ids})", message=json_message({"ids": [3]})) == [{"n": 3}]


def test_numbers_truth_and_nothing_are_values(table):
    """A whole JSON number fits an integer column, null is NULL."""
    table.outcome("insert into {} values (?, ?)", "${msg.none}", "${msg.n}", message=json_message({"n": 7.0}))
    assert table.rows("select n from {} where name is null") == [{"n": 7}]
    table.outcome("insert into {} values (?, ?)", "${msg.o}", 8, message=json_message({"o": {"b": 1, "a": [1]}}))
    assert table.rows("select name from {} where n = 8") == [{"name": '{"a":[1],"b":1}'}]


def test_the_database_says_what_is_wrong(table):
    """A refused statement is a Failure with the database's words."""
    outcome = table.outcome("select nothing_like_it from {}")
    assert outcome.relation == "Failure"
    assert "nothing_like_it" in outcome.error
    assert outcome.message.data == "{}"


def test_splicing_has_to_be_asked_for(table):
    """With the unsafe setting a template may be any part of the statement."""
    message = json_message({"table": table.name, "what": "n, '${x}' as x"})
    sql = "select ${msg.what} from ${msg.table} where n = ?"
    assert table.rows(sql, 2, message=message, spliceSql=True) == [{"n": 2, "x": "${x}"}]
    outcome = table.outcome("select ${msg.what} from {} where n = ? or n = ?", 2, message=message, spliceSql=True)
    assert outcome.error == '"sql" has marks for 2 values, "params" has 1'


async def test_statements_run_at_the_same_time_up_to_a_limit(table):
    """Each message gets its own rows, and free connections are used again."""
    configuration = {**table.database, "poolSize": 3, "sql": f"select n from {table.name} where name = ${{msg.name}}"}
    async with Engine() as engine:
        chain = engine.load(chain_document(("db", "dbClient", configuration)))
        runs = await asyncio.gather(*(chain.arun(json_message({"name": name})) for name, _ in ROWS * 10))
    assert [json.loads(run.ends[0].message.data) for run in runs] == [[{"n": n}] for _, n in ROWS * 10]


def test_insert_tells_the_new_id_where_there_is_one(table):
    """SQLite and MySQL do, PostgreSQL has RETURNING for it."""
    kind = table.database["driverName"]
    column = "serial" if kind == "postgres" else "integer primary key" + (" auto_increment" if kind == "mysql" else "")
    other = Table(table.database)
    other.outcome(f"create table {{}} (id {column}, name varchar(9))")
    for _ in range(2):
        outcome = other.outcome("insert into {} (name) values ('x')")
    assert outcome.message.metadata["rowsAffected"] == "1"
    assert outcome.message.metadata["lastInsertId"] == ("" if kind == "postgres" else "2")
    other.outcome("drop table {}")


def test_what_returns_rows_is_read(table):
    """Under AUTO a statement that is no plain change gives its rows."""
    assert table.rows("with x as (select n from {}) select max(n) as m from x") == [{"m": 3}]
    assert table.rows("with x as (select n from {}) select max(n) as m from x", opType="AUTO", getOne=True) == {"m": 3}


async def test_a_run_that_times_out_stops_its_statement(database):
    """The database does not go on with what nobody waits for."""
    slow = {
        "sqlite": "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
        "postgres": "select pg_sleep(60)",
        "mysql": "select sleep(60)",
    }[database["driverName"]]
    async with Engine() as engine:
        chain = engine.load(chain_document(("db", "dbClient", {**database, "poolSize": 1, "sql": slow, "params": []})))
        run = await chain.arun(Message("{}"), timeout_s=0.1)
        assert run.ends[0].error == "processing cancelled: context deadline exceeded"
        assert (await chain.arun(Message("{}"), timeout_s=0.1)).failed


@pytest.mark.parametrize("driver", ["postgres", "mysql"])
def test_a_server_that_is_away_is_a_failure(driver):
    """The driver's words are the error, without the password."""
    dsn = {"postgres": "host=127.0.0.1 port=1 user=u password=secret", "mysql": "u:secret@tcp(127.0.0.1:1)/t"}[driver]
    outcome = outcome_of("dbClient", {"driverName": driver, "dsn": dsn})
    assert outcome.relation == "Failure"
    assert "onnect" in outcome.error
    assert "secret" not in outcome.error


def test_postgres_values(postgres_folder):
    """Exact and structured values are texts as RuleGo's driver gives them, times are RFC 3339."""
    table = Table({"driverName": "postgresql", "dsn": f"host={postgres_folder} user=test dbname=postgres"})
    sql = """select 1.50::numeric as d, '{"a": 1}'::jsonb as j, true as b, 1.5::float8 as f, '\\xff41'::bytea as y,
        timestamp '2024-01-02 03:04:05.25' as t, date '2024-01-02' as day, array[1,2] as l, $$?$$ as q,
        timestamptz '2024-01-02 03:04:05+00' at time zone 'UTC' as z, '9b2c'::text as s, null as nothing"""
    (row,) = table.rows(sql)
    assert row == {
        "d": "1.50",
        "j": '{"a": 1}',
        "b": True,
        "f": 1.5,
        "y": "\ufffdA",
        "t": "2024-01-02T03:04:05.25Z",
        "day": "2024-01-02T00:00:00Z",
        "l": [1, 2],
        "q": "?",
        "z": "2024-01-02T03:04:05Z",
        "s": "9b2c",
        "nothing": None,
    }
    assert table.rows("select $2::int - $1::int as n, $2::int as m", 1, 5) == [{"n": 4, "m": 5}]


def test_mysql_values(mysql_socket):
    """Decimals and times are texts as the server writes them; with parseTime times are RFC 3339."""
    dsn = f"root@unix({mysql_socket})/test"
    sql = (
        "select cast(1.50 as decimal(5,2)) as d, timestamp '2024-01-02 03:04:05' as t, date '2024-01-02' as day, "
        'maketime(26, 0, 1) as long_time, true as b, 1.5e0 as f, "say ""${msg.x}""" as q, \'a\\\'b${msg.x}\' as e'
    )
    message = json_message({"x": "?"})
    expected = {"d": "1.50", "long_time": "26:00:01", "b": 1, "f": 1.5, "q": 'say "?"', "e": "a'b?"}
    plain = Table({"driverName": "mysql", "dsn": dsn})
    assert plain.rows(sql, message=message) == [{**expected, "t": "2024-01-02 03:04:05", "day": "2024-01-02"}]
    parsed = Table({"driverName": "mysql", "dsn": f"{dsn}?parseTime=true"})
    times = {"t": "2024-01-02T03:04:05Z", "day": "2024-01-02T00:00:00Z"}
    assert parsed.rows(sql, message=message) == [{**expected, **times}]


def has_gone(driver, dsn, id_):
    """Whether a connection is not among those of the server any more."""
    listing = {
        "postgres": "select pid as id from pg_stat_activity",
        "mysql": "select id from information_schema.processlist",
    }
    return {"id": id_} not in Table({"driverName": driver, "dsn": dsn}).rows(listing[driver])


@pytest.mark.parametrize("driver", ["postgres", "mysql"])
async def test_a_connection_that_the_server_ended_is_opened_again(driver, request):
    """A free connection that was cut is not used for the next message."""
    if driver == "postgres":
        dsn = f"host={request.getfixturevalue('postgres_folder')} user=test dbname=postgres"
        me, kill = "select pg_backend_pid() as id", "select pg_terminate_backend(?)"
    else:
        dsn = f"root@unix({request.getfixturevalue('mysql_socket')})/test"
        me, kill = "select connection_id() as id", "kill ?"
    configuration = {"driverName": driver, "dsn": dsn, "sql": me, "getOne": True, "params": []}
    async with Engine() as engine:
        chain = engine.load(chain_document(("db", "dbClient", configuration)))

        async def my_id():
            run = await chain.arun(Message("{}"))
            assert run.ends[0].relation == "Success", run.ends[0].error
            return run.ends[0].message.value["id"]

        first = await my_id()
        assert await my_id() == first
        killed = {"driverName": driver, "dsn": dsn, "sql": kill, "params": [first]}
        await asyncio.to_thread(outcome_of, "dbClient", killed)
        await eventually(lambda: asyncio.to_thread(has_gone, driver, dsn, first))
        assert await my_id() != first


@pytest.mark.parametrize("driver", ["postgres", "mysql"])
async def test_a_server_that_hangs_up_meanwhile_is_a_failure(driver, request):
    """The statement fails with the driver's words, and the next message gets a new connection."""
    if driver == "postgres":
        dsn = f"host={request.getfixturevalue('postgres_folder')} user=test dbname=postgres"
        sleep = "select pg_sleep(${msg.s}), 'nap' as mark"
        kill = "select pg_terminate_backend(pid) from pg_stat_activity where query like '%nap%' and state = 'active' "
        kill += "and pid <> pg_backend_pid()"
    else:
        dsn = f"root@unix({request.getfixturevalue('mysql_socket')})/test"
        sleep = "select sleep(${msg.s}), 'nap' as mark"
        kill = "select id from information_schema.processlist where info like '%nap%' and id <> connection_id()"
    database = {"driverName": driver, "dsn": dsn, "params": []}

    def cut():
        found = json.loads(outcome_of("dbClient", {**database, "sql": kill}).message.data)
        for row in found if driver == "mysql" else ():
            outcome_of("dbClient", {**database, "sql": "kill ?", "params": [row["id"]]})
        return found

    async with Engine() as engine:
        chain = engine.load(chain_document(("db", "dbClient", {**database, "sql": sleep})))
        running = asyncio.create_task(chain.arun(json_message({"s": 60})))
        await eventually(lambda: asyncio.to_thread(cut))
        end = (await running).ends[0]
        assert (end.relation, end.message.data) == ("Failure", '{"s":60}')
        assert "connection" in end.error
        assert not (await chain.arun(json_message({"s": 0}))).failed
