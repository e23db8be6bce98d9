"""What every component must do, as tests to inherit.

    from rulechain.testing import ComponentContract

    class TestCelsius(ComponentContract):
        spec = celsius
        configuration = {"digits": 1}
        message = rc.Message("212", data_type="TEXT")

pytest then finds one test for each rule. Everything is checked through an engine, as the component will be used.
"""

import asyncio
import copy
import gc
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING
from pathlib import Path
from typing import Any, ClassVar

import pytest

from rulechain.api import ComponentSpec, FieldSpec, Outcome, Run, field_specs
from rulechain.app import Chain, Engine
from rulechain.diagnostics import Diagnostic, errors_in
from rulechain.diagnostics.errors import ChainError
from rulechain.model import FAILURE, Message
from rulechain.testing.probe import Call, Probe
from rulechain.testing.runs import engine_with, one_node
from rulechain.testing.samples import odd_messages, odd_values

# How long something that has to happen may take on a busy machine.
_PATIENCE_S = 10.0
# After how many turns of the event loop a run is cancelled.
_TURNS = (1, 2, 3, 5, 8, 13)
_TOGETHER = 10


class ComponentContract:
    """Inherit it under a name that begins with `Test`, and say what is to be tested.

    What depends on a fixture is set by one: an `autouse` fixture of the class that assigns `self.configuration`.
    """

    # The component.
    spec: ClassVar[ComponentSpec]
    # A configuration that works, by default the spec's example.
    configuration: Mapping[str, Any] | None = None
    # A message that the component, so configured, can do its work on.
    message: Message = Message('{"temperature": 21.5}', type="TELEMETRY", metadata={"site": "north"})
    # Further nodes of the chain, which the configuration refers to.
    nodes: Sequence[Mapping[str, Any]] = ()
    # Whether equal messages have equal outcomes: not where a clock, chance or another program has its say.
    repeatable: bool = True

    def engine(self) -> Engine:
        """Make the engine to test in; override it for properties, functions, or chains that the component calls."""
        return engine_with(self.spec)

    def test_the_spec_says_what_the_component_is(self) -> None:
        """Type, family, a summary that begins in upper case without a full stop, relations, an example."""
        spec = self.spec
        assert isinstance(spec, ComponentSpec), "declare a function with @component(type), or write a ComponentSpec"
        assert spec.type, "a component has a type"
        assert spec.category, "a component belongs to a category"
        assert spec.summary, "a component says in one line what it does"
        assert spec.summary[0].isupper(), f"the summary begins in upper case: {spec.summary!r}"
        assert spec.relations is None or all(spec.relations), "a relation has a name"
        assert self.configuration is not None or spec.example is not None, (
            "give the spec an example, or a configuration"
        )

    def test_every_setting_is_explained(self) -> None:
        """Settings are frozen, and each says in a sentence what it means."""
        settings = self.spec.settings
        assert settings.__dataclass_params__.frozen, f"{settings.__name__} is a dataclass with frozen=True"
        for field in _every_field(settings):
            assert field.description.endswith("."), f"{field.key}: a description is a sentence, with its full stop"
            assert field.description[0].isupper(), f"{field.key}: a description begins in upper case"

    def test_the_configuration_loads_without_findings(self) -> None:
        """The configuration that is tested here, and the example of the spec, are beyond doubt."""
        for configuration in (self._configuration, self.spec.example):
            if configuration is not None:
                _, findings = self._load(configuration)
                assert not findings, _texts(findings)

    def test_the_defaults_load_or_say_what_is_required(self) -> None:
        """A node without a configuration loads, or the findings name the settings that have no default."""
        chain, findings = self._load({})
        required = _required(self.spec)
        if chain is None:
            assert required, _texts(findings)
        for key in required:
            assert any(key in finding.message for finding in findings), f"nothing says that {key} is required"

    def test_a_wrong_setting_is_a_finding(self) -> None:
        """Whatever a setting holds, the chain loads or a finding points at the node; `build` never crashes."""
        probe, engine = self._probed()
        for configuration in _odd_configurations(self.spec, self._configuration):
            chain, findings = self._load(configuration, engine)
            crash = probe.crashes[0] if probe.crashes else None
            assert crash is None, f"build raised {crash!r} for {configuration!r}: report a Diagnostic instead"
            for finding in errors_in(findings) if chain is None else ():
                assert (finding.location.pointer or "").startswith("/metadata/nodes/0"), (configuration, str(finding))

    def test_any_message_ends_in_outcomes(self) -> None:
        """Every message leaves by relations that the spec names, with its id and time, or fails with a reason."""
        for message in self._messages():
            run, calls = self._run(message)
            assert run.completed
            assert calls or self.spec.is_end, "the node was never called"
            for call in calls:
                self._check_outcomes(call, message)

    def test_the_message_is_never_changed(self) -> None:
        """Other branches hold the same message: neither it nor the value behind it is altered."""
        for message in self._messages():
            before = message.data, message.type, message.data_type, dict(message.metadata), copy.deepcopy(message.value)
            self._run(message)
            after = message.data, message.type, message.data_type, dict(message.metadata), message.value
            assert before == after, "make another message with message.replace(…)"

    def test_equal_messages_have_equal_outcomes(self) -> None:
        """A component keeps nothing from one message to the next."""
        if not self.repeatable:
            pytest.skip("repeatable is False: equal messages may have different outcomes")
        _, engine = self._probed()
        chain = self._loaded(engine)
        messages = self._messages()
        with engine:
            first, second = ([_facts(chain.run(message)) for message in messages] for _ in range(2))
        assert first == second
        assert first == [_facts(self._run(message)[0]) for message in messages], "another node has other outcomes"

    def test_messages_at_once_complete_once_each(self) -> None:
        """Of several messages at the same time, each calls the node once and completes once, as itself."""
        probe, engine = self._probed()
        chain = self._loaded(engine)
        messages = [_with_id(self.message, f"m{number}") for number in range(_TOGETHER)]

        async def together() -> list[Run]:
            async with engine:
                return await asyncio.gather(*(chain.arun(message) for message in messages))

        runs = asyncio.run(together())
        assert all(run.completed for run in runs)
        assert [
            {end.message.id for end in run.ends} - {message.id} for run, message in zip(runs, messages, strict=True)
        ] == [set() for _ in messages]
        assert self.spec.is_end or len(probe.calls) == _TOGETHER
        assert all(call.has_ended for call in probe.calls)

    def test_cancelling_passes_through(self) -> None:
        """A run that is cancelled ends at once, and the node lets the cancellation through."""
        if not self.spec.suspends:
            pytest.skip("the component never waits")
        errors = [call.error for turns in _TURNS for call in asyncio.run(self._cancel_after(turns))]
        # Not each time: asyncio.wait_for of Python 3.11 swallows one that comes together with its result.
        let_through = any(isinstance(error, asyncio.CancelledError) for error in errors)
        assert let_through or None not in errors, "the node went on after it was cancelled: let CancelledError through"

    def test_what_is_opened_is_closed(self) -> None:
        """After the engine is closed there is no task, thread, file or connection left."""

        async def use() -> None:
            _, engine = self._probed()
            async with engine:
                chain = self._loaded(engine)
                for _ in range(2):
                    await chain.arun(self.message)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            assert not others, f"tasks are left: {others}"

        # What is opened once for the whole process does not count.
        asyncio.run(use())
        before = _open_things()
        with _no_resource_warnings():
            asyncio.run(use())
        _settle(lambda: _open_things() <= before)
        assert _open_things() <= before, "give back what the node holds: node.on_close(resource.close)"

    @property
    def _configuration(self) -> Mapping[str, Any]:
        return self.configuration if self.configuration is not None else self.spec.example or {}

    def _messages(self) -> list[Message]:
        return [self.message, *odd_messages()]

    def _probed(self) -> tuple[Probe, Engine]:
        """Return a watched component and the engine that has it."""
        probe, engine = Probe(self.spec), self.engine()
        engine.components.replace(probe.spec)
        return probe, engine

    def _load(
        self, configuration: Mapping[str, Any], engine: Engine | None = None
    ) -> tuple[Chain | None, Sequence[Diagnostic]]:
        """Load the node: the chain or None, and the findings about the node."""
        try:
            chain = (engine or self._probed()[1]).load(one_node(self.spec.type, configuration, *self.nodes))
        except ChainError as error:
            return None, error.diagnostics
        pointer = "/metadata/nodes/0"
        return chain, [each for each in chain.warnings if (each.location.pointer or "").startswith(pointer)]

    def _loaded(self, engine: Engine) -> Chain:
        return engine.load(one_node(self.spec.type, self._configuration, *self.nodes))

    def _run(self, message: Message) -> tuple[Run, list[Call]]:
        """Run one message through a new node."""
        probe, engine = self._probed()
        with engine:
            return self._loaded(engine).run(message), probe.calls

    def _check_outcomes(self, call: Call, message: Message) -> None:
        if call.error is not None:
            assert isinstance(call.error, Exception), f"the node raised {call.error!r}"
            assert str(call.error), f"{type(call.error).__name__} has no text: say what is wrong"
            return
        outcomes = call.result if isinstance(call.result, (list, tuple)) else [call.result]
        relations = self.spec.relations
        for outcome in outcomes:
            assert isinstance(outcome, Outcome), f"a node ends with outcomes, got {outcome!r}"
            assert relations is None or outcome.relation in (*relations, FAILURE), (
                f"the spec lacks {outcome.relation!r}"
            )
            assert (outcome.message.id, outcome.message.ts) == (message.id, message.ts), "use message.replace(…)"

    async def _cancel_after(self, turns: int) -> list[Call]:
        """Cancel a run after so many turns of the event loop; the calls that waited then."""
        probe, engine = self._probed()
        async with engine:
            task = asyncio.create_task(self._loaded(engine).arun(self.message))
            for _ in range(turns):
                await asyncio.sleep(0)
            if task.done():
                return []
            waiting = [call for call in probe.calls if not call.has_ended]
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=_PATIENCE_S)
            assert done, "the run does not end after it was cancelled"
            assert task.cancelled(), "the run ended as if it had not been cancelled"
            return waiting


