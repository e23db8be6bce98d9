"""What a node of each kind costs in process: a run through many of them, less a run through one.

    python bench/nodes.py [--rounds 5]

Each figure is taken right beside a calibration, so a machine whose speed drifts treats all alike.
"""

import argparse
import logging
import statistics
from collections.abc import Callable

import rulechain
from calibration import best_ns, calibration_ns
from workload import MESSAGE_TEXT, node_chains

LENGTH = 20
ROUNDS = 200
# What the work of a node was measured to cost where nothing is around it, in microseconds, and what may be around it.
AROUND_US = 0.2
WORK_US = {
    "fork": 0.0,
    "exprFilter": 0.32,
    "jsFilter": 3.3,
    "jsTransform": 11.0,
    "x/jmespathFilter": 3.8,
    "x/jmespathTransform": 14.0,
    "metadataTransform": 0.4,
}
CALIBRATION_US = 5.1


def measure(rounds: int) -> dict[str, tuple[float, float]]:
    """Nanoseconds per node and the same in calibrations, as medians over rounds in which each kind has its turn."""
    logging.getLogger("rulechain").setLevel(logging.ERROR)
    engine = rulechain.Engine(functions={"same": lambda message, _: rulechain.Outcome("Success", message)})
    many = {type_: _runner(engine, document, LENGTH) for type_, document in node_chains(LENGTH).items()}
    one = {type_: _runner(engine, document, 1) for type_, document in node_chains(1).items()}
    taken: dict[str, list[tuple[float, float]]] = {type_: [] for type_ in many}
    for _ in range(rounds):
        for type_, run in many.items():
            unit = calibration_ns(number=2_000)
            node_ns = (best_ns(run, ROUNDS) - best_ns(one[type_], ROUNDS)) / (LENGTH - 1)
            taken[type_].append((node_ns, node_ns / unit))
    return {type_: tuple(map(statistics.median, zip(*pairs, strict=True))) for type_, pairs in taken.items()}


def print_nodes(figures: dict[str, tuple[float, float]]) -> None:
    """The table of nodes, beside what there are targets for."""
    print(f"{'a node, in process':<42}{'ns/node':>10}{'calibrations':>14}{'target':>9}")
    for type_, (node_ns, calibrations) in figures.items():
        work_us = WORK_US.get(type_)
        target = "" if work_us is None else f"{(work_us + AROUND_US) / CALIBRATION_US:.2f}"
        print(f"{type_:<42}{node_ns:>10,.0f}{calibrations:>14.2f}{target:>9}")


def _runner(engine: rulechain.Engine, document: dict[str, object], length: int) -> Callable[[], None]:
    chain = engine.load(document, chain_id=f"{document['ruleChain']['id']}-{length}")  # type: ignore[index]
    message = rulechain.Message(MESSAGE_TEXT, type="TELEMETRY", metadata={"source": "bench", "last": "x"})
    run = chain.run(message, trace=True)
    if len(run.trace) < length or run.failed:
        raise SystemExit(f"{chain.id}: {len(run.trace)} steps, {[end.error for end in run.ends]}")
    return lambda: chain.run(message)  # type: ignore[return-value]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    print_nodes(measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
