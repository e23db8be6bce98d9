"""Four chains in process: what a message costs, its making included."""

from collections.abc import Callable

import rulechain
from bench import rulego
from bench.calibration import in_turns
from bench.figures import Effort, Section, Target, figure
from bench.workload import IN_PROCESS, MESSAGE_TEXT

# The most that each may take, in calibrations.
LIMITS = {"i": 0.6, "ii": 1.5, "iii": 3.5, "iv": 9.0}


def measure(effort: Effort) -> Section:
    """Microseconds for a message, in calibrations, and as a multiple of RuleGo."""
    engine = rulechain.Engine()
    timed = in_turns({key: _run(engine, document) for key, (_, document) in IN_PROCESS.items()}, effort.rounds)
    figures = []
    for key, (title, _) in IN_PROCESS.items():
        costs = [each.cost for each in timed[key]]
        spent_us = [each.ns / 1000 for each in timed[key]]
        figures.append(figure(f"{key:<4}{title}", "us", spent_us, costs, Target(LIMITS[key], on_cost=True)))
    for key in IN_PROCESS:
        multiples = [rulego.IN_PROCESS_COST[key] / each.cost for each in timed[key]]
        figures.append(figure(f"{key:<4}times as fast as RuleGo", "x", multiples))
    return Section("chains, in process", figures, ["RuleGo's times are recorded ones, in calibrations of their minute"])


def _run(engine: rulechain.Engine, document: dict[str, object]) -> Callable[[], object]:
    chain = engine.load(document)

    def once() -> rulechain.Run:
        return chain.run(rulechain.Message(MESSAGE_TEXT, type="TELEMETRY", metadata={"source": "bench"}))

    if once().failed or len(once().ends) != 1:
        raise SystemExit(f"{chain.id}: {[end.error for end in once().ends]}")
    return once
