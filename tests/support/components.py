"""Small components for tests of the runtime."""

import asyncio

from rulechain import NodeError, Outcome, component
from rulechain.api import ComponentSpec, Run, take_steps


@component("t/pass")
def passes(message, settings):
    """Success, unchanged."""
    return message


@component("t/mark", relations=None)
def mark(message, settings):
    """Success, with the node's passing noted in the data."""
    return message.replace(data=message.data + "+")


@component("t/fail")
def fail(message, settings):
    """A failure with a reason."""
    raise NodeError("it broke")


@component("t/crash")
def crash(message, settings):
    """A bug in a component."""
    return {}["missing"]


@component("t/many", relations=None)
def many(message, settings):
    """One emission for each name in the data, in order."""
    return [Outcome(name, message) for name in message.data.split(",") if name]


@component("t/fallback", relations=None)
def fallback(message, settings):
    """The data names the relation; Default is taken where it has no connection."""
    return Outcome(message.data, message, fallback="Default")


@component("t/none", relations=None)
def none(message, settings):
    """An emission that names no relation."""
    return Outcome("", message)


@component("t/wait")
async def wait(message, settings):
    """Suspend once."""
    await asyncio.sleep(0)
    return message


@component("t/forever")
async def forever(message, settings):
    """Never come back."""
    await asyncio.Event().wait()


def _context(_settings, _node):
    def run(message, context):
        facts = f"{context.chain_id}/{context.node_id} from {context.from_id} by {context.relation!r} ({context.error})"
        return Outcome("Success", message.replace(data=facts))

    return run


def _gathering(_settings, _node):
    def run(arrivals, timed_out):
        texts = ",".join(f"{arrival.from_id}={arrival.message.data}" for arrival in arrivals)
        return Outcome("Late" if timed_out else "Success", arrivals[0].message.replace(data=texts))

    run.timeout_s = 0.05
    return run


JOIN = ComponentSpec(
    type="t/join", category="test", summary="Lists what came", build=_gathering, joins=True, relations=None
)


def _inside(_settings, _node):
    def run(message, context):
        def steps():
            result = context.run(message, node="inner", only=message.metadata["only"] == "1")
            if not isinstance(result, Run):
                result = yield result
            texts = ",".join(f"{end.node_id}:{end.relation}:{end.message.data}" for end in result.ends)
            return Outcome("Success", message.replace(data=texts))

        return take_steps(steps())

    return run


INSIDE = ComponentSpec(
    type="t/inside", category="test", summary="Runs node inner", build=_inside, uses_context=True, suspends=True
)
CONTEXT = ComponentSpec(
    type="t/context", category="test", summary="Tells its context", build=_context, uses_context=True
)

COMPONENTS = (passes, mark, fail, crash, many, fallback, none, wait, forever, CONTEXT, JOIN, INSIDE)
