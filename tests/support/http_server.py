"""A local HTTP server that remembers what it was asked, and answers as a test says."""

import contextlib
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme


@dataclass
class Answer:
    """What the server says to a path."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict = field(default_factory=dict)
    # Waited for before the last byte is sent.
    gate: threading.Event | None = None
    # Announced instead of the body's own length: the connection then ends too early.
    length: int | None = None


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict
    body: bytes
    client: tuple


class HttpServer:
    """`answers[path]` is what a path gives; `asked` lists the requests, `closed` the connections that it has ended."""

    def __init__(self, tls=None):
        self.answers = {}
        self.asked = []
        self.closed = []
        self._server = self._listening()
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _listening(server):  # noqa: N805 - the listener is the one that has a self
        class Listener(ThreadingHTTPServer):
            def shutdown_request(self, request):
                super().shutdown_request(request)
                server.closed.append(request)

        return Listener(("127.0.0.1", 0), server._handler())

    def _handler(server):  # noqa: N805 - the handler is the one that has a self
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.partition("?")[0]
                server.asked.append(Asked(self.command, self.path, dict(self.headers), body, self.client_address))
                answer = server.answers.get(path, Answer())
                self.send_response(answer.status)
                for name, text in answer.headers.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
                self.end_headers()
                self.wfile.write(answer.body[:-1])
                self.wfile.flush()
                if answer.gate is not None:
                    answer.gate.wait(10)
                self.wfile.write(answer.body[-1:])
                self.close_connection = answer.length is not None

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815 - the base class's names

            def log_message(self, *_):
                """Keep quiet."""

        return Handler


@contextlib.contextmanager
def tls_server(directory):
    """A server with a certificate that nobody trusts, and the file of the authority that made it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority_file = directory / "authority.pem"
    authority.cert_pem.write_to_path(authority_file)
    with HttpServer(context) as server:
        yield server, authority_file
