"""Every sample answers its messages through its endpoint, on a real server."""

import asyncio

import pytest

import rulechain as rc
from rulechain.connections.streams import StreamClient
from support.eventually import eventually
from support.samples import NAMES, SAMPLES, cases, endpoint_document, is_part, messages, request_stream

pytestmark = pytest.mark.redis


async def serve(sample, url):
    """Feed a sample's messages to its endpoint; return the answers as stream → request id → list of fields."""
    engine = rc.Engine()
    engine.load_folder(SAMPLES / sample)
    stream, streams = request_stream(sample), list(cases(sample)["responses"])
    async with StreamClient(url) as client:
        async with engine.endpoint(endpoint_document(sample, server=url)):
            await client.add_many(stream, messages(sample))

            async def all_settled():
                return await client.length(stream) == 0

            await eventually(all_settled)
        answers = {}
        for name in streams:
            for _, fields in await client.read(name):
                answers.setdefault(name, {}).setdefault(fields["requestId"], []).append(fields)
        await client.delete(stream, *streams)
    return answers


@pytest.mark.parametrize("sample", NAMES)
def test_a_sample_answers_its_messages(sample, server_url):
    """Each message gets the one answer that the sample lists, on the stream it names, or none where it lists none."""
    wanted = cases(sample)["responses"]
    answers = asyncio.run(serve(sample, server_url))
    assert {stream: sorted(found) for stream, found in answers.items()} == {
        stream: sorted(responses) for stream, responses in wanted.items()
    }
    for stream, responses in wanted.items():
        for request_id, fields in responses.items():
            (answer,) = answers[stream][request_id]
            assert is_part(fields, answer), f"wanted {fields}, got {answer}"
