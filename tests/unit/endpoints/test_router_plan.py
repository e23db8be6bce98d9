"""One router at work, without a server."""

import asyncio
import dataclasses
import itertools

import pytest

from rulechain.api import Headers, Inbound, Run
from rulechain.diagnostics import Code, Source
from rulechain.endpoints import Router
from rulechain.endpoints.compile import RouterBuild, compile_router_plan
from rulechain.endpoints.processors import builtin_processors
from rulechain.endpoints.routing import Routed, RouteSwitch
from rulechain.endpoints.settle import Result
from rulechain.model import Message, RouterDefinition, RouterFrom, RouterTo
from support.chains import Chains, echo, fail


def plan_of(router, chains=None):
    chains = chains or Chains(work=echo)
    build = RouterBuild(Source("r"), chains, builtin_processors(), own_processors=router.processors)
    plan = compile_router_plan(router.definition, build)
    assert plan is not None, build.diagnostics
    return plan


def inbound(data='{"kind":"work","n":"1"}', **metadata):
    message = Message(data, type="s", metadata={"topic": "s", **metadata})
    return Inbound(message, topic="s", headers=Headers({"topic": "s"}), origin=message, entry_id="1-1")


def route(router, chains=None, given=None):
    return plan_of(router, chains).route(given or inbound())


def set_list_as_body(exchange):
    exchange.outbound.body = [1]


def answers(routed):
    assert routed.result is Result.DONE, routed.diagnostic
    return [(one.stream, list(one.fields)) for one in routed.responses]


def test_without_a_word_about_responses_there_is_none():
    """As in RuleGo: the chain runs, nothing is answered."""
    assert answers(route(Router("r").from_("s").to("work").end())) == []


def test_a_response_needs_a_destination():
    """A body without a stream to go to is dropped."""
    assert answers(route(Router("r").from_("s").to("work").process("responseToBody").end())) == []


def test_the_outcome_names_the_stream():
    """Metadata of the outcome wins over headers, and these over the router's template."""
    chains = Chains(work=lambda m: m.with_metadata("responseTopic", "theirs"))
    router = Router("r").from_("s").to("work", response_topic="ours-${msg.n}").process("responseToBody").end()
    assert answers(route(router, chains)) == [("theirs", ["kind", "work", "n", "1"])]
    assert answers(route(router)) == [("ours-1", ["kind", "work", "n", "1"])]


def test_a_response_topic_or_a_transform_is_enough():
    """With either in the configuration the body is set without a processor."""
    chains = Chains(work=lambda m: m.with_metadata("responseTopic", "out"))
    assert answers(route(Router("r").from_("s").to("work").transform("{id: n}").end(), chains)) == [
        ("out", ["id", "1"])
    ]
    assert len(answers(route(Router("r").from_("s").to("work", response_topic="out").end()))) == 1


def test_each_end_answers():
    """Two ends give two responses; what a processor sets for one is not seen by the other."""
    seen = []

    def look(exchange):
        seen.append(exchange.outbound.headers.get("mark"))
        exchange.outbound.headers.set("mark", "set")

    chains = Chains(work=lambda m: [m.replace(data="1"), m.replace(data="2")])
    router = (
        Router("r")
        .from_("s")
        .process(lambda e: e.outbound.headers.set("mark", "inherited"))
        .to("work", response_topic="out")
    )
    assert answers(route(router.process(look).end(), chains)) == [("out", ["value", "1"]), ("out", ["value", "2"])]
    assert seen == ["inherited", "inherited"]


def test_transforms_reshape_both_sides():
    """jmespath sees the data; a text becomes TEXT, everything else JSON."""
    chains = Chains(work=echo)
    router = Router("r").from_("s").transform("n").to("work", response_topic="out").process("responseToBody").end()
    assert answers(route(router, chains)) == [("out", ["value", "1"])]
    assert (chains.started[0][2].data, chains.started[0][2].data_type) == ("1", "TEXT")
    router = Router("r").from_("s").to("work", response_topic="out").transform("{k: kind, all: [n, `2.0`]}").end()
    assert answers(route(router)) == [("out", ["all", '["1",2]', "k", "work"])]


@pytest.mark.parametrize(
    "router,data,code,part",
    [
        (Router("r").from_("s").transform("a").to("work"), "no json", "R601", "transform: the data is not JSON"),
        (Router("r").from_("s").transform("length(`1`)").to("work"), "{}", "R601", "transform: "),
        (Router("r").from_("s").to("nowhere"), "{}", "E709", "chainId=nowhere not found error"),
        (Router("r").from_("s").to("chain:${msg.a.b.c}"), "{}", "R601", "nil"),
        (Router("r").from_("s").to("bad"), "{}", "R602", "no luck"),
        (Router("r").from_("s").to("work", response_topic="${msg.a.b}"), "{}", "R601", "nil"),
        (Router("r").from_("s").to("work", response_topic="${'\ud800'}"), "{}", "R602", "surrogates not allowed"),
        (Router("r").from_("s").process(lambda _: 1 / 0).to("work"), "{}", "R602", "division by zero"),
        (
            Router("r").from_("s").to("work").process(lambda _: 1 / 0),
            "{}",
            "R602",
            "ZeroDivisionError: division by zero",
        ),
        (Router("r").from_("s").to("work").process(set_list_as_body), "{}", "R602", "a processor set list"),
    ],
)
def test_what_goes_wrong_fails_the_entry(router, data, code, part):
    """Nothing is raised: the entry fails with a code, and is not answered."""
    routed = route(router.end(), Chains(work=echo, bad=fail), inbound(data))
    assert (routed.result, routed.diagnostic.code, list(routed.responses)) == (Result.FAILED, code, [])
    assert part in routed.diagnostic.message


