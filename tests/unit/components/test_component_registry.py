"""The registry of components is a value."""

import dataclasses
import importlib
import pkgutil

import pytest

from rulechain import component, components
from rulechain.components import ComponentRegistry, builtin_components
from rulechain.components.builtin import deferred_components
from rulechain.components.filter.js_filter import SPEC
from rulechain.diagnostics.errors import DuplicateTypeError, UnknownTypeError

OURS = dataclasses.replace(SPEC, type="x/mine")


def test_a_registry_begins_empty():
    """Importing components registers none of them."""
    assert len(ComponentRegistry()) == 0


def test_what_was_added_is_found():
    """A component is found by its type, and iteration keeps the order of adding."""
    registry = ComponentRegistry([SPEC])
    registry.add(OURS)
    assert registry.get("x/mine") is OURS
    assert "x/mine" in registry
    assert list(registry) == [SPEC, OURS]


def test_a_type_is_added_once():
    """A second component of a type is refused; the error names both origins."""
    registry = ComponentRegistry([SPEC])
    with pytest.raises(DuplicateTypeError) as caught:
        registry.add(dataclasses.replace(OURS, type="jsFilter", build=lambda *_: None))
    assert caught.value.name == "jsFilter"
    assert "test_component_registry" in str(caught.value)
    assert "rulechain.components.filter.js_filter" in str(caught.value)


def test_an_unknown_type_has_a_hint():
    """The error for an unknown type names the closest known one."""
    with pytest.raises(UnknownTypeError, match=r'there is no component "jsfiltr": did you mean "jsFilter"\?') as caught:
        ComponentRegistry(builtin_components()).get("jsfiltr")
    assert (caught.value.name, "jsFilter" in caught.value.known) == ("jsfiltr", True)


def test_without_and_clone_leave_the_original_alone():
    """Taking away and cloning make another registry."""
    registry = ComponentRegistry([SPEC])
    clone = registry.clone()
    clone.add(OURS)
    assert "x/mine" not in registry
    assert "jsFilter" not in clone.without("jsFilter")
    assert "jsFilter" in clone
    assert repr(clone) == "ComponentRegistry(jsFilter, x/mine)"


def test_a_deferred_spec_is_made_when_it_is_first_asked_for():
    """And once; to know its type, to clone the registry and to take others away does not ask for it."""
    made = []

    def make():
        made.append(OURS)
        return OURS

    registry = ComponentRegistry([SPEC], deferred={"x/mine": make})
    others = registry.clone().without("jsFilter")
    assert "x/mine" in registry
    assert (len(registry), len(others), made) == (2, 1, [])
    assert list(registry) == [OURS, SPEC]
    assert registry.get("x/mine") is OURS
    assert made == [OURS]


def test_a_deferred_type_is_taken():
    """A component of the type of a deferred one is refused, as any second one of a type."""
    with pytest.raises(DuplicateTypeError, match="js_filter"):
        ComponentRegistry([OURS], deferred={"x/mine": lambda: OURS})


def test_the_builtin_components_are_listed_by_their_types():
    """Each is found where the list says, and the list holds every module that has a spec."""
    assert {type_: load().type for type_, load in deferred_components().items()} == {
        type_: type_ for type_ in deferred_components()
    }
    homes = {spec.build.__module__ for spec in builtin_components()}
    packages = pkgutil.walk_packages(components.__path__, f"{components.__name__}.")
    assert {module.name for module in packages if hasattr(importlib.import_module(module.name), "SPEC")} == homes


def test_the_builtin_components_have_distinct_types():
    """The built-in components make a registry."""
    assert len(ComponentRegistry(builtin_components())) == len(builtin_components())


def test_only_specs_are_components():
    """A function that nothing declared to be one is refused with a hint."""
    with pytest.raises(TypeError, match="declare a function with @component"):
        ComponentRegistry([print])


def test_a_taken_type_names_the_functions_that_were_declared():
    """Not the decorator that both went through."""

    @component("x/mine")
    def mine(message, settings):
        """Pass it on."""
        return message

    with pytest.raises(DuplicateTypeError, match=r"<locals>\.mine is already there, from .*<locals>\.mine$"):
        ComponentRegistry([mine, mine])
