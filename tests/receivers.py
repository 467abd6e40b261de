"""Real receivers of messages: an HTTP server that answers as it is told, and a mail server with TLS and passwords."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

HANG, CLOSE = "hang", "close"
"""Besides status codes: what the HTTP server can be told to do."""


class Web:
    """`answers` are used up one a request, then it is 200; `bodies` and `headers` are what came."""

    def __init__(self) -> None:
        self.answers: list[int | str] = []
        self.bodies: list[Any] = []
        self.raw: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.released = threading.Event()
        self.lock = threading.Lock()
        self.url = ""

    @property
    def titles(self) -> list[str]:
        return [body.get("title") or body["blocks"][0]["text"]["text"] for body in self.bodies]


@contextmanager
def web() -> Iterator[Web]:
    state = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            with state.lock:
                answer = state.answers.pop(0) if state.answers else 200
                state.paths.append(self.path)
                state.headers.append(dict(self.headers))
                state.raw.append(content)
                if answer in (200, HANG, CLOSE):
                    state.bodies.append(json.loads(content))
            if answer == HANG:
                state.released.wait(60)
            elif answer == CLOSE:
                self.connection.shutdown(socket.SHUT_RDWR)
            else:
                self.send_response(int(answer))
                if answer == 302:
                    self.send_header("Location", f"{state.url}/elsewhere")
                self.end_headers()
                self.wfile.write(b"ok" if answer == 200 else b"not like this")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()


class Post:
    """A mail server for ada:right; `mails` are what it took, with who they were for; `answers` refuse."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.answers: list[str] = []
        self.port = 0
        self.ca: Path

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answers:
            return self.answers.pop(0)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos, mail))
        return "250 taken"

    @property
    def titles(self) -> list[str]:
        return [str(mail["Subject"]) for _, mail in self.mails]

    @property
    def channel(self) -> str:
        """For luthier.toml; the password is `right-horse`."""
        to, password = '["ada@example.org"]', 'password_env = "MAIL_PASSWORD"'
        head = f'[channels.mail]\nkind = "email"\nhost = "localhost"\nport = {self.port}'
        return f'{head}\nsender = "luthier@example.org"\nto = {to}\nuser = "ada"\n{password}\n'


@contextmanager
def post(folder: Path, security: str = "starttls", host: str = "localhost") -> Iterator[Post]:
    """`security`: starttls, tls, or none. The certificate is for `host`, signed by the authority in `ca`."""
    state, authority = Post(), trustme.CA()
    state.ca = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(state.ca))
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    options: dict[str, Any] = {"authenticator": _password, "auth_required": security != "none"}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if security == "tls":
        options |= {"ssl_context": context, "auth_require_tls": False}
    controller = Controller(state, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    state.port = controller.port
    try:
        yield state
    finally:
        controller.stop()


def _password(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"ada", b"right-horse")
    return AuthResult(success=right, handled=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
