"""Where the time of a message goes in process: made, decoded, run from node to node, encoded."""

from collections.abc import Callable

import rulechain
from bench.calibration import in_turns
from bench.figures import Effort, Section, figure
from bench.workload import IN_PROCESS, MESSAGE_TEXT
from rulechain.values import decode_json

_CHAIN = "ii"


def measure(effort: Effort) -> Section:
    """Microseconds for each step of a message through the chain of expressions."""
    timed = in_turns(_steps(), effort.rounds)
    figures = [
        figure(name, "us", [each.ns / 1000 for each in taken], [each.cost for each in taken])
        for name, taken in timed.items()
    ]
    return Section(f"steps of {_CHAIN}, in process", figures, [])


def _steps() -> dict[str, Callable[[], object]]:
    """What is measured, each with everything before it done."""
    chain = rulechain.Engine().load(IN_PROCESS[_CHAIN][1])
    nodes = chain.plan.nodes

    def make() -> rulechain.Message:
        return rulechain.Message(MESSAGE_TEXT, type="TELEMETRY", metadata={"source": "bench"})

    message = make()
    assert message.value

    def work() -> object:
        passing = message
        for node in nodes:
            passing = node.run(passing).message  # type: ignore[union-attr]
        return passing

    return {
        "make the message": make,
        "decode": lambda: decode_json(MESSAGE_TEXT),
        "the nodes' own work": work,
        "run, decoded": lambda: chain.run(message),
        "run, decoded, and encode": lambda: chain.run(message).ends[0].message.data,
        "all": lambda: chain.run(make()).ends[0].message.data,
    }
