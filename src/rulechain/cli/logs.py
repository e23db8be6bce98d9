"""Log records on stderr, one line each, while a verb runs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

_CHAINS = "rulechain.chain"


class _EchoHandler(logging.Handler):
    """Writes records as talk; an exception is told in one line unless tracebacks are wanted."""

    def __init__(self, *, with_tracebacks: bool) -> None:
        super().__init__()
        self._with_tracebacks = with_tracebacks

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.levelname.lower()}: {record.getMessage()}"
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line += f": {type(error).__name__}: {error}" if str(error) else f": {type(error).__name__}"
            if self._with_tracebacks:
                line += "\n" + logging.Formatter().formatException(record.exc_info)  # type: ignore[arg-type]
        click.echo(line, err=True)


@contextmanager
def logging_to_stderr(*, with_tracebacks: bool) -> Iterator[None]:
    """Show warnings, and every line that a chain's own `log` nodes write."""
    handler = _EchoHandler(with_tracebacks=with_tracebacks)
    chains = logging.getLogger(_CHAINS)
    level = chains.level
    logging.root.addHandler(handler)
    chains.setLevel(logging.INFO)
    try:
        yield
    finally:
        logging.root.removeHandler(handler)
        chains.setLevel(level)
