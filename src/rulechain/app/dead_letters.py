"""Dead letters through a chain of one's own choice: what `rulechain dead replay --to-chain` does."""

from collections.abc import Sequence

from rulechain.api import Outbound, Run
from rulechain.app.chain import Chain
from rulechain.endpoints.redis_stream.dead_letter import with_trace
from rulechain.endpoints.redis_stream.entry import EntryError, EntryReader
from rulechain.endpoints.redis_stream.workbench import Found
from rulechain.endpoints.respond import Response, response_fields, response_stream

_CONSUMER = "rulechain-dead"


class ReplayError(Exception):
    """A dead letter failed again; the text says why."""


class ChainReplay:
    """Runs the entries of dead letters through one chain, without an endpoint around it.

    Args:
        chain: The chain.
        response_stream: Where outcomes go that name no stream; `""` leaves them unanswered.
    """

    def __init__(self, chain: Chain, response_stream: str = "") -> None:
        self._chain = chain
        self._response_stream = response_stream

    async def run(self, found: Found) -> Sequence[Response]:
        """Run a dead letter's entry and return the responses, one per end that is to be answered.

        Raises:
            ReplayError: It is no message, or the chain ended in an unhandled failure.
        """
        letter = found.letter
        reader = EntryReader(letter.stream, letter.group, _CONSUMER)
        try:
            inbound = reader.read(letter.id.encode(), with_trace(letter), letter.deliveries + 1)
        except EntryError as error:
            raise ReplayError(str(error)) from error
        run = await self._chain.arun(inbound.message)
        if run.failures or not run.completed:
            raise ReplayError(_reason(run))
        responses = []
        for end in run.ends:
            stream = response_stream(Outbound(end.message)) or self._response_stream
            if stream:
                responses.append(Response(stream, response_fields(end.message.data)))
        return responses


def _reason(run: Run) -> str:
    if not run.failures:
        return "the run did not complete"
    failed = run.failures[0]
    return f'{failed.error or "failed"} (node "{failed.node_id}")'
