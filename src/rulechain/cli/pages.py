"""The pages of a running service, as `top` and `tap` read them."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

from rulechain.diagnostics.errors import EndpointUnavailableError

DEFAULT = "9464"
_PATIENCE_S = 10.0


def read_page(address: tuple[str, int], path: str) -> str:
    """Return the text of a page.

    Raises:
        EndpointUnavailableError: Nobody answers there, or not with that page.
    """
    with open_page(address, path) as page:
        return page.read().decode()


@contextmanager
def open_page(address: tuple[str, int], path: str) -> Iterator[http.client.HTTPResponse]:
    """Ask for a page, to be read while the block runs.

    Raises:
        EndpointUnavailableError: Nobody answers there, or not with that page.
    """
    host, port = address
    where = f"{host}:{port}"
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_S)
    try:
        try:
            connection.request("GET", path)
            page = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            reason = f"no service answers at {where}: {error}"
            raise EndpointUnavailableError(f"{reason}; serve with `rulechain run … --metrics {port}`") from error
        if page.status != http.client.OK:
            raise EndpointUnavailableError(
                f"{where} does not show {path.partition('?')[0]}: {page.read().decode().strip()}"
            )
        yield page
    finally:
        connection.close()


def lines_of(page: http.client.HTTPResponse) -> Iterator[str]:
    """Yield the lines of a page that goes on, until it ends."""
    while True:
        try:
            line = page.readline()
        except (OSError, http.client.HTTPException):
            return
        if not line:
            return
        yield line.decode().strip()
