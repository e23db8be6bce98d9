"""Connections that nodes share: a setting `ref://id` names the node whose connection is used."""

from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, Protocol, TypeVar

from rulechain.api import NodeBuild, Resource, decode_settings
from rulechain.connections import ChainNodes, Share, SharedConnections, SharedNodes
from rulechain.connections.shared import referred_id
from rulechain.diagnostics import Code, Diagnostic, did_you_mean, errors_in
from rulechain.diagnostics.errors import EndpointUnavailableError

S = TypeVar("S")


class Connection(Protocol):
    """What a node sends over; it says by an `EndpointUnavailableError` that it has ended."""

    async def close(self) -> None:
        """Say goodbye."""


C = TypeVar("C", bound=Connection)


class Connecting(NamedTuple, Generic[S]):
    """Whose settings say where the service is, and where the connection to it is kept: `nodes.share(id, …)`."""

    settings: S
    nodes: SharedNodes
    id: str


def resolve_reference(settings: S, node: NodeBuild, key: str, type_: str) -> Connecting[S]:
    """Return how a node connects: by its own settings, or by those of the node that `ref://id` names.

    That is a node of the same chain, or one of the engine's `connections`. What cannot be used is reported.

    Args:
        settings: The node's settings.
        node: Where faults are reported.
        key: The setting that may be `ref://id`, which is also the name of its field.
        type_: The component; only nodes of the same one have a connection it can use.
    """
    chain, engine = node.require(ChainNodes), node.require(SharedConnections).nodes
    connecting = Connecting(settings, chain, node.node_id)
    seen = {node.node_id}
    while (id_ := referred_id(getattr(connecting.settings, key))) is not None:
        nodes = chain if chain.get(id_) is not None else engine
        other = nodes.get(id_)
        if other is None:
            message = f'there is no shared connection "{id_}"'
        elif other.type != type_:
            message = f'"{id_}" is of type "{other.type}", whose connection "{type_}" cannot use'
        elif id_ in seen:
            message = f'the shared connection "{id_}" refers to itself'
        else:
            seen.add(id_)
            problems: list[Diagnostic] = []
            theirs = decode_settings(type(settings), other.configuration, node.location, problems.append)
            connecting = Connecting(theirs, nodes, id_)
            if not errors_in(problems):
                continue
            message = f'the shared connection "{id_}" cannot be used: {errors_in(problems)[0].message}'
        hint = did_you_mean(id_, (*chain.ids, *engine.ids)) if other is None else None
        node.report(Diagnostic(Code.UNKNOWN_CONNECTION, message, node.location(key), hint=hint))
        # The defaults do to find what else is wrong.
        return Connecting(type(settings)(), chain, node.node_id)
    return connecting


def share_connection(connecting: Connecting[S], node: NodeBuild, connect: Callable[[], Awaitable[C]]) -> Share[C]:
    """Return the connection of a node, opened when a message first needs it, and again when it has ended.

    The nodes that share it use the same one; the last of them closes it.
    """

    async def close(connection: C) -> None:
        await connection.close()

    def make() -> Resource[C]:
        return Resource(connect, close, broken_by=(EndpointUnavailableError,))

    connection = connecting.nodes.share(connecting.id, make)
    node.on_close(connection.close)
    return connection
