"""A server for the commands and programs in the documentation."""

import pytest

from rulechain.connections import EmbeddedServer


@pytest.fixture
def server_url():
    """Always a private server: the documentation's stream names may mean something on anybody else's."""
    with EmbeddedServer() as server:
        yield server.url
