"""Types of RuleGo's other libraries are recognised, slips in our own are not taken for them."""

import pytest

from rulechain import ChainError, Engine
from rulechain.components import builtin_components
from rulechain.diagnostics import endpoint_origin_hint, origin_hint
from support.documents import chain_document


@pytest.mark.parametrize(
    "type_, library",
    [
        ("ai/agent", "rulego-components-ai"),
        ("ci/gitClone", "rulego-components-ci"),
        ("x/modbusRead", "rulego-components-iot"),
        ("x/control/timer", "rulego-components-iot"),
        ("x/kafkaProducer", "rulego-components"),
        ("x/streamAggregator", "rulego-components"),
        ("test/upper", "RuleGo's examples"),
    ],
)
def test_a_component_of_another_library_is_named_as_such(type_, library):
    """The hint of P301 says where the type comes from, rather than guess at a name like it."""
    with pytest.raises(ChainError) as raised:
        Engine().load(chain_document(("n", type_)))
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "P301"
    assert f"{library}," in diagnostic.hint or diagnostic.hint.startswith(library)


@pytest.mark.parametrize("type_", ["x/redisClinet", "jsFiltre", "x/celsius", "sshd", "aiagent", ""])
def test_other_types_are_nobodys(type_):
    """A slip in one of our own types, or a type of the user's, belongs to no library."""
    assert origin_hint(type_) is None


@pytest.mark.parametrize(
    "type_, library",
    [
        ("http", "RuleGo"),
        ("endpoint/mqtt", "RuleGo"),
        ("endpoint/kafka", "rulego-components"),
        ("grpc/stream", "rulego-components"),
        ("redis", "rulego-components"),
        ("endpoint/opcua", "rulego-components-iot"),
        ("mcpServer", "rulego-components-ai"),
        ("mysql_cdc", "rulego-components-etl"),
    ],
)
def test_endpoints_of_other_libraries_with_and_without_prefix(type_, library):
    """RuleGo finds endpoint types without their `endpoint/`, too."""
    assert f"belongs to {library}," in endpoint_origin_hint(type_)


@pytest.mark.parametrize("type_", ["endpoint/redis/stream", "redis/streams", "endpoint/htttp", "x"])
def test_other_endpoint_types_are_nobodys(type_):
    """Ours, and slips."""
    assert endpoint_origin_hint(type_) is None


def test_no_component_of_ours_belongs_to_another_library():
    """A type that is built here is in no list of what is missing, so that no hint can be wrong."""
    ours = {spec.type for spec in builtin_components()}
    assert not {type_ for type_ in ours if origin_hint(type_)}
