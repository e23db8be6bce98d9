"""End to end: one worker drains a backlog from a private server, this engine's endpoint and its peers in turns."""

import statistics
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import NamedTuple

from bench import rulego
from bench.backlog import private_backlog
from bench.calibration import calibration_ns
from bench.figures import Effort, Figure, Section, Target, figure
from bench.report import progress
from bench.workload import STREAMED


class _Peer(NamedTuple):
    title: str
    module: str
    # Slow ones drain a smaller backlog: rates are compared, not durations.
    share: float
    target: Target | None = None


_PEERS = {
    "driven": _Peer("no rule work, driven connection", "redis", 1.0, Target(0.65, at_least=True)),
    "loop": _Peer("no rule work, redis-py's commands", "redis", 1.0),
    "plain": _Peer("plain redis-py loop, chain ii by hand", "redis", 0.05, Target(10, at_least=True)),
    "faststream": _Peer("FastStream, chain ii by hand", "faststream", 0.05, Target(10, at_least=True)),
    "taskiq": _Peer("taskiq, chain ii by hand", "taskiq_redis", 0.05),
}
_BY_HAND = "ii"
# So many times RuleGo's rate, and so many messages a second on a machine whose calibration takes five microseconds.
_TIMES_RULEGO = {"i": 10, "ii": 10, "iii": 9}
_RATE_AT_5_US = {"i": 75_000, "ii": 75_000}

Rounds = Mapping[str, Sequence[Mapping[str, float]]]


def measure(effort: Effort) -> Section:
    """Messages per second of all contenders, what ours cost, and the multiples round by round."""
    here = [name for name, peer in _PEERS.items() if find_spec(peer.module)]
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in (*STREAMED, *here)}
    with private_backlog() as backlog:
        for turn in range(max(2, effort.rounds - 2)):
            for name, taken in rounds.items():
                progress(f"end to end, round {turn + 1}: {name}")
                unit_us = calibration_ns() / 1000
                share = _PEERS[name].share if name in _PEERS else 1.0
                taken.append({**backlog.drain(name, int(effort.entries * share)), "unit_us": unit_us})
    notes = [
        *_costs(rounds, here),
        "RuleGo's rates are recorded ones, in calibrations of their minute",
        *(f"{_PEERS[name].title}: not installed" for name in _PEERS if name not in here),
    ]
    figures = [*_rates(rounds, here), *_spent(rounds), *_against_rulego(rounds), *_against_peers(rounds, here)]
    return Section("end to end, one worker", figures, notes)


def _rates(rounds: Rounds, here: Sequence[str]) -> list[Figure]:
    figures = [figure(f"{key:<4}{title}", "msg/s", _all(rounds[key], "rate")) for key, (title, _) in STREAMED.items()]
    for key, limit in _RATE_AT_5_US.items():
        scaled = [drained["rate"] * drained["unit_us"] / 5 for drained in rounds[key]]
        target = Target(limit, at_least=True)
        figures.append(figure(f"{key:<4}if a calibration took 5 us", "msg/s", scaled, target=target))
    return figures + [figure(_PEERS[name].title, "msg/s", _all(rounds[name], "rate")) for name in here]


def _spent(rounds: Rounds) -> list[Figure]:
    """What a message costs the worker and the server together, and the memory of the worker."""
    figures = []
    for key in STREAMED:
        both = [drained["cpu_us"] + drained["server_us"] for drained in rounds[key]]
        costs = [spent / drained["unit_us"] for spent, drained in zip(both, rounds[key], strict=True)]
        target = Target(30) if key == "ii" else None
        figures.append(figure(f"{key:<4}CPU of worker and server", "us/msg", both, costs, target))
    peak = [
        max(drained["peak_mib"] for drained in turn) for turn in zip(*(rounds[key] for key in STREAMED), strict=True)
    ]
    return [*figures, figure("memory of the largest worker", "MiB", peak, target=Target(80))]


def _costs(rounds: Rounds, here: Sequence[str]) -> list[str]:
    """What a message costs whom, and the memory that it takes, for every contender."""
    lines = [f"{'us of CPU for a message, medians':<40}{'worker':>8}{'server':>8}{'MiB':>8}"]
    for name in (*STREAMED, *here):
        title = _PEERS[name].title if name in _PEERS else f"{name:<4}{STREAMED[name][0]}"
        medians = [statistics.median(_all(rounds[name], key)) for key in ("cpu_us", "server_us", "peak_mib")]
        lines.append(f"{title:<40}{medians[0]:>8.1f}{medians[1]:>8.1f}{medians[2]:>8.0f}")
    return lines


def _against_rulego(rounds: Rounds) -> list[Figure]:
    figures = []
    for key, times in _TIMES_RULEGO.items():
        multiples = [rulego.STREAM_COST[key] * each["rate"] * each["unit_us"] / 1e6 for each in rounds[key]]
        figures.append(figure(f"{key:<4}times as fast as RuleGo", "x", multiples, target=Target(times, at_least=True)))
    return figures


def _against_peers(rounds: Rounds, here: Sequence[str]) -> list[Figure]:
    """The rate of the chain of expressions as a multiple of each peer's in the same round."""
    ours = _all(rounds[_BY_HAND], "rate")
    figures = []
    for name in here:
        multiples = [mine / theirs for mine, theirs in zip(ours, _all(rounds[name], "rate"), strict=True)]
        title = f"{_BY_HAND:<4}against {_PEERS[name].title}"
        figures.append(figure(title, "x", multiples, target=_PEERS[name].target))
    return figures


def _all(drains: Sequence[Mapping[str, float]], key: str) -> list[float]:
    return [drained[key] for drained in drains]
