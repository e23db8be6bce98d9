"""How connections to services are encrypted."""

import ssl


def client_context(*, verify: bool) -> ssl.SSLContext:
    """Return how a client talks TLS; without `verify` it takes any certificate, of whatever host."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
