"""Eight typical expressions, by this engine and by the other rule languages of Python, on one message in one run.

Every contender has compiled its expression before its time is taken, and then evaluates it on a message of Python
values, as each message is a new one: the CELs and zen-engine convert it to values of their own first, which is part of
the work. What the CELs need with a message converted once and kept has columns of its own. Each must give the value
that this engine gives; where a language has no word for what is asked, the table has a dash. The Go figures are those
of expr-lang's own vm.Run for expressions of the same shape, recorded on another machine: a mark to hold against.
"""

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import rulechain
from bench.calibration import Timed, in_turns
from bench.figures import Effort, Figure, Section, Target, figure


class Typical(NamedTuple):
    """One expression in each language, empty where a language cannot say it; the two CELs share a text."""

    title: str
    ours: str
    go_ns: int
    jmespath: str = ""
    cel: str = ""
    rule_engine: str = ""
    zen: str = ""


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
    Typical(
        "one comparison",
        "msg.speed > 40",
        236,
        "msg.speed > `40`",
        "msg.speed > 40.0",
        "msg.speed > 40",
        "msg.speed > 40",
    ),
    Typical(
        "three comparisons",
        'msg.speed > 40 && msg.load < 70 && metadata.line == "press-7"',
        622,
        "msg.speed > `40` && msg.load < `70` && metadata.line == 'press-7'",
        'msg.speed > 40.0 && msg.load < 70.0 && metadata.line == "press-7"',
        'msg.speed > 40 and msg.load < 70 and metadata.line == "press-7"',
        zen='msg.speed > 40 and msg.load < 70 and metadata.line == "press-7"',
    ),
    Typical(
        "filter, map, count",
        "msg.stations | filter(.ok && .v > 30) | map(.id) | len()",
        1206,
        "length(msg.stations[?ok && v > `30`].id)",
        "size(msg.stations.filter(s, s.ok && s.v > 30.0).map(s, s.id))",
        "[s.id for s in msg.stations if s.ok and s.v > 30].length",
        zen="len(map(filter(msg.stations, #.ok and #.v > 30), #.id))",
    ),
    Typical(
        "text put together",
        'upper(metadata.line) + ":" + string(int(msg.speed))',
        823,
        rule_engine='metadata.line.as_upper + ":" + msg.speed.floor.to_str',
        zen='upper(metadata.line) + ":" + string(floor(msg.speed))',
    ),
    Typical(
        "optional members",
        "msg.nested?.a?.b?.c ?? 0",
        519,
        "msg.nested.a.b.c || `0`",
        "has(msg.nested) && has(msg.nested.a) && has(msg.nested.a.b) && has(msg.nested.a.b.c) ? msg.nested.a.b.c : 0.0",
        "msg.nested&.a&.b&.c ?? 0",
        zen="msg.nested.a.b.c ?? 0",
    ),
    Typical(
        "map literal",
        '{"id": id, "fast": round(msg.speed * 1.8 + 32), "alarm": msg.speed > 40}',
        1732,
        rule_engine='{"id": id, "fast": (msg.speed * 1.8 + 32.5).floor, "alarm": msg.speed > 40}',
        zen='{"id": id, "fast": floor(msg.speed * 1.8 + 32.5), "alarm": msg.speed > 40}',
    ),
    Typical(
        "list arithmetic",
        "sum(map(msg.readings, # * 2)) / len(msg.readings) + max(msg.readings)",
        2157,
        rule_engine="$sum([n * 2 for n in msg.readings]) / msg.readings.length + $max(msg.readings)",
        zen="sum(map(msg.readings, # * 2)) / len(msg.readings) + max(msg.readings)",
    ),
    Typical(
        "nested conditionals",
        'let s = msg.speed; s > 50 ? "high" : s > 40 ? "mid" : "low"',
        402,
        "msg.speed > `50` && 'high' || msg.speed > `40` && 'mid' || 'low'",
        'msg.speed > 50.0 ? "high" : msg.speed > 40.0 ? "mid" : "low"',
        'msg.speed > 50 ? "high" : (msg.speed > 40 ? "mid" : "low")',
        zen='msg.speed > 50 ? "high" : msg.speed > 40 ? "mid" : "low"',
    ),
)
Evaluate = Callable[[], Any]


def _ours(text: str) -> Evaluate:
    evaluate = rulechain.compile_expression(text).evaluate
    environment = {**ENVIRONMENT, "metadata": rulechain.StringMap(METADATA)}
    return lambda: evaluate(environment)


def _jmespath(text: str) -> Evaluate:
    import jmespath

    search = jmespath.compile(text).search
    return lambda: search(ENVIRONMENT)


def _cel_python(text: str, *, keep: bool = False) -> Evaluate:
    import celpy

    environment = celpy.Environment()
    evaluate = environment.program(environment.compile(text)).evaluate

    def converted() -> dict[str, Any]:
        return {name: celpy.json_to_cel(value) for name, value in ENVIRONMENT.items()}

    if keep:
        kept = converted()
        return lambda: evaluate(kept)
    return lambda: evaluate(converted())


