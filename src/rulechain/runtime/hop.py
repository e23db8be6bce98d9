"""A message on its way into a node."""

from rulechain.model import Message

# The node's index, the message, the relation and error that led there, and the index of the node it comes from (the
# node itself where the run begins). A plain tuple, because many are made per run.
Hop = tuple[int, Message, str, str | None, int]
