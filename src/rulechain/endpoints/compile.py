"""A router's definition → a `RouterPlan`; every fault becomes a diagnostic."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rulechain.api import ChainExecutor, Inbound, Processor, Run, decode_settings, field_specs, setting
from rulechain.diagnostics import Code, Diagnostic, Location, Source, did_you_mean, errors_in, pointer_to
from rulechain.diagnostics.errors import ChainError, ExpressionError
from rulechain.endpoints.processors import ProcessorRegistry, Side, response_to_body
from rulechain.endpoints.routing import Evaluate, Execute, RouterPlan
from rulechain.endpoints.scope import ROUTING_SCOPE, TRIGGER_SOURCE, TRIGGERED_BY_ENDPOINT, RoutingEnvironment
from rulechain.endpoints.shards import expand_shards
from rulechain.endpoints.transform import Transform, compile_transform
from rulechain.expr import (
    FunctionRegistry,
    RouterExpression,
    compile_expression,
    compile_router,
    compile_template,
    condition_mistakes,
    unknown_names,
)
from rulechain.expr.functions import builtin_registry
from rulechain.model import Message, RouterDefinition
from rulechain.values import to_text


@dataclass(frozen=True, slots=True)
class FromSettings:
    """What `from.configuration` may say."""

    when: str = setting(
        "", format="expression", description="Takes only the entries for which this expression is true."
    )
    transform: str = setting("", format="jmespath", description="Reshapes the inbound data before the processors.")
    order_by: str = setting(
        "",
        format="expression",
        description="Entries for which this expression gives the same are processed one after the other, in the order "
        "they were read; others go on beside them.",
    )


@dataclass(frozen=True, slots=True)
class ToSettings:
    """What `to.configuration` may say; of a `component:` target, the rest is the component's own configuration."""

    transform: str = setting("", format="jmespath", description="Reshapes the outcome's data before the processors.")
    response_topic: str = setting(
        "", format="template", description="The response stream of outcomes that name none in metadata or headers."
    )


