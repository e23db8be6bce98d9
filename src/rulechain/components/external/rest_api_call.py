"""`restApiCall`: asks an HTTP service."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rulechain.api import ComponentSpec, NodeBuild, NodeFunction, Outcome, Resource, setting
from rulechain.components.extras import has_extra
from rulechain.components.payload import payload_bytes, payload_of
from rulechain.components.templates import compile_template_setting
from rulechain.diagnostics import Code, Diagnostic, Severity
from rulechain.diagnostics.errors import NodeError
from rulechain.model import FAILURE, SUCCESS, Message
from rulechain.values import StringMap

if TYPE_CHECKING:
    from httpx import AsyncClient

    from rulechain.components.external.http_exchange import Answer

_EVENT_STREAM = "text/event-stream"
_PROXY_SCHEMES = ("http", "https", "socks5")


@dataclass(frozen=True, slots=True)
class RestApiCallSettings:
    """Settings of `restApiCall`."""

    rest_endpoint_url_pattern: str = setting("", description="The URL.", required=True, format="template")
    request_method: str = setting("POST", description="The method, in any case; blank means GET.")
    without_request_body: bool = setting(False, description="Whether nothing is sent as body.")  # noqa: FBT003
    headers: dict[str, str] = setting(
        factory=lambda: {"Content-Type": "application/json"},
        description="The request's headers; names and values may be templates.",
        format="template",
    )
    body: str = setting("", description="What is sent; blank means the payload.", format="template")
    read_timeout_ms: int = setting(
        2000, minimum=0, description="The longest that a whole exchange may take, in milliseconds; 0 means no limit."
    )
    insecure_skip_verify: bool = setting(
        False,  # noqa: FBT003
        description="Whether the server's certificate and name are left unchecked.",
    )
    max_parallel_requests_count: int = setting(
        2000, minimum=0, description="The most requests at the same time, others wait; 0 means no limit."
    )
    success_status: str = setting(
        "2xx", choices=("2xx", "200"), description="Which statuses are a success: any from 200 to 299, or 200 alone."
    )
    max_response_bytes: int = setting(
        16 * 1024 * 1024, minimum=0, description="The longest body that is accepted, in bytes; 0 means no limit."
    )
    enable_proxy: bool = setting(False, description="Whether a proxy is used.")  # noqa: FBT003
    use_system_proxy_properties: bool = setting(
        False,  # noqa: FBT003
        description="Whether the proxy is that of the environment variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY.",
    )
    proxy_scheme: str = setting("", description="How the proxy is spoken to: http, https or socks5; blank means http.")
    proxy_host: str = setting("", description="The proxy's host.")
    proxy_port: int = setting(0, minimum=0, description="The proxy's port.")
    proxy_user: str = setting("", description="The user at the proxy.")
    proxy_password: str = setting("", description="The user's password.", format="secret")


def _build(settings: RestApiCallSettings, node: NodeBuild) -> NodeFunction:
    if not has_extra(node, "httpx", extra="http", needed_for="restApiCall"):
        return _unreachable
    _check_proxy(settings, node)
    url = compile_template_setting(settings.rest_endpoint_url_pattern, node, "restEndpointUrlPattern").text
    headers = tuple(
        (
            compile_template_setting(name, node, "headers", name).text,
            compile_template_setting(text, node, "headers", name).text,
        )
        for name, text in settings.headers.items()
    )
    body = compile_template_setting(settings.body, node, "body").text if settings.body.strip() else None
    method = settings.request_method.strip().upper() or "GET"
    timeout_s = settings.read_timeout_ms / 1000 or None
    wants_events = any(
        name.strip().lower() in ("accept", "content-type") and text.strip().lower().startswith(_EVENT_STREAM)
        for name, text in settings.headers.items()
    )
    client = _client(settings, node)

    async def run(message: Message) -> Sequence[Outcome]:
        from rulechain.components.external.http_exchange import Request, exchange  # noqa: PLC0415 - optional

        content = (
            None if settings.without_request_body else payload_bytes(message.data if body is None else body(message))
        )
        request = Request(
            method, url(message).strip(), {name(message): text(message) for name, text in headers}, content
        )
        try:
            async with client.use() as http:
                answer = await exchange(http, request, timeout_s=timeout_s, max_bytes=settings.max_response_bytes)
        except NodeError as error:
            return [Outcome(FAILURE, message.with_metadata("errorBody", str(error)), error=str(error))]
        return _outcomes(message, answer, settings, wants_events=wants_events)

    return run


def _outcomes(
    message: Message, answer: "Answer", settings: RestApiCallSettings, *, wants_events: bool
) -> list[Outcome]:
    facts = {"status": f"{answer.status} {answer.reason}".strip(), "statusCode": str(answer.status)}
    is_success = 200 <= answer.status < 300 if settings.success_status == "2xx" else answer.status == 200
    told = message.replace(metadata=StringMap({**message.metadata, **facts}))
    if not is_success:
        failed = told.with_metadata("errorBody", answer.text)
        return [Outcome(FAILURE, failed, error=answer.text.strip() or facts["status"])]
    failures = []
    if answer.fault is not None:
        failures = [Outcome(FAILURE, told.with_metadata("errorBody", answer.fault), error=answer.fault)]
    if wants_events:
        fields = _event_fields(answer.text, whole=answer.fault is None)
        events = [told.with_metadata("eventType", name).replace(data=data) for name, data in fields]
        return [Outcome(SUCCESS, event) for event in events] + failures
    return failures or [Outcome(SUCCESS, told.replace(data=payload_of(answer.body)))]


def _event_fields(text: str, *, whole: bool) -> list[tuple[str, str]]:
    """Return the fields of an event stream, one for each line; comments have no name."""
    lines = text.split("\n")
    if not whole:
        del lines[-1]
    fields = (line.partition(":") for line in lines)
    return [(name.strip(), data.strip()) for name, colon, data in fields if colon and name.strip()]


def _client(settings: RestApiCallSettings, node: NodeBuild) -> "Resource[AsyncClient]":
    async def open_client() -> "AsyncClient":
        from rulechain.components.external import http_exchange  # noqa: PLC0415 - optional

        return http_exchange.open_client(**_connection_facts(settings))

    async def close_client(client: "AsyncClient") -> None:
        await client.aclose()

    client = Resource(open_client, close_client)
    node.on_close(client.close)
    return client


def _connection_facts(settings: RestApiCallSettings) -> dict[str, Any]:
    proxy = ""
    if settings.enable_proxy and not settings.use_system_proxy_properties and settings.proxy_host:
        port = f":{settings.proxy_port}" if settings.proxy_port else ""
        proxy = f"{settings.proxy_scheme.strip() or 'http'}://{settings.proxy_host}{port}"
    return {
        "verify": not settings.insecure_skip_verify,
        "max_connections": settings.max_parallel_requests_count or None,
        "proxy": proxy,
        "proxy_auth": (settings.proxy_user, settings.proxy_password) if settings.proxy_user else None,
        "uses_system_proxy": settings.enable_proxy and settings.use_system_proxy_properties,
    }


def _check_proxy(settings: RestApiCallSettings, node: NodeBuild) -> None:
    if not settings.enable_proxy or settings.use_system_proxy_properties:
        return
    scheme = settings.proxy_scheme.strip()
    if scheme and scheme not in _PROXY_SCHEMES:
        message = f'"proxyScheme" is "{scheme}", expected one of {", ".join(_PROXY_SCHEMES)}'
        node.report(Diagnostic(Code.BAD_SETTING, message, node.location("proxyScheme")))
    if not settings.proxy_host.strip():
        message = '"enableProxy" is set without "proxyHost", so no proxy is used'
        node.report(Diagnostic(Code.MISSING_SETTING, message, node.location("enableProxy"), Severity.WARNING))


def _unreachable(message: Message) -> Outcome:
    return Outcome(FAILURE, message)


SPEC = ComponentSpec(
    type="restApiCall",
    category="external",
    summary="Calls an HTTP service",
    description=(
        "The answer's body becomes the payload; metadata says status, such as 200 OK, and statusCode. Failure for any "
        "other status, with the body as errorBody and the payload unchanged, and where no whole answer comes in time. "
        "Redirects are followed. With a header Accept or Content-Type of text/event-stream, each line of the answer "
        "is an emission of its own: data is its value, the metadata key eventType its name; they leave when the "
        "stream has ended. Certificates are checked against those of the system and of Mozilla, or those that the "
        "environment variable SSL_CERT_FILE names."
    ),
    build=_build,
    settings=RestApiCallSettings,
    suspends=True,
    example={
        "restEndpointUrlPattern": "http://127.0.0.1:18080/devices/${metadata.deviceId}",
        "requestMethod": "PUT",
        "headers": {"Content-Type": "application/json", "Authorization": "Bearer ${global.token}"},
        "readTimeoutMs": 5000,
    },
)
