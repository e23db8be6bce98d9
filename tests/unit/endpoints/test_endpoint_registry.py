"""Endpoint types by name."""

import pytest

from rulechain.api import EndpointSpec
from rulechain.diagnostics.errors import DuplicateTypeError, UnknownTypeError
from rulechain.endpoints.builtin import builtin_endpoints
from rulechain.endpoints.registry import EndpointRegistry


def build(definition, settings, building):
    return None


SPEC = EndpointSpec(type="endpoint/x", summary="For tests.", build=build, aliases=("x",))


def test_types_are_found_by_name_and_alias():
    """An alias leads to the same spec, and counts once."""
    registry = EndpointRegistry([SPEC, *builtin_endpoints()])
    assert registry.get("x") is registry.get("endpoint/x") is SPEC
    assert [spec.type for spec in registry] == ["endpoint/x", "endpoint/redis/stream"]
    assert len(registry) == 2


def test_a_name_is_taken_once():
    """The error shows where both come from."""
    registry = EndpointRegistry([SPEC])
    other = EndpointSpec(type="x", summary="Another.", build=build)
    with pytest.raises(DuplicateTypeError, match=r'endpoint type "x" of .*test_endpoint_registry\.build is taken'):
        registry.add(other)
    assert "x" in registry
    assert registry.get("x") is SPEC


def test_an_unknown_type_gets_a_hint():
    """The error names the closest type there is."""
    with pytest.raises(UnknownTypeError, match='did you mean "endpoint/redis/stream"') as caught:
        EndpointRegistry(builtin_endpoints()).get("endpoint/redis/steam")
    assert caught.value.known == ("endpoint/redis/stream",)


def test_a_registry_is_a_value():
    """Taking away or adding makes no difference to where it was cloned from."""
    registry = EndpointRegistry([SPEC])
    clone = registry.clone()
    clone.add(builtin_endpoints()[0])
    assert len(registry) == 1
    assert len(clone.without("x")) == 1
