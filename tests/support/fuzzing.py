"""Loads and runs a random case, and says what was not as it must be."""

import asyncio
import contextlib
import ctypes
import logging
import resource
import signal
import sys
from collections import Counter
from pathlib import Path

from rulechain import ChainError, End, Engine, Message, Run
from rulechain.api import Aspect
from rulechain.diagnostics import errors_in
from support.random_chains import FUNCTIONS, OWN_COMPONENTS, Case

# Nodes that raise on purpose; their tracebacks are no findings.
_CRASHING = {spec.type for spec in OWN_COMPONENTS} | {"functions"}
# Of a script, in processor time.
_SCRIPT_TIMEOUT_S = 0.05
_LEVELS = ("rulechain.run", "rulechain.plan")


class HangError(BaseException):
    """A case took too long. Not an Exception, so that no node can handle it."""


class Findings(logging.Handler):
    """Collects what the engine logs about exceptions that no built-in component should raise."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a foreign exception."""
        names = record.args if isinstance(record.args, tuple) else ()
        if record.exc_info and not _CRASHING.intersection(map(str, names)):
            self.texts.append(f"{record.getMessage()}: {record.exc_info[1]!r}")


class Completions(Aspect):
    """Counts how often each run is said to have completed."""

    def __init__(self) -> None:
        self.runs: list[Run] = []

    def on_completed(self, run, _chain):
        """Take note of a run."""
        self.runs.append(run)

    def take(self) -> list[int]:
        """What tells apart the runs since the last time."""
        runs, self.runs = self.runs, []
        return [id(run) for run in runs]


class Engines:
    """Engines by their arguments; each serves several cases, whose chains come and go in it."""

    # One is slow to make, as it looks for installed components.
    _USES = 50

    def __init__(self) -> None:
        self._engines: dict[str, tuple[tuple[Engine, Completions | None], int]] = {}

    def take(self, arguments: dict) -> "tuple[Engine, Completions | None]":
        """The engine of these arguments, or a new one, with what counts its completions."""
        engine, uses = self._engines.get(str(arguments), (None, 0))
        if engine is None or uses == self._USES:
            engine, uses = _engine(arguments), 0
        self._engines[str(arguments)] = engine, uses + 1
        return engine


def run_case(case: Case, engines: Engines | None = None, limit_s: float = 60.0) -> Counter[str]:
    """Run a case, and return what came of it as counts; AssertionError says what is wrong, HangError that it hangs."""
    engine, completions = (engines or Engines()).take(case.engine)
    with _time_limit(limit_s), _listening() as findings:
        counts = asyncio.run(_run(case, engine, completions))
    assert not findings.texts, findings.texts
    return counts


def _engine(arguments: dict) -> tuple[Engine, Completions | None]:
    """An engine, and what counts the completions of its runs; half of them have none and take the straight path."""
    completions = Completions() if arguments["allow_cycles"] else None
    facts = {**arguments, "aspects": [completions] if completions else []}
    return Engine(
        components=OWN_COMPONENTS, functions=FUNCTIONS, script_timeout_s=_SCRIPT_TIMEOUT_S, **facts
    ), completions


async def _run(case: Case, engine: Engine, completions: Completions | None) -> Counter[str]:
    counts: Counter[str] = Counter()
    default = case.engine["properties"].get("defaultRelationType", "Default")
    try:
        for document in case.documents:
            counts[_load(engine, document)] += 1
        todo = [(chain, message, options) for chain in engine.chains.values() for message, options in case.runs]
        runs = await asyncio.gather(*(chain.arun(message, **options) for chain, message, options in todo))
    finally:
        for chain_id in engine.chains:
            engine.remove(chain_id)
        told = [] if completions is None else completions.take()
    assert completions is None or all(told.count(id(run)) == 1 for run in runs), "a run is to be told of once"
    for (chain, _, options), run in zip(todo, runs, strict=True):
        check_run(chain, options, run, default)
        counts["failed runs" if run.failed else "runs"] += 1
        counts["ends"] += len(run.ends)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"tasks are left: {left}"
    return counts


def _load(engine: Engine, document: dict) -> str:
    try:
        engine.load(document)
    except ChainError as error:
        refusal = error
    else:
        return "loaded"
    assert errors_in(refusal.diagnostics), "refused without a reason"
    assert all(each.code and each.message for each in refusal.diagnostics)
    assert str(refusal)
    return "refused"


def check_run(chain, options: dict, run: Run, default: str) -> None:
    """A run has completed: each branch has one end, and each end says where, how and with which message."""
    assert isinstance(run, Run)
    assert run.completed
    for end in [*run.ends, *run.failures, *run.silent]:
        assert isinstance(end, End)
        assert isinstance(end.message, Message)
        assert isinstance(end.relation, str)
        assert end.error is None or isinstance(end.error, str)
    assert {end.node_id for end in run.ends} <= {"", *chain.plan.index_of}, "an end at a node of another chain"
    ids = [id(end) for end in run.ends]
    assert len(ids) == len(set(ids)), "an end counts twice"
    if options.get("trace") and _is_plain(chain) and not _is_cut_short(run):
        assert len(run.ends) == expected_ends(chain, options, run, default), "branches and ends differ in number"


def _is_plain(chain) -> bool:
    """Whether every emission that leads nowhere is an end, and every node of the trace is one of the chain's own."""
    nodes = chain.plan.nodes
    inner = {"for", "while", "ref", "flow", "groupAction", "groupFilter", "t/inside"}
    return not any(node.is_end or node.joins or node.chain_routes or node.type in inner for node in nodes)


def _is_cut_short(run: Run) -> bool:
    return any("deadline exceeded" in (end.error or "") or "steps" in (end.error or "") for end in run.ends)


def expected_ends(chain, options: dict, run: Run, default: str) -> int:
    """How many ends the trace of a plain chain makes: one for each emission that no connection leads on from."""
    nodes = {node.id: node for node in chain.plan.nodes}
    if not nodes:
        return 1
    start = options.get("start")
    starts = [start] if isinstance(start, str) else start
    # A start that does not exist is an end of its own, and so is a chain without a first node.
    lost = chain.plan.first is None if starts is None else sum(start not in nodes for start in starts)
    if options.get("only_first"):
        return lost + len(run.trace)
    fallbacks = {"t/fallback": "Default", "jsSwitch": default, "msgTypeSwitch": default}
    return lost + sum(
        not _leads_on(event, nodes[event.node_id].routes, None if event.error else fallbacks.get(event.node_type))
        for event in run.trace
    )


def _leads_on(event, routes: dict, fallback: str | None) -> bool:
    # An emission that names no relation ends its branch, whatever connections there are.
    return (event.relation in routes or fallback in routes) if event.relation or fallback else False


@contextlib.contextmanager
def _time_limit(seconds: float):
    def give_up(*_):
        raise HangError(f"not done within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _listening():
    """Collect foreign exceptions, and keep the log of what fails on purpose out of the way."""
    findings = Findings()
    loggers = [logging.getLogger(name) for name in _LEVELS]
    for logger in loggers:
        logger.addHandler(findings)
        logger.propagate = False
    try:
        yield findings
    finally:
        for logger in loggers:
            logger.removeHandler(findings)
            logger.propagate = True


def resident_mib() -> float:
    """How much memory this process has in use; where the system does not tell, the most it had so far."""
    with contextlib.suppress(OSError, AttributeError):
        # What the C library keeps of memory that was given back is not in use.
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
