"""Four forms of JMESPath: compiled by this engine, and interpreted by the library."""

from collections.abc import Callable
from functools import partial

import jmespath

from bench.calibration import in_turns
from bench.figures import Effort, Section, Target, figure
from bench.typical import MESSAGE
from rulechain.query import compile_query

_FORMS = {
    "a comparison": "speed > `40`",
    "a path": "nested.a.b.c",
    "two conditions": "speed > `40` && load < `70`",
    "four members, one a filter": "{speed: speed, load: load, deep: nested.a.b.c, ok: stations[?ok && v > `30`].id}",
}


def measure(effort: Effort) -> Section:
    """Nanoseconds for a search, and how many times as long the library takes."""
    works: dict[tuple[str, str], Callable[[], object]] = {}
    for form, text in _FORMS.items():
        ours, library = compile_query(text), jmespath.compile(text).search
        if ours(MESSAGE) != library(MESSAGE):
            raise SystemExit(f"{text}: the library gives {library(MESSAGE)!r}, not {ours(MESSAGE)!r}")
        works[form, "ours"] = partial(ours, MESSAGE)
        works[form, "library"] = partial(library, MESSAGE)
    timed = in_turns(works, effort.rounds)
    figures = []
    for form in _FORMS:
        ours_timed, library_timed = timed[form, "ours"], timed[form, "library"]
        figures.append(figure(form, "ns", [each.ns for each in ours_timed], [each.cost for each in ours_timed]))
        multiples = [theirs.cost / each.cost for theirs, each in zip(library_timed, ours_timed, strict=True)]
        figures.append(figure(f"{form}, the library's time", "x", multiples, target=Target(8, at_least=True)))
    return Section("jmespath, in process", figures, [])
