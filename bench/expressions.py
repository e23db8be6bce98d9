"""Eight typical expressions, by this engine and by the other rule languages of Python, on one message in one run.

Every contender has compiled its expression before its time is taken, and then evaluates it on a message of Python
values, as each message is a new one: the CELs and zen-engine convert it to values of their own first, which is part of
the work. What the CELs need with a message converted once and kept has columns of its own. Each must give the value
that this engine gives; where a language has no word for what is asked, the table has a dash. The Go figures are those
of expr-lang's own vm.Run for expressions of the same shape, recorded on another machine: a mark to hold against.
"""

import statistics
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import rulechain
from bench.calibration import Timed, in_turns
from bench.figures import Effort, Figure, Section, Target, figure
from bench.typical import COMPARISONS, ENVIRONMENT, METADATA, TYPICAL, Typical

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
    prepared = {(each.title, name): ready for each in TYPICAL for name, ready in _prepare(each, here).items()}
    table: dict[str, dict[str, list[Timed]]] = {each.title: {} for each in TYPICAL}
    for (title, name), timed in in_turns(prepared, effort.rounds).items():
        table[title][name] = timed
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
    within = sum(_median_ns(table[each.title][OURS]) <= each.go_ns for each in TYPICAL)
    figures.append(figure("at or below Go's time, of eight", "", [within], target=Target(6, at_least=True)))
    return figures


def _matrix(table: Table) -> list[str]:
    """The peers side by side: how many times as long as this engine each takes."""
    names = [name for name in CONTENDERS if name != OURS and any(name in row for row in table.values())]
    lines = [f"{'times as long as ours':<23}{'ours, ns':>9}{'Go':>8}" + "".join(f"{name:>16}" for name in names)]
    for typical in TYPICAL:
        row = {name: _median_ns(timed) for name, timed in table[typical.title].items()}
        cells = [f"{row[name] / row[OURS]:,.1f} x" if name in row else "-" for name in names]
        go = f"{typical.go_ns / row[OURS]:.1f} x"
        lines.append(f"{typical.title:<23}{row[OURS]:>9,.0f}{go:>8}" + "".join(f"{cell:>16}" for cell in cells))
    return lines


def _median_ns(timed: list[Timed]) -> float:
    return statistics.median(each.ns for each in timed)
