"""What `dbClient` makes of its settings when a chain loads; test_db_client.py has it at work."""

import pytest

from rulechain.components import extras
from rulechain.components.external.databases import Sqlite, mysql_facts
from rulechain.components.external.sql_text import Dialect, split_statement
from support.component_build import findings, json_message, outcome_of

SQLITE = {"driverName": "sqlite", "dsn": ":memory:"}
ANSI, MYSQL, POSTGRES = Dialect("?"), Dialect("%s", is_mysql=True), Dialect("%s", has_dollars=True)


@pytest.mark.parametrize(
    "dialect, sql, kinds",
    [
        (ANSI, "select ?, ?", ["text", "param 0", "text", "param 1"]),
        (ANSI, "select '?' -- ?\n/* ? */", ["text"]),
        (ANSI, "select 'it''s ?', ?", ["text", "param 0"]),
        (ANSI, r"select '\', ?, '?'", ["text", "param 0", "text"]),
        (MYSQL, r"select '\', ?', ?", ["text", "param 0"]),
        (ANSI, "${a['?']} = '${b}' + \"c?\"", ["hole", "text", "quoted", "text"]),
        (ANSI, '"${c}"', ["name"]),
        (MYSQL, '"${c}" `${d}`', ["quoted", "text", "name"]),
        (POSTGRES, "$2 $$?$$ $x$ $$ ? $x$ ?", ["param 1", "text", "param 0"]),
        (ANSI, "$1 -- ${x}", ["text"]),
        (ANSI, "'unclosed ${x}", ["quoted"]),
        (ANSI, "'unclosed ?", ["text"]),
        (ANSI, "/* unclosed ?", ["text"]),
        (ANSI, "", []),
    ],
)
def test_a_statement_is_split_where_values_go(dialect, sql, kinds):
    """Marks and holes count outside comments; inside quotes only holes do."""
    pieces = split_statement(sql, dialect)
    assert [f"param {piece.number}" if piece.kind == "param" else piece.kind for piece in pieces] == kinds


def test_a_text_in_quotes_is_unescaped():
    """What is bound is what the quotes mean."""
    assert split_statement("'it''s ${x}'", ANSI)[0].text == "it's ${x}"
    assert split_statement(r"'a\'b\n${x}'", MYSQL)[0].text == "a'b\n${x}"


@pytest.mark.parametrize(
    "configuration, finding",
    [
        ({"sql": "select n from ${metadata.table}"}, "P302 62 ${metadata.table} stands for a name, and only values"),
        ({"sql": "select n from t order by ${by}"}, "P302 73 ${by} stands for a name, and only values can be bound"),
        ({"sql": 'select "${column}" from t'}, 'P302 55 "${column}" stands for a name, and only values can be bound'),
        ({"sql": "select ?"}, 'P302 1 "sql" has a mark for 1 value, "params" has 0'),
        ({"sql": "select 1", "params": [1, 2]}, 'P302 50 "sql" has no mark, "params" has 2'),
        ({"sql": " "}, 'P302 47 "sql" is empty'),
        ({"sql": "select ${msg.}"}, "S401 61 unexpected end of the expression"),
        ({"opType": "FOO"}, "P302 50 unsupported opType: FOO"),
        ({"driverName": "oracle"}, 'P302 15 there is no driver "oracle" here'),
        ({"driverName": "mysql", "dsn": "nonsense"}, 'P302 29 "dsn" cannot be read: there is no / before the database'),
        ({"driverName": "mysql", "dsn": "udp(h)/db"}, 'P302 29 "dsn" cannot be read: "udp(h)" is no address such as'),
        ({"driverName": "mysql", "dsn": "/db?tls=mine"}, 'P302 29 "dsn" cannot be read: tls is "mine", expected true'),
        ({"dsn": "ref://main"}, 'E712 30 there is no shared connection "main"'),
    ],
)
def test_wrong_settings_are_told(configuration, finding):
    """Each fault has its place in the document."""
    found = findings("dbClient", {**SQLITE, "sql": "select 1", **configuration})
    assert [text for text in found if text.startswith(finding)], found


def test_a_name_may_be_spliced_when_asked():
    """The same statement is fine with the unsafe setting."""
    sql = "select n from ${metadata.table}"
    assert findings("dbClient", {**SQLITE, "sql": sql, "spliceSql": True}) == []


def test_without_its_library_the_chain_does_not_load(monkeypatch):
    """The finding names what is missing for this kind of database; SQLite needs nothing."""
    found = extras.importlib.util.find_spec
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: found(name) if name == "sqlite3" else None)
    postgres = {"driverName": "postgres", "dsn": "host=x", "sql": "select 1"}
    assert findings("dbClient", postgres) == [
        'P309 1 dbClient with driverName "postgres" needs the library "psycopg", which is not installed'
    ]
    assert findings("dbClient", {**SQLITE, "sql": "select 1"}) == []


@pytest.mark.parametrize(
    "dsn, facts",
    [
        ("root:root@tcp(127.0.0.1:3306)/test", {"host": "127.0.0.1", "port": 3306, "user": "root", "password": "root"}),
        ("u:p@ss:w/rd@tcp(db)/x", {"host": "db", "port": 3306, "user": "u", "password": "p@ss:w/rd", "database": "x"}),
        ("u@unix(/run/my.sock)/x", {"unix_socket": "/run/my.sock", "user": "u", "password": ""}),
        ("tcp([::1]:3307)/", {"host": "::1", "port": 3307, "user": None, "database": None}),
        ("/x?charset=latin1", {"host": "127.0.0.1", "charset": "latin1", "ssl": None}),
        ("mysql://u:p%40@db:3307/x?tls=false", {"host": "db", "port": 3307, "password": "p@", "database": "x"}),
    ],
)
def test_mysql_addresses(dsn, facts):
    """RuleGo's form and URLs are read."""
    found, _ = mysql_facts(dsn)
    assert {key: found[key] for key in facts} == facts


@pytest.mark.parametrize("mode, verifies", [("true", True), ("skip-verify", False)])
def test_mysql_over_tls(mode, verifies):
    """Certificates are checked unless the DSN says not to."""
    context = mysql_facts(f"u@tcp(db)/x?tls={mode}")[0]["ssl"]
    assert (context.check_hostname, context.verify_mode.name) == (
        verifies,
        "CERT_REQUIRED" if verifies else "CERT_NONE",
    )


@pytest.mark.parametrize("dsn", ["sqlite://{}", "sqlite:///{}", "file:{}?mode=rwc", "{}"])
def test_sqlite_paths(dsn, tmp_path, monkeypatch):
    """A path, a URL or SQLite's own URI name the same file."""
    monkeypatch.chdir(tmp_path)
    configuration = {"driverName": "sqlite3", "dsn": dsn.format("x.db")}
    assert outcome_of("dbClient", {**configuration, "sql": "create table t (n)"}).relation == "Success"
    assert (tmp_path / "x.db").exists()
    assert Sqlite("sqlite://").connect is not None


def test_a_value_that_cannot_be_had_is_a_failure():
    """The statement is not sent with a hole in it."""
    outcome = outcome_of("dbClient", {**SQLITE, "sql": "select ${msg.a.b}"}, json_message({}))
    assert outcome.relation == "Failure"
    assert "cannot fetch b from <nil>" in outcome.error
