"""`log`: a line for the log."""

import logging
from dataclasses import dataclass

from rulechain.api import ComponentSpec, Make, NodeBuild, NodeFunction
from rulechain.components.scripts import compile_script_setting, script_setting
from rulechain.diagnostics.errors import NodeError
from rulechain.model import Message

LOGGER = "rulechain.chain"


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Settings of `log`."""

    js_script: str = script_setting(
        r"return 'Incoming message:\n' + JSON.stringify(msg) + '\nIncoming metadata:\n' + JSON.stringify(metadata);",
        "The body of a function of msg, metadata, msgType and dataType; it returns the text to log.",
    )


def _build(settings: LogSettings, node: NodeBuild) -> NodeFunction:
    describe = compile_script_setting(settings.js_script, node, name="ToString", form="text")
    logger = logging.getLogger(LOGGER)

    def write(message: Message) -> Message:
        line = describe(message)
        if line is None:
            raise NodeError("return the value is not a string")
        if logger.isEnabledFor(logging.INFO):
            logger.info("%s", node.mask(line))
        return message

    return Make(write)


SPEC = ComponentSpec(
    type="log",
    category="action",
    summary="Writes a line to the log",
    description=(
        f"The line goes to the logger {LOGGER} at level INFO, as it is. The message passes unchanged. Failure when "
        "the script throws or returns anything but a text."
    ),
    build=_build,
    settings=LogSettings,
    example={"jsScript": "return 'temperature of ' + metadata.device + ': ' + msg.temperature;"},
)
