"""Where the time of a message goes in process: made, decoded, run from node to node, encoded.

    python bench/steps.py [--rounds 5]

On the chain of an expression filter and an expression transform. Each figure is taken right beside a calibration, so a
machine whose speed drifts treats all alike.
"""

import argparse
import statistics
from collections.abc import Callable

import rulechain
from calibration import best_ns, calibration_ns
from rulechain.values import decode_json
from workload import IN_PROCESS, MESSAGE_TEXT

CALLS = 4_000
CHAIN = "ii  exprFilter + exprTransform"


def _steps() -> dict[str, Callable[[], object]]:
    """What is measured, each with everything before it done."""
    chain = rulechain.Engine().load(IN_PROCESS[CHAIN])
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for name, step in _steps().items():
            spent = best_ns(step, CALLS)
            taken.setdefault(name, []).append((spent, spent / calibration_ns(number=CALLS)))
    print(f"{CHAIN:<42}{'ns':>10}{'calibrations':>14}")
    for name, pairs in taken.items():
        spent, calibrations = map(statistics.median, zip(*pairs, strict=True))
        print(f"{name:<42}{spent:>10,.0f}{calibrations:>14.2f}")


if __name__ == "__main__":
    main()
