"""Components and endpoints of installed distributions."""

import sys
import types
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from rulechain import Engine, Message, component
from rulechain.api import ComponentSpec
from rulechain.app import plugins
from rulechain.diagnostics.errors import DuplicateTypeError, RegistryError


@component("acme/shout")
def shout(message, settings):
    """Upper-case the data."""
    return message.replace(data=message.data.upper())


@pytest.fixture
def offer(monkeypatch):
    """Offer a value under an entry point, as an installed distribution would."""
    module = types.ModuleType("acme_rules")
    monkeypatch.setitem(sys.modules, "acme_rules", module)

    def offer(value):
        module.offered = value
        point = EntryPoint("acme", "acme_rules:offered", plugins.COMPONENTS)
        monkeypatch.setattr(plugins, "entry_points", lambda: EntryPoints([point]))

    return offer


@pytest.mark.parametrize("value", [shout, [shout], (shout,)])
def test_an_installed_component_is_there_without_being_named(offer, value):
    """One spec or several; the engine finds them by itself."""
    offer(value)
    chain = Engine().load({"metadata": {"nodes": [{"id": "a", "type": "acme/shout"}]}})
    assert chain.run(Message("x", data_type="TEXT")).ends[0].message.data == "X"


def test_an_entry_point_that_leads_elsewhere_is_named(offer):
    """The error says which one, and what it should have been."""
    offer("not a component")
    with pytest.raises(RegistryError, match=r'entry point "acme".*not a ComponentSpec'):
        Engine()


def test_an_entry_point_that_cannot_be_imported_is_named(monkeypatch):
    """A broken distribution does not hide behind a missing component."""
    point = EntryPoint("gone", "no_such_module:x", plugins.COMPONENTS)
    with pytest.raises(RegistryError, match=r"gone.*no_such_module"):
        plugins.installed([point], ComponentSpec)


def test_a_taken_type_is_refused_with_both_origins(offer):
    """A distribution cannot replace what is there."""
    offer(shout)
    with pytest.raises(DuplicateTypeError, match="acme/shout"):
        Engine(components=[shout])