@dataclass(slots=True)
class RouterBuild:
    """What compiling a router needs, and where its findings go."""

    source: Source
    executor: ChainExecutor
    processors: Mapping[str, Processor]
    # Functions of a router that was made in code.
    own_processors: Mapping[str, Processor] = field(default_factory=dict)
    # Processors of the endpoint itself, which run before those of the router.
    interceptors: tuple[str, ...] = ()
    interceptors_location: Location | None = None
    functions: FunctionRegistry = field(default_factory=builtin_registry)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a finding."""
        self.diagnostics.append(diagnostic)


def compile_router_plan(router: RouterDefinition, build: RouterBuild) -> RouterPlan | None:
    """Return the compiled router, or None when it has errors; either way they are in `build.diagnostics`."""
    before = len(build.diagnostics)
    compiler = _Compiler(router, build)
    plan = compiler.compile()
    return None if errors_in(build.diagnostics[before:]) else plan


class _Compiler:
    def __init__(self, router: RouterDefinition, build: RouterBuild) -> None:
        self._router = router
        self._build = build

    def compile(self) -> RouterPlan:
        router = self._router
        inbound = decode_settings(
            FromSettings, router.from_.configuration, self._locate("from", "configuration"), self._build.report
        )
        target = self._target()
        ours, theirs = _split(router.to.configuration) if _is_component(target) else (router.to.configuration, {})
        outbound = decode_settings(ToSettings, ours, self._locate("to", "configuration"), self._build.report)
        before = (*self._interceptors(), *self._processors("from", router.from_.processors))
        after = self._processors("to", router.to.processors)
        return RouterPlan(
            id=router.id,
            topics=self._topics(),
            location=self._location(),
            when=self._expression(inbound.when, "from", "when", decides=True),
            order_by=self._expression(inbound.order_by, "from", "orderBy"),
            transform_in=self._transform(inbound.transform, "from"),
            before=before,
            execute=None if target is None else self._execute(target, theirs),
            describe_target=None if target is None else _describer(target),
            transform_out=self._transform(outbound.transform, "to"),
            after=after,
            response_topic=self._template(outbound.response_topic),
            response_stream="" if "${" in outbound.response_topic else outbound.response_topic.strip(),
            is_direct=not before and all(process is response_to_body for process in after),
        )

    def _location(self, *path: str | int) -> Location:
        return Location(self._build.source, f"{self._router.pointer}{pointer_to(*path)}")

    def _locate(self, *prefix: str | int) -> Callable[..., Location]:
        return lambda *path: self._location(*prefix, *path)

    def _topics(self) -> tuple[str, ...]:
        names = [part.strip() for part in self._router.from_.path.split(",") if part.strip()]
        try:
            topics = tuple(dict.fromkeys(topic for name in names for topic in expand_shards(name)))
        except ValueError as error:
            message = f'router "{self._router.id}": {error}'
            self._build.report(Diagnostic(Code.BAD_SETTING, message, self._location("from", "path")))
            return ()
        if not topics:
            message = f'router "{self._router.id}" names no stream to read'
            hint = 'write the name of a stream, or several with commas between them, into "path"'
            self._build.report(Diagnostic(Code.NO_STREAM, message, self._location("from", "path"), hint=hint))
        return topics

    def _expression(self, text: str, side: Side, key: str, *, decides: bool = False) -> Evaluate | None:
        if not text.strip():
            return None
        location = self._location(side, "configuration", key)
        try:
            expression = compile_expression(text, functions=self._build.functions, scope=ROUTING_SCOPE)
        except ExpressionError as error:
            self._report_all(error, location)
            return None
        doubts = condition_mistakes(expression) if decides else []
        for diagnostic in (*expression.warnings, *unknown_names(expression, ROUTING_SCOPE.roots), *doubts):
            self._build.report(_moved(diagnostic, location))
        return expression.function

    def _template(self, text: str) -> Evaluate | None:
        if not text.strip():
            return None
        location = self._location("to", "configuration", "responseTopic")
        try:
            template = compile_template(text, functions=self._build.functions, scope=ROUTING_SCOPE)
        except ExpressionError as error:
            self._report_all(error, location)
            return None
        for diagnostic in template.diagnostics:
            self._build.report(_moved(diagnostic, location))
        return lambda message, inbound: to_text(template.function(message, inbound)).strip()

    def _transform(self, text: str, side: Side) -> Transform | None:
        if not text.strip():
            return None
        try:
            return compile_transform(text)
        except ExpressionError as error:
            self._report_all(error, self._location(side, "configuration", "transform"))
            return None

    def _interceptors(self) -> tuple[Processor, ...]:
        place = self._build.interceptors_location or self._location()
        return self._look_up("from", self._build.interceptors, lambda *_: place)

    def _processors(self, side: Side, names: tuple[str, ...]) -> tuple[Processor, ...]:
        return self._look_up(side, names, self._locate(side, "processors"))

    def _look_up(self, side: Side, names: tuple[str, ...], locate: Callable[..., Location]) -> tuple[Processor, ...]:
        found = []
        for index, name in enumerate(names):
            known = self._build.processors
            processor = self._build.own_processors.get(name) or known.get(name)
            if processor is None:
                message = f'processor not found: "{name}"'
                hint = did_you_mean(name, known)
            elif isinstance(known, ProcessorRegistry) and name in known and not known.fits(name, side):
                message = f'processor "{name}" does not belong under "{side}"'
                hint = f'it belongs under "{"to" if side == "from" else "from"}"'
            else:
                found.append(processor)
                continue
            self._build.report(Diagnostic(Code.UNKNOWN_PROCESSOR, message, locate(index), hint=hint))
        return tuple(found)

    def _target(self) -> RouterExpression | None:
        if not self._router.to.path.strip():
            return None
        try:
            return compile_router(self._router.to.path, functions=self._build.functions)
        except ExpressionError as error:
            self._report_all(error, self._location("to", "path"))
            return None

    def _execute(self, target: RouterExpression, configuration: Mapping[str, Any]) -> Execute | None:
        executor = self._build.executor
        if _is_component(target):
            location = self._location("to", "configuration")
            try:
                call = executor.component(target.component_type or "", configuration, location)
            except ChainError as error:
                path = self._location("to", "path")
                for diagnostic in error.diagnostics:
                    is_type = diagnostic.code is Code.UNKNOWN_COMPONENT
                    self._build.report(diagnostic.moved_to(path) if is_type else diagnostic)
                return None
            return lambda inbound: call(inbound.message)
        if target.is_static:
            chain_id, node_id = target.target({}, {})
            return lambda inbound: executor.execute(chain_id, _triggered(inbound), node_id)

        def execute(inbound: Inbound) -> Run | Awaitable[Run]:
            message = _triggered(inbound)
            chain_id, node_id = _chain_and_node(target, message, inbound)
            return executor.execute(chain_id, message, node_id)

        return execute

    def _report_all(self, error: ExpressionError, location: Location) -> None:
        for diagnostic in error.diagnostics:
            self._build.report(_moved(diagnostic, location))


def _moved(diagnostic: Diagnostic, location: Location) -> Diagnostic:
    """Return a finding of a text as one of the document that the text stands in."""
    return diagnostic.moved_to(Location(location.source, location.pointer, diagnostic.location.span))


def _triggered(inbound: Inbound) -> Message:
    """Return the message with RuleGo's note of who set off the chain; a processor may have dropped it."""
    message = inbound.message
    if message.metadata[TRIGGER_SOURCE]:
        return message
    return message.with_metadata(TRIGGER_SOURCE, TRIGGERED_BY_ENDPOINT)


def _describer(target: RouterExpression) -> Callable[[Inbound], str]:
    """Return what names the target of an inbound message."""
    if _is_component(target):
        return lambda _: f"component:{target.component_type}"
    if target.is_static:
        chain_id = target.target({}, {})[0]
        return lambda _: chain_id
    return lambda inbound: _chain_and_node(target, inbound.message, inbound)[0]


def _chain_and_node(target: RouterExpression, message: Message, inbound: Inbound) -> tuple[str, str | None]:
    return target.target(RoutingEnvironment(message, inbound), message.metadata)


def _is_component(target: RouterExpression | None) -> bool:
    return target is not None and target.kind == "component"


def _split(configuration: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what of a `component:` target's configuration is the router's, and what the component's."""
    ours = {spec.key.casefold() for spec in field_specs(ToSettings)}
    return (
        {key: value for key, value in configuration.items() if key.casefold() in ours},
        {key: value for key, value in configuration.items() if key.casefold() not in ours},
    )
