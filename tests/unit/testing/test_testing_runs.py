"""Short ways to run one message, for the tests of component authors."""

import subprocess
import sys

import pytest

import rulechain as rc
from rulechain.testing import embedded_server, ends_of, engine_with, run_chain, run_component  # noqa: F401 - a fixture
from support.documents import chain_document


@rc.component("x/double")
async def double(message, settings):
    """Double a number."""
    return message.replace(data=str(float(message.data) * 2))


def test_one_component_runs_alone():
    """The run of a chain that is one node; a component that suspends needs no event loop of the test's own."""
    assert ends_of(run_component(double, message=rc.Message("4"))) == [("node", "Success", 8.0)]


def test_the_engine_gets_its_arguments():
    """Properties and functions reach the node."""
    expression = next(spec for spec in rc.Engine().components if spec.type == "exprTransform")
    run = run_component(expression, {"mapping": {"site": "global.site"}}, properties={"site": "north"})
    assert ends_of(run) == [("node", "Success", {"site": "north"})]


def test_a_wrong_configuration_is_told():
    """What does not load raises ChainError, with its diagnostics."""
    with pytest.raises(rc.ChainError) as caught:
        run_chain(chain_document(("a", "x/doubel")), components=[double])
    assert caught.value.diagnostics[0].hint == 'did you mean "x/double"?'


def test_a_whole_chain_runs():
    """Ends are in the order of the connections, as node, relation and decoded payload."""
    document = chain_document(
        ("d", "x/double"), ("hot", "exprFilter", {"expr": "data == '8.0'"}), connections=["d -Success-> hot"]
    )
    assert ends_of(run_chain(document, rc.Message("4"), components=[double])) == [("hot", "True", 8.0)]


def test_a_component_takes_the_place_of_its_like():
    """The one under test is used, although another of its type is known: perhaps the same one, installed."""
    other = rc.component("log")(lambda message, _: message.replace(data="[]"))
    assert ends_of(run_component(other)) == [("node", "Success", [])]
    with pytest.raises(rc.RuleChainError):
        rc.Engine(components=[other])
    with pytest.raises(TypeError, match="declare a function with @component"):
        engine_with(lambda message: message)


@pytest.mark.redis
def test_the_embedded_server_answers(embedded_server):  # noqa: F811 - the fixture's name
    """The fixture gives the address of a server that stores and answers."""
    client = next(spec for spec in rc.Engine().components if spec.type == "x/redisClient")
    configuration = {"server": embedded_server, "cmd": "ECHO", "params": ["hello"]}
    assert run_component(client, configuration).ends[0].message.data == "hello"


def test_only_testing_needs_pytest():
    """The package itself works where there is no pytest."""
    code = "import sys, rulechain; rulechain.Engine(); sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
