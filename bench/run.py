"""Print one table: this engine and its peers on the same work, in the same run, as ratios.

    python bench/run.py [--rounds 3] [--count 40000] [--json FILE]

End to end, each contender drains the same backlog from a private server in a process of its own, in turns, so a machine
whose speed drifts treats all alike; figures are medians over the rounds. In process, times are given in nanoseconds and
in calibrations: multiples of what `json.loads` + `json.dumps` of the same message cost in the same minute. Expressions
have a table of their own, which `python bench/expressions.py` prints alone.
"""

import argparse
import asyncio
import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path

import expressions
import nodes
import rulechain
from calibration import best_ns, calibration_ns
from rulechain.connections import EmbeddedServer
from rulechain.connections.streams import StreamClient
from workload import ENTRY, GROUP, IN_PROCESS, IN_PROCESS_TARGETS, MESSAGE_TEXT, REQUESTS, RESPONSES

HERE = Path(__file__).parent
# The slow contenders drain fewer entries: rates are compared, not durations.
STREAM_CONTENDERS = {
    "rulechain-expressions": ("rulechain, expression chain", 1.0),
    "plain": ("plain redis-py loop, same logic by hand", 0.1),
    "faststream": ("FastStream, same logic by hand", 0.1),
    "loop": ("batched redis-py loop, no rule work", 1.0),
    "rulechain-pass": ("rulechain, pass-through", 1.0),
    "rulechain-scripts": ("rulechain, JavaScript chain", 0.5),
}
REFERENCE = "rulechain-expressions"


def in_process_ns(document: dict[str, object]) -> float:
    """Nanoseconds per message for a chain, the message made anew each time."""
    chain = rulechain.Engine().load(document)

    def once() -> None:
        chain.run(rulechain.Message(MESSAGE_TEXT, type="TELEMETRY", metadata={"source": "bench"}))

    return best_ns(once, 5_000)


async def fill(server: str, contender: str, count: int) -> None:
    """Start from empty streams, a group that has read nothing, and a backlog in the contender's own format."""
    # FastStream wraps a message in one field of its own; every other contender reads the entry as it is.
    entry = {"__data__": json.dumps(ENTRY)} if contender == "faststream" else ENTRY
    async with StreamClient(server) as client:
        await client.delete(REQUESTS, RESPONSES)
        await client.create_group(REQUESTS, GROUP)
        await client.add_many(REQUESTS, [entry] * count)


async def answers(server: str) -> int:
    """How many responses were written."""
    async with StreamClient(server) as client:
        return await client.length(RESPONSES)


def drain(server: str, contender: str, count: int) -> dict[str, float]:
    """Let a contender drain a backlog; its rate and costs."""
    asyncio.run(fill(server, contender, count))
    command = [sys.executable, str(HERE / "worker.py"), contender, "--server", server, "--count", str(count)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if result.returncode != 0:
        raise SystemExit(f"{contender} failed:\n{result.stderr}")
    figures: dict[str, float] = json.loads(result.stdout)
    if (answered := asyncio.run(answers(server))) != count:
        raise SystemExit(f"{contender}: {count} requests, {answered} responses")
    return figures


def measure_streams(rounds: int, count: int) -> dict[str, dict[str, float]]:
    """Medians over rounds in which every contender has its turn."""
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in STREAM_CONTENDERS}
    with EmbeddedServer() as server:
        for turn in range(rounds):
            for name, (_, share) in STREAM_CONTENDERS.items():
                print(f"round {turn + 1} of {rounds}: {name:<24}", end="\r", file=sys.stderr, flush=True)
                samples[name].append(drain(server.url, name, int(count * share)))
    print(" " * 60, end="\r", file=sys.stderr)
    return {
        name: {key: statistics.median(sample[key] for sample in taken) for key in taken[0]}
        | {"low": min(sample["rate"] for sample in taken), "high": max(sample["rate"] for sample in taken)}
        for name, taken in samples.items()
    }


def print_streams(figures: dict[str, dict[str, float]]) -> None:
    """The end-to-end table."""
    reference = figures[REFERENCE]["rate"]
    print(f"{'end to end, one worker':<42}{'msg/s':>10}{'(low - high)':>20}{'CPU us/msg':>12}{'MiB':>7}{'ratio':>14}")
    for name, (title, _) in STREAM_CONTENDERS.items():
        row = figures[name]
        ratio = "" if name.startswith("rulechain") else f"{reference / row['rate']:.2f} x"
        spread = f"({row['low']:,.0f} - {row['high']:,.0f})"
        print(f"{title:<42}{row['rate']:>10,.0f}{spread:>20}{row['cpu_us']:>12.1f}{row['peak_mib']:>7.0f}{ratio:>14}")


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=40_000, help="entries in the backlog of the fast contenders")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()

    unit = calibration_ns()
    print(f"{platform.machine()}, Python {platform.python_version()}, calibration {unit / 1000:.1f} us\n")
    print(f"{'a chain, in process':<42}{'ns/msg':>10}{'calibrations':>14}{'target':>9}")
    chains = {title: in_process_ns(document) for title, document in IN_PROCESS.items()}
    for title, spent in chains.items():
        print(f"{title:<42}{spent:>10,.0f}{spent / unit:>14.2f}{IN_PROCESS_TARGETS[title]:>9}")
    print()
    kinds = nodes.measure(options.rounds)
    nodes.print_nodes(kinds)
    print()
    typical = expressions.measure(options.rounds)
    expressions.print_expressions(typical)
    print()
    streams = measure_streams(options.rounds, options.count)
    print_streams(streams)
    share = streams[REFERENCE]["rate"] / streams["loop"]["rate"]
    print(f"\nthe expression chain reaches {share:.0%} of the batched loop without rule work")
    if options.json:
        figures = {
            "calibration_ns": unit,
            "in_process_ns": chains,
            "nodes": kinds,
            "expressions_ns": typical,
            "streams": streams,
        }
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