def _common_expression_language(text: str, *, keep: bool = False) -> Evaluate:
    import cel

    execute = cel.compile(text).execute
    environment = dict(ENVIRONMENT)
    if keep:
        kept = cel.Context(environment)
        return lambda: execute(kept)
    return lambda: execute(environment)


def _rule_engine(text: str) -> Evaluate:
    import rule_engine

    evaluate = rule_engine.Rule(text, context=rule_engine.Context(resolver=rule_engine.resolve_item)).evaluate
    return lambda: evaluate(ENVIRONMENT)


def _zen_engine(text: str) -> Evaluate:
    import zen

    evaluate = zen.compile_expression(text).evaluate
    environment = dict(ENVIRONMENT)
    return lambda: evaluate(environment)


class Contender(NamedTuple):
    """A language: its text, the module it needs, how it is made ready, and whether it keeps the message."""

    text: str
    module: str
    ready: Callable[[str], Evaluate]
    keeps: bool = False


OURS = "rulechain"
CONTENDERS = {
    OURS: Contender("ours", "rulechain", _ours),
    "jmespath": Contender("jmespath", "jmespath", _jmespath),
    "cel-python": Contender("cel", "celpy", _cel_python),
    "rule-engine": Contender("rule_engine", "rule_engine", _rule_engine),
    "c.-expr.-lang.": Contender("cel", "cel", _common_expression_language),
    "zen-engine": Contender("zen", "zen", _zen_engine),
    "cel-p., kept": Contender("cel", "celpy", partial(_cel_python, keep=True), keeps=True),
    "c.-e.-l., kept": Contender("cel", "cel", partial(_common_expression_language, keep=True), keeps=True),
}


def measure(effort: Effort) -> Section:
    """Nanoseconds for an evaluation, in turns, and how many times as long as this engine the peers take."""
    here = [name for name, contender in CONTENDERS.items() if find_spec(contender.module)]
    prepared = {
        (typical.title, name): evaluate for typical in TYPICAL for name, evaluate in _prepare(typical, here).items()
    }
    timed = in_turns({f"{title}/{name}": evaluate for (title, name), evaluate in prepared.items()}, effort.rounds)
    table = {
        typical.title: {name: timed[f"{typical.title}/{name}"] for name in here if (typical.title, name) in prepared}
        for typical in TYPICAL
    }
    absent = [f"{name} is not installed" for name in CONTENDERS if name not in here]
    notes = [*_matrix(table), "Go: expr-lang's vm.Run on expressions of the same shape, recorded on another machine"]
    return Section("expressions, in process", [*_times(table), *_verdicts(table)], notes + absent)


def _prepare(typical: Typical, here: list[str]) -> dict[str, Evaluate]:
    """Compile an expression in each language that can say it, and see that all give the same."""
    texts = {name: getattr(typical, CONTENDERS[name].text) for name in here}
    prepared = {name: CONTENDERS[name].ready(text) for name, text in texts.items() if text}
    wanted = _plain(prepared[OURS]())
    for name, evaluate in prepared.items():
        if (given := _plain(evaluate())) != wanted:
            raise SystemExit(f"{typical.title}: {name} gives {given!r}, not {wanted!r}")
    return prepared


def _plain(value: Any) -> Any:
    """A value without the types of its language: rule-engine reckons with decimals."""
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    return round(float(value), 9) if hasattr(value, "__float__") else bool(value)


Table = Mapping[str, Mapping[str, list[Timed]]]


def _times(table: Table) -> list[Figure]:
    return [
        figure(title, "ns", [each.ns for each in row[OURS]], [each.cost for each in row[OURS]])
        for title, row in table.items()
    ]


def _verdicts(table: Table) -> list[Figure]:
    """Ten times as fast as the fastest peer on comparisons, at or below Go's figure on six of the eight."""
    peers = [name for name, contender in CONTENDERS.items() if name != OURS and not contender.keeps]
    figures = []
    for title in COMPARISONS:
        row = table[title]
        rounds = zip(*(row[name] for name in peers if name in row), strict=True)
        multiples = [min(each.cost for each in peer) / ours.cost for peer, ours in zip(rounds, row[OURS], strict=True)]
        figures.append(figure(f"{title}, the fastest peer's time", "x", multiples, target=Target(10, at_least=True)))
    within = sum(min(each.ns for each in table[typical.title][OURS]) <= typical.go_ns for typical in TYPICAL)
    figures.append(figure("at or below Go's time, of eight", "", [within], target=Target(6, at_least=True)))
    return figures


def _matrix(table: Table) -> list[str]:
    """The peers side by side: nanoseconds, and in brackets how many times as long as this engine each takes."""
    names = [name for name in CONTENDERS if name != OURS and any(name in row for row in table.values())]
    lines = [f"{'ns per evaluation':<21}{OURS:>10}{'Go':>8}" + "".join(f"{name:>18}" for name in names)]
    for typical in TYPICAL:
        row = {name: min(each.ns for each in timed) for name, timed in table[typical.title].items()}
        cells = [f"{row[name]:,.0f} ({row[name] / row[OURS]:,.0f} x)" if name in row else "-" for name in names]
        lines.append(f"{typical.title:<21}{row[OURS]:>10,.0f}{typical.go_ns:>8,}" + "".join(f"{c:>18}" for c in cells))
    return lines
