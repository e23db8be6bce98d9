"""One HTTP exchange. The only module here that knows httpx; imported when a first message needs it."""

import asyncio
import os
import ssl
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import NamedTuple

import certifi
import httpx

from rulechain.components.external.tls import client_context
from rulechain.diagnostics.errors import NodeError

_MAX_REDIRECTS = 10
_KEPT_CONNECTIONS = 100


class Request(NamedTuple):
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


class Answer(NamedTuple):
    """What came back. `fault` says why the body ends before its end."""

    status: int
    reason: str
    body: bytes
    fault: str | None

    @property
    def text(self) -> str:
        """The body as text, whatever its bytes are."""
        return self.body.decode("utf-8", "replace")


def open_client(
    *,
    verify: bool,
    max_connections: int | None,
    proxy: str,
    proxy_auth: tuple[str, str] | None,
    uses_system_proxy: bool,
) -> httpx.AsyncClient:
    """Return a client.

    Args:
        verify: Check certificates.
        max_connections: The most at the same time, None for no limit.
        proxy: Its URL, `""` for none.
        proxy_auth: User and password at the proxy.
        uses_system_proxy: Use the proxy that the environment names.
    """
    return httpx.AsyncClient(
        verify=_tls(verify=verify),
        proxy=httpx.Proxy(proxy, auth=proxy_auth) if proxy else None,
        trust_env=uses_system_proxy,
        timeout=None,  # noqa: S113 - each exchange as a whole has one
        limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=_KEPT_CONNECTIONS),
        follow_redirects=True,
        max_redirects=_MAX_REDIRECTS,
        headers={"User-Agent": "rulechain"},
        # A cookie that one message brings must not travel with the next.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


async def exchange(client: httpx.AsyncClient, request: Request, *, timeout_s: float | None, max_bytes: int) -> Answer:
    """Send a request and read the whole answer.

    Args:
        client: Sends it.
        request: What is sent.
        timeout_s: The longest that all of it may take.
        max_bytes: The most that is read of a body, 0 for no limit.

    Raises:
        NodeError: No answer came.
    """
    response: httpx.Response | None = None
    body = bytearray()
    fault: str | None = None
    try:
        method, url, headers, content = request
        encoded = [(name.encode(), text.encode("utf-8", "surrogateescape")) for name, text in headers.items()]
        stream = client.stream(method, url, headers=encoded, content=content)
        async with asyncio.timeout(timeout_s), stream as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if max_bytes and len(body) > max_bytes:
                    del body[max_bytes:]
                    fault = f"the response is larger than {max_bytes} bytes"
                    break
    except TimeoutError:
        fault = f"no answer within {0 if timeout_s is None else timeout_s * 1000:g} ms"
    except Exception as error:  # noqa: BLE001 - what is below httpx raises more kinds than it says
        fault = _reason(error)
    if response is None:
        raise NodeError(f"{request.method} {_shown(request.url)}: {fault}")
    return Answer(response.status_code, response.reason_phrase, bytes(body), fault)


def _tls(*, verify: bool) -> ssl.SSLContext:
    context = client_context(verify=verify)
    if verify and not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        # Slim containers and some Pythons have no certificates of their own.
        context.load_verify_locations(certifi.where())
    return context


def _reason(error: BaseException) -> str:
    """Return what lies at the bottom of an error: httpx wraps the system's in words that say less."""
    cause: BaseException | None = error
    while cause is not None:
        error = cause
        cause = error.__cause__ or error.__context__
        if isinstance(error, BaseExceptionGroup):
            cause = error.exceptions[0]
    return str(error) or type(error).__name__


def _shown(url: str) -> str:
    """Return a URL without credentials and query, which may hold secrets."""
    try:
        parsed = httpx.URL(url)
        return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))
    except httpx.InvalidURL:
        return "a malformed URL"
