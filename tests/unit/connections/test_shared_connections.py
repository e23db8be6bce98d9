"""Connections shared by id."""

import asyncio

import pytest

from rulechain.connections import ServerAddress, SharedConnections
from rulechain.diagnostics.errors import UnknownTypeError


class Client:
    def __init__(self, address):
        self.address = address
        self.closed = 0

    async def close(self):
        self.closed += 1


def test_users_share_one_client_until_the_last_has_gone():
    """The first user opens it, the last one closes it, closing twice counts once, and the next user gets a new one."""
    shared = SharedConnections()
    shared.define("main", ServerAddress("h"))
    first, second = shared.borrow("main", Client), shared.borrow("main", Client)
    client = first._client
    assert second._client is client
    assert first.address == ServerAddress("h")

    async def main():
        await first.close()
        await first.close()
        assert client.closed == 0
        await second.close()
        assert client.closed == 1

    asyncio.run(main())
    assert shared.borrow("main", Client)._client is not client


def test_an_unknown_id_is_named():
    """The error lists the ids there are."""
    shared = SharedConnections()
    shared.define("main", ServerAddress())
    with pytest.raises(UnknownTypeError, match='"other"') as caught:
        shared.borrow("other", Client)
    assert caught.value.known == ("main",)


def test_a_new_definition_leaves_borrowers_alone():
    """Who has borrowed goes on with the old server; the next one gets the new."""
    shared = SharedConnections()
    shared.define("main", ServerAddress("old"))
    old = shared.borrow("main", Client)
    shared.define("main", ServerAddress("new"))
    assert old.address.host == "old"
    assert shared.address("main").host == "new"
    shared.remove("main")
    assert shared.ids == ()
