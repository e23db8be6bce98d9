"""The chaos suite in its long form: `make chaos`.

A storm of killed and frozen workers, of a server that crashes and forgets, with requests that must each be answered
once; then hostile entries; then the memory of a worker. Prints the figures of each, and exits with 1 if one failed.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from chaos import endurance, hostile
from chaos.documents import write_documents
from chaos.server import ChaosServer
from chaos.storm import Plan, Storm

# The longest that a storm may go on; blows that have not fallen by then are left out, and the figures say so.
_STORM_S = 300.0
# The same for endless work, and how much that is.
_ENDURANCE_S = 150.0
_MESSAGES = 1_000_000
_PHASES = ("storm", "hostile", "endurance")


def say(text):
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 - what it is for


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="repeat a run")
    parser.add_argument("--only", choices=_PHASES, help="one phase alone")
    parser.add_argument("--hostile", type=int, default=10_000, metavar="N", help="hostile entries")
    parser.add_argument("--messages", type=int, metavar="N", help="endurance: so many, however long it takes")
    options = parser.parse_args()
    say(f"seed {options.seed}")
    failed = [phase for phase in _PHASES if options.only in (None, phase) and not _passes(phase, options)]
    say(f"failed: {', '.join(failed)}" if failed else "every request has ended once")
    return len(failed) > 0


def _passes(phase, options):
    say(f"\n{phase}")
    with tempfile.TemporaryDirectory(prefix="rulechain-chaos-") as folder:
        try:
            asyncio.run(globals()[f"_{phase}"](Path(folder), options))
        except AssertionError as error:
            say(f"  FAILED: {error}")
            return False
    return True


async def _storm(folder, options):
    async with ChaosServer(folder) as server:
        if not server.has_clock:
            say("  without libfaketime: instead of the clock, the age of pending entries jumps")
        storm = Storm(server, write_documents(folder / "documents"), folder, seed=options.seed)
        try:
            await storm.run(Plan(), time.monotonic() + _STORM_S)
        finally:
            say(storm.figures.table())


async def _hostile(folder, options):
    async with ChaosServer(folder, sets_clock=False) as server:
        say((await hostile.run(server, folder, seed=options.seed, count=options.hostile)).table())


async def _endurance(folder, options):
    until_s = None if options.messages else time.monotonic() + _ENDURANCE_S
    async with ChaosServer(folder, sets_clock=False) as server:
        await server.call("CONFIG", "SET", "appendfsync", "everysec")
        figures = await endurance.run(server, folder, messages=options.messages or _MESSAGES, until_s=until_s)
        say(figures.table())


if __name__ == "__main__":
    sys.exit(main())
