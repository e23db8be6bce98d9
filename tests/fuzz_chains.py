"""Run many random chains: each completes exactly once or is refused with diagnostics, and the memory stays flat.

    python tests/fuzz_chains.py [--count 100000] [--processes 2] [--first 0]

Case N is always the same, so a finding is looked at again with `--first N --count 1`. Ends with 1 when there is one.
"""

import argparse
import gc
import json
import subprocess
import sys
import time
import traceback
from collections import Counter

from support.fuzzing import Engines, HangError, resident_mib, run_case
from support.random_chains import random_case

# The parts of a run whose memory is compared, and by how much the last may exceed the middle one. Before that the
# largest cases leave their mark: the allocator keeps pages that a few small objects have come to lie on.
_PARTS = 10
_GROWTH_MIB = 8.0
# How often memory is looked at, and how often it must have been for its lowest values to mean something.
_EACH = 100
_ENOUGH = 100
_SHOWN = 10


def fuzz(first: int, count: int, step: int, progress_to) -> dict:
    """Run every `step`-th case, and return what came of them as data."""
    counts: Counter[str] = Counter()
    findings, slowest = [], (0.0, first)
    memory: list[float] = []
    engines = Engines()
    seeds = range(first, first + count, step)
    for number, seed in enumerate(seeds):
        started = time.perf_counter()
        try:
            counts += run_case(random_case(seed), engines)
        except (Exception, HangError) as error:  # noqa: BLE001 - whatever it is, it is a finding
            findings.append(f"case {seed}: {type(error).__name__}: {error or _where(error)}"[:500])
            print(findings[-1], file=progress_to, flush=True)
        slowest = max(slowest, (time.perf_counter() - started, seed))
        if number % _EACH == 0:
            gc.collect()
            memory.append(resident_mib())
        if number % 1000 == 0:
            print(f"cases from {first}: {number:,} done, {memory[-1]:.0f} MiB", file=progress_to, flush=True)
    size = max(1, len(memory) // _PARTS)
    lowest = [min(memory[start : start + size]) for start in range(0, len(memory), size)]
    return {"cases": len(seeds), "counts": counts, "findings": findings, "slowest": slowest, "memory_mib": lowest}


def _where(error: BaseException) -> str:
    return traceback.format_tb(error.__traceback__)[-1].strip()


def report(results: list[dict]) -> bool:
    """Print what several processes found; whether all is well."""
    counts = sum((Counter(result["counts"]) for result in results), Counter())
    findings = [text for result in results for text in result["findings"]]
    print(
        f"{sum(result['cases'] for result in results):,} cases: "
        + ", ".join(f"{n:,} {what}" for what, n in counts.items())
    )
    seconds, seed = max(result["slowest"] for result in results)
    print(f"slowest: {seconds:.1f} s, case {seed}")
    grown = []
    for result in results:
        lowest = result["memory_mib"]
        print("memory, lowest of each part of the run: " + " ".join(f"{mib:.0f}" for mib in lowest) + " MiB")
        grown.append(result["cases"] > _EACH * _ENOUGH and lowest[-1] - lowest[len(lowest) // 2] > _GROWTH_MIB)
    for text in findings[:_SHOWN]:
        print(text)
    print(f"{len(findings)} findings" + (", and the memory grew" if any(grown) else ""))
    return not findings and not any(grown)


def shared_out(options: argparse.Namespace, number: int) -> list[str]:
    """The arguments of one of the processes: each takes every so many-th case."""
    first, count = options.first + number, options.count - number
    return ["--first", str(first), "--count", str(count), "--step", str(options.processes)]


def main() -> int:
    """Share the cases out to processes, or run some of them here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="how many cases")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--step", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        json.dump(fuzz(options.first, options.count, options.step, sys.stderr), sys.stdout)
        return 0
    print(f"cases {options.first} to {options.first + options.count - 1}")
    workers = [
        subprocess.Popen([sys.executable, __file__, *shared_out(options, number)], stdout=subprocess.PIPE)
        for number in range(min(options.processes, options.count))
    ]
    outputs = [worker.communicate()[0] for worker in workers]
    if any(worker.returncode for worker in workers):
        print("a process did not survive its cases")
        return 1
    return 0 if report([json.loads(output) for output in outputs]) else 1


if __name__ == "__main__":
    sys.exit(main())
