"""Aspects while chains are loaded and go: what they change, what they refuse, what they are told."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from rulechain.api import Aspect
from rulechain.diagnostics import Code, Diagnostic, Location, Severity, did_you_mean
from rulechain.diagnostics.errors import RuleChainError
from rulechain.model import ChainDefinition
from rulechain.plan import ChainPlan
from rulechain.runtime import MODE_KEY, MODES, error_text, with_aspects

_log = logging.getLogger("rulechain.app")


def altered(chain: ChainDefinition, aspects: Iterable[Aspect]) -> tuple[ChainDefinition, list[Diagnostic]]:
    """Return a chain as the aspects want it, and their objections."""
    found: list[Diagnostic] = []
    for aspect in aspects:
        try:
            changed = aspect.on_loading(chain)
        except Exception as error:  # noqa: BLE001 - somebody else's code: what it raises is a finding
            found += _refusal(chain, aspect, error)
        else:
            if changed is not None and changed is not chain:
                # What stands in the document is no longer what the chain is; the id is what it is known by.
                chain = replace(changed, document={}, id=chain.id)
    return chain, found


def surrounded(plan: ChainPlan, aspects: Iterable[Aspect]) -> tuple[ChainPlan, list[Diagnostic]]:
    """Return a plan with the aspects around its nodes, and what kept them from it."""
    found: list[Diagnostic] = []
    chosen = []
    for aspect in aspects:
        try:
            chosen.append(
                (aspect, {node.id for node in plan.definition.nodes if aspect.selects(node, plan.definition)})
            )
        except Exception as error:  # noqa: BLE001 - as in altered()
            found += _refusal(plan.definition, aspect, error)
    return with_aspects(plan, chosen), found


def tell(
    aspects: Iterable[Aspect], what: Literal["on_loaded", "on_reloaded", "on_closed"], chain: ChainDefinition
) -> None:
    """Tell the aspects what became of a chain; what they raise is logged, for it has happened."""
    for aspect in aspects:
        try:
            getattr(aspect, what)(chain)
        except Exception:  # noqa: BLE001 - somebody else's code
            _log.exception("an aspect failed on chain %r", chain.id)


def check_run_log(chain: ChainDefinition) -> list[Diagnostic]:
    """Warn of a chain whose own run log mode does not exist."""
    mode = chain.additional_info.get(MODE_KEY)
    if not isinstance(mode, str) or not mode or mode in MODES:
        return []
    message = f'"{MODE_KEY}" is "{mode}", expected one of {", ".join(MODES)}; there will be no run log'
    location = Location(chain.source, f"/ruleChain/additionalInfo/{MODE_KEY}")
    return [Diagnostic(Code.BAD_SETTING, message, location, Severity.WARNING, hint=did_you_mean(mode, MODES))]


def _refusal(chain: ChainDefinition, aspect: Aspect, error: Exception) -> list[Diagnostic]:
    if isinstance(error, RuleChainError):
        if error.diagnostics:
            return list(error.diagnostics)
    else:
        _log.warning("an aspect failed on chain %r", chain.id, exc_info=error)
    message = f'aspect {type(aspect).__name__} refused the chain "{chain.id}": {error_text(error)}'
    return [Diagnostic(Code.REFUSED_BY_ASPECT, message, Location(chain.source, ""))]
