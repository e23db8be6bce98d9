"""Random chains and messages: completed exactly once, or refused with diagnostics. `make fuzz` runs many more."""

import pytest

from rulechain import Engine, Message
from rulechain.components import builtin_components
from support.components import COMPONENTS
from support.documents import chain_document
from support.fuzzing import Engines, run_case
from support.random_chains import DRAWN_TYPES, random_case

# What talks to another program has tests of its own.
ELSEWHERE = {
    *("restApiCall", "dbClient", "sendEmail", "mqttClient", "net", "ssh", "ws", "x/redisClient", "x/redisPub"),
}
ROUNDS = 3000


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 300, 50))
def test_a_random_chain_completes_once_or_is_refused(first):
    """No exception but a ChainError, no hang, no task left; as many ends as branches, and none counted twice."""
    engines = Engines()
    for seed in range(first, first + 50):
        try:
            counts = run_case(random_case(seed), engines)
            assert counts["loaded"] or counts["refused"]
        except Exception as error:
            error.add_note(f"case {seed}: python tests/fuzz_chains.py --first {seed} --count 1")
            raise


def test_a_case_is_always_the_same():
    """A seed names a case, so that a finding can be looked at again."""
    one, two = random_case(7), random_case(7)
    assert (one.documents, one.engine) == (two.documents, two.engine)
    assert one.documents != random_case(8).documents


def test_every_component_is_drawn():
    """All built-in components that need no other program are among the nodes."""
    assert {spec.type for spec in builtin_components()} - DRAWN_TYPES == ELSEWHERE


@pytest.mark.parametrize("type_", ["t/wait", "t/join"])
def test_a_cycle_that_waits_often_completes(type_):
    """Branches inside branches, thousands deep, still end in one list."""
    counts = '{"n": msg.n + 1}'
    nodes = [
        ("w", type_),
        ("n", "exprTransform", {"expr": counts}),
        ("more", "exprFilter", {"expr": f"msg.n < {ROUNDS}"}),
    ]
    cycle = [f"w -{relation}-> n" for relation in ("Success", "Late")] + ["n -Success-> more", "more -True-> w"]
    engine = Engine(allow_cycles=True, components=COMPONENTS)
    start = "n" if type_ == "t/join" else None
    nodes = [("w", "join" if type_ == "t/join" else type_), *nodes[1:]]
    run = engine.load(chain_document(*nodes, connections=cycle)).run(Message('{"n": 0}'), start=start)
    assert run.completed
    assert len(run.ends) == 1
