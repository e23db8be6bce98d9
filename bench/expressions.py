"""Eight typical expressions, by this engine and by the other rule languages of Python, on one message in one run.

    python bench/expressions.py [--rounds 5]

Every contender has compiled its expression before its time is taken, and then evaluates it on a message of Python
values, as each message is a new one: the two CELs convert it to values of their own first, which is part of the work.
What they need with a message converted once and kept has columns of its own. Each must give the value that this engine
gives; where a language has no word for what is asked, the table has a dash. The Go figures are those of expr-lang's own
vm.Run for expressions of the same shape, recorded on another machine: a mark to hold against, not part of this run.
"""

import argparse
import timeit
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import cel
import celpy
import jmespath
import rule_engine

import rulechain

_ROUND_S = 0.02


class Typical(NamedTuple):
    """One expression in each language, empty where a language cannot say it; the two CELs share a text."""

    title: str
    ours: str
    go_ns: int
    jmespath: str = ""
    cel: str = ""
    rule_engine: str = ""


MESSAGE = {
    **{f"channel{number}": float(number) for number in range(40)},
    "speed": 41.5,
    "load": 62.0,
    "nested": {"a": {"b": {"c": 7.0}}},
    "readings": [5.0, 3.0, 8.0, 1.0, 9.0, 2.0],
    "stations": [{"id": f"s{number}", "ok": number != 1, "v": 20.0 * number, "zone": "north"} for number in range(4)],
}
METADATA = {"line": "press-7", "site": "hall 3", "topic": "line.readings"}
ENVIRONMENT: Mapping[str, Any] = {
    "id": "reading-1",
    "ts": 1_700_000_000_000,
    "data": "",
    "msgType": "READING",
    "dataType": "JSON",
    "msg": MESSAGE,
    "metadata": METADATA,
    "vars": {},
}
COMPARISONS = ("one comparison", "three comparisons")
TYPICAL = (
    Typical("one comparison", "msg.speed > 40", 236, "msg.speed > `40`", "msg.speed > 40.0", "msg.speed > 40"),
    Typical(
        "three comparisons",
        'msg.speed > 40 && msg.load < 70 && metadata.line == "press-7"',
        622,
        "msg.speed > `40` && msg.load < `70` && metadata.line == 'press-7'",
        'msg.speed > 40.0 && msg.load < 70.0 && metadata.line == "press-7"',
        'msg.speed > 40 and msg.load < 70 and metadata.line == "press-7"',
    ),
    Typical(
        "filter, map, count",
        "msg.stations | filter(.ok && .v > 30) | map(.id) | len()",
        1206,
        "length(msg.stations[?ok && v > `30`].id)",
        "size(msg.stations.filter(s, s.ok && s.v > 30.0).map(s, s.id))",
        "[s.id for s in msg.stations if s.ok and s.v > 30].length",
    ),
    Typical(
        "text put together",
        'upper(metadata.line) + ":" + string(int(msg.speed))',
        823,
        rule_engine='metadata.line.as_upper + ":" + msg.speed.floor.to_str',
    ),
    Typical(
        "optional members",
        "msg.nested?.a?.b?.c ?? 0",
        519,
        "msg.nested.a.b.c || `0`",
        "has(msg.nested) && has(msg.nested.a) && has(msg.nested.a.b) && has(msg.nested.a.b.c) ? msg.nested.a.b.c : 0.0",
        "msg.nested&.a&.b&.c ?? 0",
    ),
    Typical(
        "map literal",
        '{"id": id, "fast": round(msg.speed * 1.8 + 32), "alarm": msg.speed > 40}',
        1732,
        rule_engine='{"id": id, "fast": (msg.speed * 1.8 + 32.5).floor, "alarm": msg.speed > 40}',
    ),
    Typical(
        "list arithmetic",
        "sum(map(msg.readings, # * 2)) / len(msg.readings) + max(msg.readings)",
        2157,
        rule_engine="$sum([n * 2 for n in msg.readings]) / msg.readings.length + $max(msg.readings)",
    ),
    Typical(
        "nested conditionals",
        'let s = msg.speed; s > 50 ? "high" : s > 40 ? "mid" : "low"',
        402,
        "msg.speed > `50` && 'high' || msg.speed > `40` && 'mid' || 'low'",
        'msg.speed > 50.0 ? "high" : msg.speed > 40.0 ? "mid" : "low"',
        'msg.speed > 50 ? "high" : (msg.speed > 40 ? "mid" : "low")',
    ),
)
Evaluate = Callable[[], Any]


def _ours(text: str) -> Evaluate:
    evaluate = rulechain.compile_expression(text).evaluate
    environment = {**ENVIRONMENT, "metadata": rulechain.StringMap(METADATA)}
    return lambda: evaluate(environment)


def _jmespath(text: str) -> Evaluate:
    search = jmespath.compile(text).search
    return lambda: search(ENVIRONMENT)


