"""What a component gets besides its message, without a run around it."""

from dataclasses import dataclass, field

from rulechain.api import Arrival, End, HostFunctions, Outcome, Run

# The nodes that the examples of the built-in components name.
EXAMPLE_NODES = frozenset({"node", "read", "priceItem", "nextPage", "locate", "weigh", "isWarm", "isDry"})
HOST_FUNCTIONS = HostFunctions({"score": lambda message, _context: Outcome("Success", message.replace(data="1"))})


@dataclass
class ContextStandIn:
    """Implements `api.NodeContext`: every run inside ends at once, by Success, at the node or chain it was given.

    `runs` has what other targets give instead.
    """

    runs: dict = field(default_factory=dict)
    chain_id: str = "chain"
    node_id: str = "node"
    from_id: str = "before"
    relation: str = "Success"
    error: str | None = None
    values: dict = field(default_factory=dict)
    left: list = field(default_factory=list)
    counted: int = 0

    def run(self, message, *, node="", chain="", only=False):
        """Give the run of a target."""
        target = node or chain
        if target in self.runs:
            return self.runs[target](message)
        return Run([End("Success", message, None, target)], completed=True)

    def leave(self, run):
        """Take note of a run that goes on by itself."""
        self.left.append(run)

    def count(self, characters):
        """Take note of a payload that was put together."""
        self.counted += characters


def of_message(spec, run, context=None):
    """A component's function as one of the message alone; a joining node gets the message as its only arrival."""
    around = [ContextStandIn() if context is None else context] if spec.uses_context else []
    if spec.joins:
        return lambda message: run([Arrival(message, "before", None)], False, *around)  # noqa: FBT003 - as the runtime calls it
    return lambda message: run(message, *around)
