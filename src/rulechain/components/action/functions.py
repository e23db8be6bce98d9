"""`functions`: what the host application brings."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from rulechain.api import ComponentSpec, HostFunctions, NodeBuild, NodeContext, NodeFunction, Outcome, setting
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics.errors import NodeError
from rulechain.model import Message

Outcomes = Outcome | Sequence[Outcome]


@dataclass(frozen=True, slots=True)
class FunctionsSettings:
    """Settings of `functions`."""

    function_name: str = setting(
        "test",
        description="The function's name, as the application registered it.",
        required=True,
        format="template",
    )
    param: str = setting(
        "",
        description="The payload the function gets instead of the message's own, when given.",
        format="template",
    )


def _build(settings: FunctionsSettings, node: NodeBuild) -> NodeFunction:
    functions = node.require(HostFunctions)
    name = compile_template_setting(settings.function_name, node, "functionName")
    param = compile_template_setting(settings.param, node, "param") if settings.param else None

    def run(message: Message, context: NodeContext) -> Outcomes | Awaitable[Outcomes]:
        wanted = name.text(message)
        function = functions.get(wanted)
        if function is None:
            raise NodeError(f"can not found the function={wanted}")
        return function(message if param is None else message.replace(data=param.text(message)), context)

    return run


SPEC = ComponentSpec(
    type="functions",
    category="action",
    summary="Calls a function of the host application",
    description=(
        "The application hands its functions to the engine, Engine(functions={...}); each gets the message and its "
        "context, and returns one outcome or a list of them, which decide the relations. It may be a coroutine "
        "function. Failure when there is no function of that name, or when it raises."
    ),
    build=_build,
    settings=FunctionsSettings,
    relations=None,
    uses_context=True,
    suspends=True,
    example={"functionName": "score", "param": "${msg.reading}"},
)
