"""What becomes of settled entries: deleted, kept or trimmed, and never while a group still needs them."""

import pytest

from rulechain.connections.ids import next_id
from support.chains import echo
from support.eventually import eventually

pytestmark = pytest.mark.redis


async def test_entries_that_other_groups_need_are_kept(streams):
    """`retention: delete` waits until every group has read and acknowledged the entry."""
    names = streams.names
    async with streams:
        await streams.link.call("XGROUP", "CREATE", names.requests, "other", "0", "MKSTREAM")
        ids = await streams.send_numbers(3)
        await _read(streams, "other", 2)
        await streams.link.call("XACK", names.requests, "other", ids[0])
        async with streams.endpoint(echo):
            await eventually(lambda: _answered(streams, 3))
        assert await _ids(streams) == ids[1:]


async def test_settled_entries_go_though_the_server_lacks_a_command(streams):
    """A command that was found at the connect and cannot be used, as an ACL may have it, is done without."""
    async with streams:
        await streams.send_numbers(3)
        ids = await streams.take_as("me")
        group = await streams.commands()
        group.deletes_acked = True
        batch = [(streams.names.requests, id_, 1, ()) for id_ in ids]
        assert await group.commit_now(streams.link, batch) == []
        assert (await streams.left(), await streams.pending()) == (0, [])


async def test_what_another_group_acknowledges_last_is_swept_up(streams):
    """Entries that were kept for a group of other programs go when that group is done, in the order of the stream."""
    names = streams.names
    async with streams:
        await streams.link.call("XGROUP", "CREATE", names.requests, "other", "0", "MKSTREAM")
        ids = await streams.send_numbers(5)
        await _read(streams, "other", 4)
        async with streams.endpoint(echo, claimIdle="200ms"):
            await eventually(lambda: _answered(streams, 5))
            assert await _ids(streams) == ids
            await streams.link.call("XACK", names.requests, "other", ids[0], ids[1], ids[3])
            await eventually(lambda: _left(streams, 3))
            assert await _ids(streams) == ids[2:]
            await streams.link.call("XACK", names.requests, "other", ids[2])
            await eventually(lambda: _left(streams, 1))
            assert await _ids(streams) == ids[4:]


async def test_what_was_there_before_the_groups_is_not_swept_up(streams):
    """History that no group has read stays: deleting is for what was settled."""
    async with streams:
        [old] = await streams.send({"n": "old"})
        async with streams.endpoint(echo, claimIdle="100ms", startFrom="newest") as endpoint:
            await streams.send_numbers(3)
            await eventually(lambda: _answered(streams, 3))
            group = await streams.commands()
            done = (await group.sweep(streams.link, streams.names.requests, b"-", 0, 0)).next
            await eventually(lambda: _swept(endpoint, done))
        assert await _ids(streams) == [old]


async def test_settled_entries_stay_when_they_shall(streams):
    """`retention: keep` acknowledges without deleting."""
    async with streams:
        await streams.send_numbers(3)
        async with streams.endpoint(echo, retention="keep"):
            await eventually(lambda: _answered(streams, 3))
        assert await streams.left() == 3
        assert await streams.pending() == []


async def test_a_stream_is_trimmed_to_its_length(streams):
    """`retention: trim` keeps the newest entries, and of the older ones those that a group still needs."""
    names = streams.names
    async with streams:
        await streams.link.call("XGROUP", "CREATE", names.requests, "other", "0", "MKSTREAM")
        ids = await streams.send_numbers(500)
        read = await _read(streams, "other", 450)
        await streams.link.call("XACK", names.requests, "other", *read[:420])
        async with streams.endpoint(echo, retention="trim", maxLen=10, claimIdle="100ms"):
            await eventually(lambda: _answered(streams, 500))
            await eventually(lambda: _left(streams, 80))
            assert await _ids(streams) == ids[420:]
            await _read(streams, "other", 100)
            await streams.link.call("XACK", names.requests, "other", *ids)
            await eventually(lambda: _left(streams, 10))
        assert await _ids(streams) == ids[490:]


async def test_entries_not_read_yet_are_never_trimmed(streams):
    """A sweep ends where some group has not been."""
    async with streams:
        ids = await streams.send_numbers(20)
        await streams.take_as("me", 5)
        group = await streams.commands()
        swept = await group.sweep(streams.link, streams.names.requests, b"-", 100, 1)
        assert (swept.next.decode(), swept.deleted) == (ids[0], 0)
        await streams.link.call("XACK", streams.names.requests, streams.names.group, *ids[:5])
        swept = await group.sweep(streams.link, streams.names.requests, b"-", 100, 1)
        assert (swept.next, swept.deleted) == (next_id(ids[4].encode()), 5)
        assert await _ids(streams) == ids[5:]


async def _read(streams, group, count):
    names = streams.names
    command = ("XREADGROUP", "GROUP", group, "c", "COUNT", count, "STREAMS", names.requests, ">")
    return [id_ for id_, _ in (await streams.link.call(*command))[0][1]]


async def _ids(streams):
    return [id_.decode() for id_, _ in await streams.link.call("XRANGE", streams.names.requests, "-", "+")]


async def _answered(streams, count):
    return await streams.answered() == count


async def _left(streams, count):
    return await streams.left() == count


def _swept(endpoint, done):
    return all(source.unswept == done for source in endpoint._sources)
