"""What a component opens: once per event loop, and never left open."""

import asyncio

import pytest

from rulechain.api import Resource


class Opening:
    """Counts what is opened and closed."""

    def __init__(self, *, fails=0):
        self.opened = 0
        self.closed = 0
        self.fails = fails

    async def open(self):
        await asyncio.sleep(0)
        if self.fails:
            self.fails -= 1
            raise OSError("nobody there")
        self.opened += 1
        return f"thing {self.opened}"

    async def close(self, thing):
        assert thing == f"thing {self.closed + 1}"
        await asyncio.sleep(0)
        self.closed += 1

    def resource(self, **options):
        """What is tested."""
        return Resource(self.open, self.close, **options)


async def use(resource, during=None):
    """Use it once."""
    async with resource.use() as thing:
        if during is not None:
            await during()
        return thing


def test_nothing_is_opened_before_the_first_use():
    """Making one, and closing it unused, opens nothing."""
    opening = Opening()
    asyncio.run(opening.resource().close())
    assert opening.opened == 0


def test_users_share_one():
    """Users at the same time, and later ones, get the same thing."""
    opening = Opening()

    async def main():
        resource = opening.resource()
        together = await asyncio.gather(*(use(resource) for _ in range(5)))
        return {*together, await use(resource)}

    assert asyncio.run(main()) == {"thing 1"}


def test_it_goes_with_its_event_loop():
    """A loop that ends closes what was opened in it; the next loop opens its own."""
    opening = Opening()
    resource = opening.resource()
    assert [asyncio.run(use(resource)) for _ in range(2)] == ["thing 1", "thing 2"]
    assert opening.closed == 2
    assert resource._opened == {}


def test_close_waits_for_the_last_user():
    """What is in use when it is closed goes when its last user lets go."""
    opening = Opening()

    async def main():
        resource = opening.resource()

        async def close_meanwhile():
            await resource.close()
            assert opening.closed == 0

        await use(resource, close_meanwhile)
        assert opening.closed == 1

    asyncio.run(main())


def test_a_late_user_opens_one_for_itself():
    """After closing it still works, and leaves nothing open."""
    opening = Opening()

    async def main():
        resource = opening.resource()
        await use(resource)
        await resource.close()
        assert await use(resource) == "thing 2"
        assert opening.closed == 2

    asyncio.run(main())


def test_a_broken_one_is_replaced():
    """An exception that says so makes the next user open another; any other does not."""
    opening = Opening()

    async def main():
        resource = opening.resource(broken_by=(ConnectionError,))
        for error in (ValueError, ConnectionError):
            with pytest.raises(error):
                async with resource.use():
                    raise error
        assert await use(resource) == "thing 2"
        assert opening.closed == 1

    asyncio.run(main())


def test_it_can_be_closed_from_another_loop():
    """Closing reaches the loop that a thing was opened in."""
    opening = Opening()
    resource = opening.resource()

    async def main():
        await use(resource)
        await asyncio.to_thread(asyncio.run, resource.close())
        assert opening.closed == 1

    asyncio.run(main())


def test_a_failed_opening_is_tried_again():
    """Those who waited for it together fail together, and the next one who comes tries again."""
    opening = Opening(fails=1)

    async def main():
        resource = opening.resource()
        results = await asyncio.gather(*(use(resource) for _ in range(5)), return_exceptions=True)
        return [str(result) for result in results], await use(resource)

    assert asyncio.run(main()) == (["nobody there"] * 5, "thing 1")
