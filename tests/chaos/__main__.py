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

from chaos.documents import write_documents
from chaos.server import ChaosServer
from chaos.storm import Plan, Storm

_STORM_S = 300.0


def say(text):
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201 - what it is for


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32), help="repeat a storm")
    options = parser.parse_args()
    say(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="rulechain-chaos-") as folder:
        asyncio.run(_storm(Path(folder), options))
    return 0


async def _storm(folder, options):
    documents = write_documents(folder / "documents")
    async with ChaosServer(folder) as server:
        storm = Storm(server, documents, folder, seed=options.seed)
        try:
            await storm.run(Plan(), time.monotonic() + _STORM_S)
        finally:
            say(storm.figures.table())


if __name__ == "__main__":
    sys.exit(main())
