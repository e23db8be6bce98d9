"""From a chain's definition to a plan: everything resolved, decoded and compiled once."""

from rulechain.plan.compile import Compiled, Services, compile_chain, compile_component
from rulechain.plan.dump import dump_plan
from rulechain.plan.plan import ChainPlan
from rulechain.plan.planned import PlannedNode
from rulechain.plan.secrets import without_plain_secrets

__all__ = [
    "ChainPlan",
    "Compiled",
    "PlannedNode",
    "Services",
    "compile_chain",
    "compile_component",
    "dump_plan",
    "without_plain_secrets",
]
