"""`ref`: another node, as if it stood here."""

from collections.abc import Sequence
from dataclasses import dataclass

from rulechain.api import ComponentSpec, NodeBuild, NodeContext, NodeFunction, Outcome, Run, Steps, setting
from rulechain.components.inner_runs import all_ends, check_node_id, finished, in_steps
from rulechain.diagnostics import Code, Diagnostic
from rulechain.model import FAILURE, Message


@dataclass(frozen=True, slots=True)
class RefSettings:
    """Settings of `ref`."""

    target_id: str = setting(
        "",
        description='The node to run: its id, or "chainId:nodeId" for a node of another chain.',
        required=True,
        format="node",
    )
    tell_chain: bool = setting(
        default=False,
        description="True goes on from the node along its connections; false runs the node alone.",
    )


def _build(settings: RefSettings, node: NodeBuild) -> NodeFunction:
    chain_id, node_id = _target(settings.target_id, node)
    only = not settings.tell_chain

    def steps(message: Message, context: NodeContext) -> Steps[Sequence[Outcome]]:
        run = yield from finished(context.run(message, node=node_id, chain=chain_id, only=only))
        return _outcomes(message, run)

    return in_steps(steps)


def _target(text: str, node: NodeBuild) -> tuple[str, str]:
    """Return the ids of the chain, empty for this one, and of the node."""
    parts = [part.strip() for part in text.split(":")]
    if parts == [""]:
        fault = "targetId is empty"
    elif not all(parts):
        fault = "chainId or nodeId is empty"
    elif len(parts) == 1:
        check_node_id(parts[0], node, "targetId")
        return "", parts[0]
    elif parts[1:] == parts[-1:]:
        return parts[0], parts[1]
    else:
        fault = "invalid targetId format, expected 'nodeId' or 'chainId:nodeId'"
    node.report(Diagnostic(Code.BAD_SETTING, fault, node.location("targetId")))
    return "", ""


def _outcomes(message: Message, run: Run) -> Sequence[Outcome]:
    """Return what leaves: a failed end with the message as it came in, as in RuleGo."""
    return [
        Outcome(end.relation, end.message) if end.error is None else Outcome(FAILURE, message, end.error)
        # A path that misses the `end` node which another one leads to still comes back here.
        for end in all_ends(run) or run.silent
    ]


SPEC = ComponentSpec(
    type="ref",
    category="common",
    summary="Runs another node in its place and leaves by that node's relation",
    description=(
        "The node keeps its own settings and need not be connected to anything. With tellChain the message goes on "
        "from there, and every end of that path leaves here under its relation. A failure leaves with the message as "
        "it came in. Failure when there is no such node."
    ),
    build=_build,
    settings=RefSettings,
    relations=None,
    uses_context=True,
    suspends=True,
    example={"targetId": "alarms:notify"},
)
