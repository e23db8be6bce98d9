"""The Lua scripts of `lua/`, each by its name, and how they are run on one server."""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rulechain.connections.errors import UnknownScriptError
from rulechain.connections.wire import Argument

if TYPE_CHECKING:
    from rulechain.connections.link import Link


def _script(name: str) -> bytes:
    return (files(__package__) / "lua" / f"{name}.lua").read_bytes()


COMMIT = _script("commit")
CLAIM = _script("claim")
RENEW = _script("renew")
HAND_BACK = _script("hand_back")
LEAVE = _script("leave")
SWEEP = _script("sweep")
REPLAY = _script("replay")

_ALL = (COMMIT, CLAIM, RENEW, HAND_BACK, LEAVE, SWEEP, REPLAY)


class Scripts:
    """The digests of our scripts on one server; they outlive a connection, not a restart of the server."""

    def __init__(self) -> None:
        self._digests: dict[bytes, bytes] = {}

    async def load(self, link: "Link") -> None:
        """Give the server the scripts."""
        digests = await link.call_all([("SCRIPT", "LOAD", script) for script in _ALL])
        self._digests = dict(zip(_ALL, digests, strict=True))

    def call(self, script: bytes, keys: Sequence[str], arguments: Iterable[Argument]) -> tuple[Argument, ...]:
        """Return the command that runs a script."""
        return ("EVALSHA", self._digests[script], len(keys), *keys, *arguments)

    async def run(self, link: "Link", script: bytes, keys: Sequence[str], arguments: Iterable[Argument]) -> Any:
        """Run a script and return its reply; a server that lost it gets it again."""
        return (await self.run_all(link, script, [(keys, tuple(arguments))]))[0]

    async def run_all(
        self, link: "Link", script: bytes, calls: Sequence[tuple[Sequence[str], tuple[Argument, ...]]]
    ) -> list[Any]:
        """Run a script several times in one write, and return the replies."""
        if not self._digests:
            await self.load(link)
        try:
            return await link.call_all([self.call(script, keys, arguments) for keys, arguments in calls])
        except UnknownScriptError:
            # None of them has run: the server lacks the script, or had it for all of them.
            await self.load(link)
            return await link.call_all([self.call(script, keys, arguments) for keys, arguments in calls])
