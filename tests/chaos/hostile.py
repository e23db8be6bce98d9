"""Entries that nobody in his right mind would add: each must be answered or set aside with its reason."""

import collections
import json
import random
import time
from dataclasses import dataclass, fields

from chaos.report import table
from chaos.workers import Crew
from rulechain.endpoints.redis_stream.dead_letter import DeadLetter
from support.documents import chain_document
from support.eventually import eventually

# What is done with each: passed on as it is, taken to pieces by a script, looked at by every expression of a router.
STREAMS = ("hostile:echo", "hostile:script", "hostile:router")
ANSWERS, DEAD = "hostile:answers", "hostile:dead"
_GROUP = "hostile"
_SCRIPT = """
var payload = JSON.parse(msg.payload);
for (var name in msg) { metadata['seen ' + name.length] = msg[name].substring(0, 100); }
return {'msg': {'size': JSON.stringify(payload).length}, 'metadata': metadata};
"""
_BACKLOG = 300
_BATCH = 25
_PATIENCE_S = 120.0
_MEGABYTE = 1_000_000


@dataclass
class Figures:
    """What was added, and what came of it."""

    entries: int = 0
    bytes: int = 0
    answers: int = 0
    dead_letters: int = 0
    # By code.
    reasons: dict | None = None
    seconds: float = 0.0

    def table(self):
        """Return the figures as lines of text."""
        return table({each.name: getattr(self, each.name) for each in fields(self)})


