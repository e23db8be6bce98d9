"""What is written down and what travels: definitions, messages, relations. Frozen, without behaviour of their own."""

from rulechain.model.chain import ChainDefinition, ConnectionDefinition, NodeDefinition
from rulechain.model.endpoint import EndpointDefinition, RouterDefinition, RouterFrom, RouterTo
from rulechain.model.message import DataType, Message, NodeOutputs
from rulechain.model.relation import DEFAULT, FAILURE, FALSE, STREAM, SUCCESS, TRUE

__all__ = [
    "DEFAULT",
    "FAILURE",
    "FALSE",
    "STREAM",
    "SUCCESS",
    "TRUE",
    "ChainDefinition",
    "ConnectionDefinition",
    "DataType",
    "EndpointDefinition",
    "Message",
    "NodeDefinition",
    "NodeOutputs",
    "RouterDefinition",
    "RouterFrom",
    "RouterTo",
]
