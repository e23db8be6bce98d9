"""Libraries that only some components need: optional, and loaded when the first message needs them."""

import importlib.util

from rulechain.api import NodeBuild
from rulechain.diagnostics import Code, Diagnostic


def has_extra(node: NodeBuild, module: str, *, extra: str, needed_for: str) -> bool:
    """Say whether an optional library is installed, and report how to install it where it is not.

    Args:
        node: Where it is reported.
        module: What would be imported.
        extra: The extra of this package that brings it.
        needed_for: What needs it, for the message.
    """
    if importlib.util.find_spec(module) is not None:
        return True
    message = f'{needed_for} needs the library "{module}", which is not installed'
    node.report(
        Diagnostic(Code.MISSING_EXTRA, message, node.location(), hint=f'install it: pip install "rulechain[{extra}]"')
    )
    return False
