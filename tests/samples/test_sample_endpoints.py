"""Every sample answers its messages through its endpoint, on a real server."""

import asyncio

import pytest

import rulechain as rc
from rulechain.connections.streams import StreamClient
from support.eventually import eventually
from support.samples import NAMES, SAMPLES, endpoint_document, entry_cases, is_part, request_stream

pytestmark = pytest.mark.redis


async def serve(sample, url):
    """Feed the entries of a sample's cases to its endpoint; return the responses as request id → (stream, fields)."""
    engine = rc.Engine()
    engine.load_folder(SAMPLES / sample)
    wanted = entry_cases(sample)
    stream = request_stream(sample)
    streams = {response["stream"] for case in wanted for response in case["responses"]}
    async with StreamClient(url) as client:
        async with engine.endpoint(endpoint_document(sample, server=url)):
            await client.add_many(stream, [case["entry"] for case in wanted])

            async def all_settled():
                return await client.length(stream) == 0

            await eventually(all_settled)
        responses = {case["entry"]["requestId"]: [] for case in wanted}
        for name in streams:
            for _, fields in await client.read(name):
                responses[fields["requestId"]].append((name, fields))
        await client.delete(stream, *streams)
    return responses


@pytest.mark.parametrize("sample", NAMES)
def test_a_server_has_the_responses_of_the_cases(sample, server_url):
    """What `rulechain test` says without a server is what a served endpoint writes: those responses and no others."""
    responses = asyncio.run(serve(sample, server_url))
    for case in entry_cases(sample):
        got = responses[case["entry"]["requestId"]]
        assert [stream for stream, _ in got] == [wanted["stream"] for wanted in case["responses"]]
        for (_, fields), wanted in zip(got, case["responses"], strict=True):
            assert is_part(wanted["data"], fields), f"wanted {wanted['data']}, got {fields}"
