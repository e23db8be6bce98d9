"""What the workers of the chaos suite serve: two streams, one of them in lanes, and a chain with every fate in it."""

import json

from support.documents import chain_document

GROUP = "chaos"
# By `kind`: a plain entry is work of some time, a flaky one fails the first time, a slow one waits, a bad one never
# succeeds.
_WORK = """
if (msg.kind == 'bad') { throw 'never'; }
if (msg.kind == 'flaky' && metadata.deliveryCount == '1') { throw 'not yet'; }
for (var i = 0, n = 0; i < 10000; i++) { n += i; }
msg.deliveries = metadata.deliveryCount;
msg.consumer = metadata.consumer;
metadata.wait = msg.kind == 'slow' ? '250' : '0';
return {'msg': msg, 'metadata': metadata};
"""
# More than an entry has that falls into the hands of one doomed worker after the other.
_MAX_DELIVERIES = 60
PLAIN, LANES, ANSWERS, DEAD = "chaos:plain", "chaos:lanes", "chaos:answers", "chaos:dead"
_KNOWN = "msg.kind != 'nobody'"


def write_documents(folder, *, claim_idle="1500ms", on_failure="retry"):
    """Write the chain and the endpoint into a folder, and return it."""
    chain = chain_document(
        ("work", "jsTransform", {"jsScript": _WORK}),
        ("wait", "delay", {"delayMs": "${metadata.wait}", "maxPendingMsgs": 1000}),
        connections=("work -Success-> wait",),
        chain_id="chaos",
    )
    configuration = {
        "groupId": GROUP,
        "claimIdle": claim_idle,
        "backoff": "20ms",
        "backoffMax": "50ms",
        "maxDeliveries": _MAX_DELIVERIES,
        "onFailure": on_failure,
        "deadLetter": DEAD,
        "block": "500ms",
        "concurrency": 64,
        "batchSize": 20,
    }
    routers = [
        _router("plain", PLAIN, {"when": _KNOWN}),
        _router("lanes", LANES, {"when": _KNOWN, "orderBy": "msg.lane"}),
    ]
    endpoint = {"id": "chaos", "type": "endpoint/redis/stream", "configuration": configuration, "routers": routers}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chain.json").write_text(json.dumps(chain))
    (folder / "endpoint.json").write_text(json.dumps(endpoint))
    return folder


def _router(id_, stream, configuration):
    return {
        "id": id_,
        "from": {"path": stream, "configuration": configuration},
        "to": {"path": "chain:chaos", "configuration": {"responseTopic": ANSWERS}, "processors": ["responseToBody"]},
    }
