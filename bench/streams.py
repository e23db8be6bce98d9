"""End to end: one worker drains a backlog from a private server, this engine's endpoint and its peers in turns."""

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
    "driven": _Peer("loop without rule work, driven connection", "redis", 1.0, Target(0.65, at_least=True)),
    "loop": _Peer("loop without rule work, redis-py's commands", "redis", 1.0),
    "plain": _Peer("plain redis-py loop, same logic by hand", "redis", 0.1, Target(10, at_least=True)),
    "faststream": _Peer("FastStream, same logic by hand", "faststream", 0.1, Target(10, at_least=True)),
    "taskiq": _Peer("taskiq, same logic by hand", "taskiq_redis", 0.1),
}
# What each chain must reach: so many times RuleGo's rate, and 75,000 messages a second where a calibration takes 5 us.
_TIMES_RULEGO = {"i": 10, "ii": 10, "iii": 9}
_MOST_US_AT_5_US = {"i": 1e6 / 75_000, "ii": 1e6 / 75_000}
_BY_HAND = "ii"

Rounds = Mapping[str, Sequence[Mapping[str, float]]]


def measure(effort: Effort) -> Section:
    """Messages per second of all contenders, what ours cost, and the multiples round by round."""
    here = [name for name, peer in _PEERS.items() if find_spec(peer.module)]
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in (*STREAMED, *here)}
    with private_backlog() as backlog:
        for turn in range(max(2, effort.rounds - 2)):
            for name, taken in rounds.items():
                progress(f"end to end, round {turn + 1}: {name}")
                unit = calibration_ns()
                share = _PEERS[name].share if name in _PEERS else 1.0
                drained = backlog.drain(name, int(effort.entries * share))
                taken.append({**drained, "cost": 1e9 / drained["rate"] / unit})
    notes = [
        "RuleGo's rates are recorded ones, in calibrations of their minute",
        *(f"{_PEERS[name].title}: not installed" for name in _PEERS if name not in here),
    ]
    figures = [*_rates(rounds, here), *_spent(rounds), *_against_rulego(rounds), *_against_peers(rounds, here)]
    return Section("end to end, one worker", figures, notes)


def _rates(rounds: Rounds, here: Sequence[str]) -> list[Figure]:
    figures = []
    for key, (title, _) in STREAMED.items():
        limit = _MOST_US_AT_5_US.get(key)
        target = None if limit is None else Target(round(limit / 5.0, 2), on_cost=True)
        figures.append(
            figure(f"{key:<4}{title}", "msg/s", _all(rounds[key], "rate"), _all(rounds[key], "cost"), target)
        )
    return figures + [figure(_PEERS[name].title, "msg/s", _all(rounds[name], "rate")) for name in here]


def _spent(rounds: Rounds) -> list[Figure]:
    """What a message costs the worker and the server together, and the memory of the worker."""
    figures = []
    for key, (title, _) in STREAMED.items():
        both = [drained["cpu_us"] + drained["server_us"] for drained in rounds[key]]
        target = Target(30) if key == "ii" else None
        figures.append(figure(f"{key:<4}{title}: processor time with the server's", "us/msg", both, target=target))
    peak = [max(drained["peak_mib"] for drained in rounds[key]) for key in STREAMED]
    return [*figures, figure("memory of a worker after its backlog", "MiB", peak, target=Target(80))]


def _against_rulego(rounds: Rounds) -> list[Figure]:
    return [
        figure(
            f"{key:<4}{title}: times as fast as RuleGo",
            "x",
            [rulego.STREAM_COST[key] / cost for cost in _all(rounds[key], "cost")],
            target=Target(_TIMES_RULEGO[key], at_least=True),
        )
        for key, (title, _) in STREAMED.items()
    ]


def _against_peers(rounds: Rounds, here: Sequence[str]) -> list[Figure]:
    """The rate of the chain of expressions as a multiple of each peer's in the same round."""
    ours = _all(rounds[_BY_HAND], "rate")
    figures = []
    for name in here:
        multiples = [mine / theirs for mine, theirs in zip(ours, _all(rounds[name], "rate"), strict=True)]
        figures.append(figure(f"{_BY_HAND} / {_PEERS[name].title}", "x", multiples, target=_PEERS[name].target))
    return figures


def _all(drains: Sequence[Mapping[str, float]], key: str) -> list[float]:
    return [drained[key] for drained in drains]