def test_a_value_never_picks_a_node():
    """A colon in a value that data put into a target is part of the chain's id."""
    chains = Chains(**{"work:evil": echo, "work": echo})
    route(Router("r").from_("s").to("chain:${kind}").end(), chains, inbound(kind="work:evil"))
    assert chains.started[0][:2] == ("work:evil", None)


def test_a_target_may_name_a_node():
    """`chain:id:node` starts at that node."""
    chains = Chains(work=echo)
    route(Router("r").from_("s").to("chain:${kind}:second").end(), chains, inbound(kind="work"))
    assert chains.started[0][:2] == ("work", "second")


def test_a_component_gets_what_is_not_ours_of_the_configuration():
    """A `component:` target is made of the rest of `to.configuration`."""
    chains = Chains(shout=lambda m, configuration: m.replace(data=m.data.upper() + configuration["end"]))
    router = Router("r").from_("s").to("component:shout", {"end": "!", "responseTopic": "out"}).end()
    assert answers(route(router, chains, inbound("hey"))) == [("out", ["value", "HEY!"])]


def test_no_target_and_no_end_filter_the_entry():
    """A router without a target, and a chain that ends nowhere, are done without a response."""
    assert route(Router("r").from_("s").to("").end()).result is Result.FILTERED
    silent = Chains(work=lambda _: Run([], completed=True))
    assert route(Router("r").from_("s").to("work").end(), silent).result is Result.FILTERED


def test_a_run_that_did_not_complete_failed():
    """A run that was cut short is tried again."""
    cut = Chains(work=lambda _: Run([], completed=False))
    assert route(Router("r").from_("s").to("work").end(), cut).result is Result.FAILED


async def _wait_and_answer(message):
    await asyncio.sleep(0)
    return message.with_metadata("responseTopic", "later")


async def _wait_and_fail(_):
    await asyncio.sleep(0)
    raise ValueError("later")


_OUTCOMES = {
    "echo": echo,
    "names": lambda m: m.replace(metadata={**m.metadata, "responseTopic": "theirs"}),
    "names-stream": lambda m: m.replace(metadata={**m.metadata, "responseStream": "theirs"}),
    "fails": fail,
    "no-text": lambda m: m.replace(data=b"\xff", data_type="BINARY"),
    "two": lambda m: [m, m.with_metadata("responseTopic", "second")],
    "half": lambda m: m.with_metadata("responseTopic", "\ud800"),
    "ends-nowhere": lambda _: Run([], completed=True),
    "is-cut": lambda _: Run([], completed=False),
    "waits": _wait_and_answer,
    "waits-and-fails": _wait_and_fail,
}


@pytest.mark.parametrize("processors", [[], ["responseToBody"]])
@pytest.mark.parametrize("chain", [*_OUTCOMES, "missing", ""])
async def test_the_shorter_way_of_a_router_leads_to_the_same_end(chain, processors):
    """What is made for processors only makes no difference to what comes of an entry."""
    settings = itertools.product(
        (None, "@", "length(`1`)"), (None, "{k: kind}"), (None, "out", "${msg.n}", "${msg.a.b}")
    )
    for transform_in, transform_out, response_topic in settings:
        from_ = RouterFrom("s", {} if transform_in is None else {"transform": transform_in}, ())
        to = {"transform": transform_out, "responseTopic": response_topic}
        given_to = {key: text for key, text in to.items() if text is not None}
        router = RouterDefinition(id="r", from_=from_, to=RouterTo(chain, given_to, tuple(processors), wait=True))
        build = RouterBuild(Source("r"), Chains(**_OUTCOMES), builtin_processors())
        plan = compile_router_plan(router, build)
        assert plan.is_direct
        ends = []
        for each in (plan, dataclasses.replace(plan, is_direct=False)):
            given = inbound()
            routed = each.route(given)
            ends.append(routed if isinstance(routed, Routed) else await routed)
        assert ends[0] == ends[1], (transform_in, transform_out, response_topic)


@pytest.mark.parametrize("name", ["responseToBody", "metadataToHeaders"])
def test_a_router_with_processors_of_ones_own_goes_the_whole_way(name):
    """Functions of a program, and what the other processors do, need all that there is to see."""
    assert not plan_of(
        Router("r").from_("s").process(lambda _: None).to("work").process("responseToBody").end()
    ).is_direct
    assert plan_of(Router("r").from_("s").to("work").process(name).end()).is_direct is (name == "responseToBody")