def entries(chance, count):
    """Yield entries as names and values in turn: each kind in turn, the large ones rarely."""
    for number in range(count):
        make = _LARGE[number // 50 % len(_LARGE)] if number % 50 == 49 else _SMALL[number % len(_SMALL)]
        yield make(chance)


def _noise(chance):
    return [b"payload", chance.randbytes(chance.randrange(1, 400))]


def _noisy_name(chance):
    return [chance.randbytes(20) + b"\xff", b"1"]


def _noise_among_texts(chance):
    return [b"payload", b"{}", b"image", b"\xc3\x28" + chance.randbytes(50)]


def _no_payload(_):
    return [b"a", b"1"]


def _empty_names(_):
    return [b"", b"", b"payload", b""]


def _zeros(_):
    return [b"payload", b"\x00", b"\x00\x00", b"a\x00b"]


def _twice(_):
    return [b"payload", b"1", b"payload", b"{", b"payload", b"[2]"]


def _own_names(_):
    return [b"dead:stream", b"x", b"dead:packed", b"yes", b"payload", b"{}", b"traceparent", b"00-zz"]


def _names_of_scripts(_):
    return [b"__proto__", b"1", b"constructor", b"2", b"toString", b"3", b"payload", b'{"__proto__": {"a": 1}}']


def _half_a_pair(_):
    return [b"payload", b'"\\ud800"', b"half", b"\xed\xa0\x80"]


def _escaped_half(_):
    return [b"payload", b'{"\\udc00": "\\ud800"}']


def _numbers(chance):
    return [b"payload", chance.choice([b"1e400", b"-0", b"NaN", b"1" * 400, b"0x10", b"9007199254740993"])]


def _cut(chance):
    return [b"payload", chance.choice([b'{"a":', b"[1,", b'"a', b"tru", b"{]", b"[[[["])]


def _templates(_):
    return [b"payload", b'"${msg.payload}"', b"${metadata.entryId}", b"${", b"{{.}}", b"%s%n"]


def _directions(_):
    return [b"payload", '"\u2028\u2029\u202e\ufeff\u0000"'.encode(), "na\u0308me\u200d".encode(), b"1"]


def _response_topics(_):
    return [b"payload", b"1", b"responseTopic", b"hostile:script", b"topic", b"x", b"$.topic", b"y"]


def _deep(chance):
    depth = chance.choice([50, 500, 5_000, 50_000])
    return [b"payload", b"[" * depth + b"]" * depth]


def _deep_objects(chance):
    depth = chance.choice([50, 500, 5_000])
    return [b"payload", b'{"a":' * depth + b"1" + b"}" * depth]


def _megabyte_of_arrays(_):
    return [b"payload", b"[" * (_MEGABYTE // 2) + b"]" * (_MEGABYTE // 2)]


def _megabyte_of_pairs(_):
    return [b"payload", b"[" + b"[1],[]," * (_MEGABYTE // 7) + b"0]"]


def _huge_text(_):
    return [b"payload", b'"' + b"a" * _MEGABYTE + b'"']


def _huge_name(_):
    return [b"n" * _MEGABYTE, b"1", b"payload", b"1"]


def _huge_noise(chance):
    return [b"payload", chance.randbytes(_MEGABYTE)]


def _many_fields(_):
    return [part for number in range(5_000) for part in (b"f%d" % number, b"1")]


_SMALL = (
    _noise,
    _noisy_name,
    _noise_among_texts,
    _no_payload,
    _empty_names,
    _zeros,
    _twice,
    _own_names,
    _names_of_scripts,
    _half_a_pair,
    _escaped_half,
    _numbers,
    _cut,
    _templates,
    _directions,
    _response_topics,
    _deep,
    _deep_objects,
)
_LARGE = (_megabyte_of_arrays, _megabyte_of_pairs, _huge_text, _huge_name, _huge_noise, _many_fields)


def write_documents(folder):
    """Write the chains and the endpoint into a folder, and return it."""
    chains = [
        chain_document(("pass", "metadataTransform", {"mapping": {}}), chain_id="echo"),
        chain_document(("script", "jsTransform", {"jsScript": _SCRIPT}), chain_id="script"),
        chain_document(
            ("filter", "jsFilter", {"jsScript": "return JSON.parse(msg.payload) != 1;"}),
            ("shape", "exprTransform", {"mapping": {"size": "len(msg)", "first": "keys(msg)[0]"}}),
            connections=("filter -True-> shape", "filter -False-> shape"),
            chain_id="router",
        ),
    ]
    configuration = {
        "groupId": _GROUP,
        "backoff": "5ms",
        "backoffMax": "20ms",
        "maxDeliveries": 2,
        "deadLetter": DEAD,
        "block": "500ms",
    }
    settings = (
        {},
        {},
        {"when": "len(msg) != 4", "orderBy": "string(msg)[:1]", "transform": "@"},
    )
    routers = [
        {
            "id": stream,
            "from": {"path": stream, "configuration": each},
            "to": {
                "path": f"chain:{stream.partition(':')[2]}",
                "configuration": {"responseTopic": ANSWERS},
                "processors": ["responseToBody"],
            },
        }
        for stream, each in zip(STREAMS, settings, strict=True)
    ]
    endpoint = {"id": "hostile", "type": "endpoint/redis/stream", "configuration": configuration, "routers": routers}
    folder.mkdir(parents=True, exist_ok=True)
    for chain in chains:
        (folder / f"{chain['ruleChain']['id']}.json").write_text(json.dumps(chain))
    (folder / "endpoint.json").write_text(json.dumps(endpoint))
    return folder


async def run(server, folder, *, seed, count=10_000, workers=2):
    """Add hostile entries, wait until all have ended, compare, and return the figures."""
    began = time.monotonic()
    figures, added = Figures(), collections.Counter()
    crew = Crew(write_documents(folder / "hostile"), server.url, folder, workers, name="hostile")
    try:
        crew.fill()
        first = list(crew.all)
        for batch in _batches(random.Random(seed), count):
            await eventually(lambda: _has_room(server), within_s=_PATIENCE_S)
            replies = await server.call_all([("XADD", stream, "*", *parts) for stream, parts in batch])
            added.update(stream + id_.decode() for (stream, _), id_ in zip(batch, replies, strict=True))
            figures.bytes += sum(len(part) for _, parts in batch for part in parts)
        await eventually(lambda: _is_worked_off(server), within_s=_PATIENCE_S)
        assert crew.at_work == first, "a worker has ended"
        codes = await crew.stop()
    finally:
        crew.kill()
    assert set(codes) == {0}, f"workers did not stop as they should: {codes}"
    assert not crew.complaints(), crew.complaints()[0]
    said = crew.total("answered", "responses")
    letters = [DeadLetter.from_fields(parts) for parts in await server.entries(DEAD, page=100)]
    set_aside = collections.Counter(letter.stream + letter.id for letter in letters)
    figures.entries, figures.answers, figures.dead_letters = added.total(), said["answered"], len(letters)
    figures.reasons = dict(collections.Counter(letter.code for letter in letters))
    figures.seconds = round(time.monotonic() - began, 1)
    assert max(set_aside.values()) == 1, "an entry was set aside twice"
    assert set_aside.keys() <= added.keys(), "what was set aside had not been added"
    assert all(letter.code and letter.reason for letter in letters), "an entry was set aside without a reason"
    written = await server.call("XLEN", ANSWERS)
    assert written == said["responses"], f"{written} responses are there, {said}"
    assert said["answered"] + len(letters) == added.total(), f"of {added.total()} entries {figures}"
    return figures


def _batches(chance, count):
    batch = []
    for number, parts in enumerate(entries(chance, count)):
        batch.append((STREAMS[number // len(_SMALL) % len(STREAMS)], parts))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


async def _has_room(server):
    return sum(await server.call_all([("XLEN", stream) for stream in STREAMS])) < _BACKLOG


async def _is_worked_off(server):
    return await server.call_all([("XLEN", stream) for stream in STREAMS]) == [0] * len(STREAMS)
