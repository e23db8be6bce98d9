"""Documents loaded again while their endpoints work; nothing here connects."""

import json

from rulechain import Engine
from rulechain.app.service import Service
from support.documents import chain_document


def endpoint_document(target):
    router = {"id": "r", "from": {"path": "s"}, "to": {"path": target}}
    return {"id": "e", "type": "endpoint/redis/stream", "configuration": {"server": "h:1"}, "routers": [router]}


def write(folder, chain_id):
    (folder / "chain.json").write_text(json.dumps(chain_document(("a", "log"), chain_id=chain_id)))
    (folder / "endpoint.json").write_text(json.dumps(endpoint_document(f"chain:{chain_id}")))


async def test_a_chain_goes_when_the_endpoints_that_lead_to_it_have_drained(tmp_path, monkeypatch):
    """What the old endpoint still has in flight finds the old chain; afterwards only the new one is there."""
    engine = Engine()
    service = Service(engine)
    write(tmp_path, "old")
    service.load([tmp_path])
    [old] = service.endpoints
    there = []

    async def stop(drain_s):
        there.extend([*engine.chains, drain_s])

    async def start():
        there.extend(engine.chains)

    monkeypatch.setattr(old, "stop", stop)
    monkeypatch.setattr(type(old), "start", lambda _: start())
    write(tmp_path, "new")
    assert await service.reload([tmp_path], drain_s=3.0) == ()
    assert there == ["old", "new", 3.0, "new"]
