"""A server for the samples."""

import pytest

from rulechain.connections import EmbeddedServer


@pytest.fixture(scope="module")
def server_url():
    """Always a private server: the samples use fixed stream names, which may mean something on anybody else's."""
    with EmbeddedServer() as server:
        yield server.url