def _every_field(settings: type[Any]) -> Iterator[FieldSpec]:
    """The fields of a settings class and of the classes of its items."""
    for field in field_specs(settings):
        yield field
        if field.item:
            yield from _every_field(field.item)


def _required(spec: ComponentSpec) -> list[str]:
    """The required settings whose default is nothing."""
    blank = (None, "", MISSING)
    return [field.key for field in field_specs(spec.settings) if field.required and field.default in blank]


def _odd_configurations(spec: ComponentSpec, configuration: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The configuration with one setting at a time replaced by something odd, in items too."""
    for field in field_specs(spec.settings):
        for value in odd_values():
            yield {**configuration, field.key: value}
        for inner in _every_field(field.item) if field.item else ():
            for value in odd_values():
                yield {**configuration, field.key: [{inner.key: value}]}


def _with_id(message: Message, id_: str) -> Message:
    return Message(
        message.data,
        type=message.type,
        data_type=message.data_type,
        metadata=message.metadata,
        id=id_,
        ts=message.ts,
    )


def _facts(run: Run) -> list[tuple[Any, ...]]:
    """What two runs of equal messages have in common."""
    return [(end.node_id, end.relation, end.error, end.message) for end in run.ends]


def _texts(findings: Sequence[Diagnostic]) -> str:
    return "; ".join(f"{finding.code} {finding.message}" for finding in findings)


def _open_things() -> set[str]:
    """The open files and the threads of this process; only threads where the system does not list files."""
    threads = {f"thread {thread.name}" for thread in threading.enumerate()}
    files = Path("/dev/fd")
    return threads | {f"file {file.name}" for file in files.iterdir()} if files.is_dir() else threads


def _settle(is_settled: Callable[[], bool]) -> None:
    """Wait for what ends by itself, such as the other side of a connection in the same process."""
    deadline = time.monotonic() + _PATIENCE_S
    while not is_settled() and time.monotonic() < deadline:
        time.sleep(0.005)


@contextmanager
def _no_resource_warnings() -> Iterator[None]:
    """Fail when the collector finds something that nobody closed."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    unclosed = [str(each.message) for each in caught if issubclass(each.category, ResourceWarning)]
    assert not unclosed, f"left to the collector: {unclosed}"
