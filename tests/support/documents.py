"""Short ways to write chain documents in tests."""

import re

_CONNECTION = re.compile(r"(\S+) -(.*)-> (\S+)")


def chain_document(*nodes, connections=(), chain_id="test", **chain):
    """A chain of `(id, type, configuration)` nodes and connections written as `"a -Success-> b"`."""
    return {
        "ruleChain": {"id": chain_id, **chain},
        "metadata": {
            "nodes": [
                {"id": node[0], "type": node[1], "configuration": node[2] if len(node) > 2 else {}} for node in nodes
            ],
            "connections": [connection(text) for text in connections],
        },
    }


def connection(text):
    """`"a -True-> b"` as a connection object."""
    from_id, relation, to_id = _CONNECTION.fullmatch(text).groups()
    return {"fromId": from_id, "toId": to_id, "type": relation}


def ends_of(run):
    """A run's ends as `(node, relation, error)`."""
    return [(end.node_id, end.relation, end.error) for end in run.ends]