def _cel_python(text: str, *, keep: bool = False) -> Evaluate:
    environment = celpy.Environment()
    evaluate = environment.program(environment.compile(text)).evaluate
    if keep:
        kept = _cel_values()
        return lambda: evaluate(kept)
    return lambda: evaluate(_cel_values())


def _cel_values() -> dict[str, Any]:
    return {name: celpy.json_to_cel(value) for name, value in ENVIRONMENT.items()}


def _rule_engine(text: str) -> Evaluate:
    evaluate = rule_engine.Rule(text, context=rule_engine.Context(resolver=rule_engine.resolve_item)).evaluate
    return lambda: evaluate(ENVIRONMENT)


def _common_expression_language(text: str, *, keep: bool = False) -> Evaluate:
    execute = cel.compile(text).execute
    environment = dict(ENVIRONMENT)
    if keep:
        kept = cel.Context(environment)
        return lambda: execute(kept)
    return lambda: execute(environment)


class Contender(NamedTuple):
    """A language: which of the texts it reads, how it is made ready, and whether the message was converted before."""

    text: str
    ready: Callable[[str], Evaluate]
    keeps: bool = False


OURS = "rulechain"
CONTENDERS = {
    OURS: Contender("ours", _ours),
    "jmespath": Contender("jmespath", _jmespath),
    "cel-python": Contender("cel", _cel_python),
    "rule-engine": Contender("rule_engine", _rule_engine),
    "c.-expr.-language": Contender("cel", _common_expression_language),
    "cel-python, kept": Contender("cel", partial(_cel_python, keep=True), keeps=True),
    "c.-e.-l., kept": Contender("cel", partial(_common_expression_language, keep=True), keeps=True),
}


def _plain(value: Any) -> Any:
    """A value without the types of its language: rule-engine reckons with decimals."""
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    return round(float(value), 9) if hasattr(value, "__float__") else bool(value)


def _time_ns(evaluate: Evaluate) -> float:
    """Nanoseconds for one evaluation, over as many as fit into a round."""
    timer = timeit.Timer(evaluate)
    once = timer.timeit(10) / 10
    number = max(10, int(_ROUND_S / once))
    return timer.timeit(number) / number * 1e9


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """The best of rounds in which every contender has its turn, by expression and contender: other work only adds."""
    prepared = {typical.title: _prepare(typical) for typical in TYPICAL}
    samples: dict[str, dict[str, list[float]]] = {
        title: {name: [] for name in contenders} for title, contenders in prepared.items()
    }
    for _ in range(rounds):
        for title, contenders in prepared.items():
            for name, evaluate in contenders.items():
                samples[title][name].append(_time_ns(evaluate))
    return {title: {name: min(taken) for name, taken in contenders.items()} for title, contenders in samples.items()}


def _prepare(typical: Typical) -> dict[str, Evaluate]:
    """Compile an expression in each language that can say it, and see that all give the same."""
    texts = {name: getattr(typical, contender.text) for name, contender in CONTENDERS.items()}
    prepared = {name: CONTENDERS[name].ready(text) for name, text in texts.items() if text}
    wanted = _plain(prepared[OURS]())
    for name, evaluate in prepared.items():
        if (given := _plain(evaluate())) != wanted:
            raise SystemExit(f"{typical.title}: {name} gives {given!r}, not {wanted!r}")
    return prepared


def _fastest_peer(row: dict[str, float]) -> float:
    return min(spent for name, spent in row.items() if name != OURS and not CONTENDERS[name].keeps)


def print_expressions(figures: dict[str, dict[str, float]]) -> None:
    """The table: nanoseconds, and in brackets how many times as long as this engine each of the others takes."""
    names = list(CONTENDERS)[1:]
    heads = "".join(f"{name:>19}" for name in names)
    print(f"{'ns per evaluation':<21}{OURS:>10}{heads}{'fastest peer':>14}{'Go *':>8}{'Go / ours':>11}")
    for typical in TYPICAL:
        row = figures[typical.title]
        ours = row[OURS]
        cells = [f"{row[name]:,.0f} ({row[name] / ours:,.0f})" if name in row else "-" for name in names]
        joined = "".join(f"{cell:>19}" for cell in cells)
        peer, go = _fastest_peer(row) / ours, typical.go_ns / ours
        print(f"{typical.title:<21}{ours:>10,.0f}{joined}{peer:>12,.1f} x{typical.go_ns:>8,}{go:>9.2f} x")
    slowest = min(_fastest_peer(figures[title]) / figures[title][OURS] for title in COMPARISONS)
    within = sum(figures[typical.title][OURS] <= typical.go_ns for typical in TYPICAL)
    print(
        f"\ncomparisons: the fastest peer takes {slowest:.1f} times as long or more; "
        f"{within} of {len(TYPICAL)} are at or below Go's figure"
        "\n* expr-lang's vm.Run on expressions of the same shape, recorded on another machine"
    )


def main() -> None:
    """Measure the expressions alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    print_expressions(measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
