"""The chaos suite in its short form; `make chaos` has the long one."""

import pytest

from chaos import hostile
from chaos.documents import write_documents
from chaos.server import ChaosServer
from chaos.storm import SHORT, Storm

pytestmark = [pytest.mark.redis, pytest.mark.slow]


@pytest.mark.timeout(300)
async def test_every_request_ends_once_in_a_storm(tmp_path):
    """Workers are killed and frozen, the server crashes and forgets: each request has one answer or one dead letter."""
    async with ChaosServer(tmp_path, sets_clock=False) as server:
        storm = Storm(server, write_documents(tmp_path / "documents"), tmp_path, seed=7, workers=3)
        await storm.run(SHORT)
    assert storm.figures.kills == SHORT.kill
    assert storm.figures.orphans > 0


@pytest.mark.timeout(300)
async def test_no_entry_stops_the_loop(tmp_path):
    """Binary, huge, deep, cut or misnamed, each entry is answered or set aside with its reason; the worker lives on."""
    async with ChaosServer(tmp_path, sets_clock=False) as server:
        figures = await hostile.run(server, tmp_path, seed=7, count=300, workers=1)
    assert figures.entries == figures.answers + figures.dead_letters == 300