def test_what_stands_for_a_builtin_processor_is_called():
    """A program may have its own `responseToBody`: no way leads around it."""
    processors = builtin_processors().without("responseToBody")
    processors.add("responseToBody", lambda exchange: setattr(exchange.outbound, "body", "mine"))
    router = Router("r").from_("s").to("work", response_topic="out").process("responseToBody").end()
    plan = compile_router_plan(router.definition, RouterBuild(Source("r"), Chains(work=echo), processors))
    assert answers(plan.route(inbound())) == [("out", ["value", "mine"])]


def test_a_processor_that_says_no_stops():
    """Before the chain it filters the entry; after it only the later processors are left out."""
    chains = Chains(work=echo)
    routed = route(Router("r").from_("s").process(lambda _: False).to("work").end(), chains)
    assert (routed.result, chains.started) == (Result.FILTERED, [])
    router = Router("r").from_("s").to("work", response_topic="out").process("responseToBody")
    assert len(answers(route(router.process(lambda _: False).process(lambda _: 1 / 0).end()))) == 1


def test_an_error_set_before_the_chain_fails_the_entry():
    """As in RuleGo, an error on the outbound side keeps the entry."""

    def refuse(exchange):
        exchange.outbound.error = "not today"

    routed = route(Router("r").from_("s").process(refuse).to("work").end())
    assert (routed.result, routed.diagnostic.message) == (Result.FAILED, "not today")


async def test_what_waits_is_awaited():
    """Async processors and chains give an awaitable of the same result; what they raise fails the entry."""

    async def slow(value):
        await asyncio.sleep(0)
        return value

    async def slow_chain(message):
        return await slow(message)

    async def slow_failure(_):
        await asyncio.sleep(0)
        raise ValueError("later")

    router = Router("r").from_("s").process(lambda _: slow(value=True)).to("work", response_topic="out")
    pending = route(router.process(lambda _: slow(value=None)).end(), Chains(work=slow_chain))
    assert answers(await pending) == [("out", ["kind", "work", "n", "1"])]
    assert (
        await route(Router("r").from_("s").process(lambda _: slow(value=False)).to("work").end())
    ).result is Result.FILTERED
    failed = await route(Router("r").from_("s").process(slow_failure).to("work").end())
    assert failed.diagnostic.message == "ValueError: later"


async def test_a_processor_whose_work_was_cancelled_fails_the_entry():
    """A cancellation from within is a failure; only one from outside ends the way itself."""

    async def cancelled(_):
        raise asyncio.CancelledError

    waiting = asyncio.Event()

    async def forever(_):
        waiting.set()
        await asyncio.Event().wait()

    routed = await route(Router("r").from_("s").process(cancelled).to("work").end())
    assert (routed.result, routed.diagnostic.message) == (Result.FAILED, "what was waited for was cancelled")
    pending = route(Router("r").from_("s").process(forever).to("work").end())
    task = asyncio.ensure_future(pending)
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_conditions_are_asked_in_order():
    """The first router whose `when` is true takes the entry; an error in `when` fails it, nobody at all refuses it."""
    first = plan_of(Router("first").from_("s", when='msg.n == "1"').to("work").end())
    second = plan_of(Router("second").from_("s", when="float(msg.n) > 1").to("work").end())
    switch = RouteSwitch("s", (first, second))
    assert switch.choose(inbound()).id == "first"
    assert switch.choose(inbound('{"n":"5"}')).id == "second"
    refused = switch.choose(inbound('{"n":"0"}'))
    assert (refused.result, refused.diagnostic.code) == (Result.REFUSED, "E710")
    failed = switch.choose(inbound('{"n":"x"}'))
    assert (failed.result, failed.diagnostic.code) == (Result.FAILED, "R601")


def test_conditions_see_everything_about_the_entry():
    """All routing names work in `when` and in a target."""
    when = (
        'msg.n == "1" && metadata.topic == "s" && headers.Topic == "s" && type == "s" && msgType == "s" '
        '&& dataType == "JSON" && topic == "s" && entryId == "1-1" && len(id) > 0 && ts > 0 && data contains "work"'
    )
    assert plan_of(Router("r").from_("s", when=when).to("work").end()).takes(inbound())
    chains = Chains(**{"work-s-1-1": echo})
    assert (
        route(Router("r").from_("s").to("chain:${msg.kind}-${topic + '-' + entryId}").end(), chains).result
        is Result.DONE
    )


def test_a_condition_that_can_never_be_true_is_doubtful():
    """A router's `when` of another type takes nothing: a warning. `true` takes what the others leave, and is none."""

    def codes(when):
        router = Router("r").from_("s", when=when).to("work").end()
        build = RouterBuild(Source("r"), Chains(work=echo), builtin_processors())
        assert compile_router_plan(router.definition, build) is not None
        return [found.code for found in build.diagnostics]

    assert codes("1") == codes("'msg.n > 1'") == [Code.BAD_CONDITION]
    assert codes("true") == codes("msg.n == 1") == []
