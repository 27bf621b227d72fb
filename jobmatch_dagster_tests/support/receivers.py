"""Receivers of digests: a web server and a mail server on this machine, which remember what came and can be broken."""

import email
import email.policy
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass
class Hook:
    """A web server; `status` is its answer, and (path, idempotency key, JSON) what came with a status of success."""

    url: str = ""
    status: int = 204
    requests: int = 0
    received: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


@dataclass
class MailServer:
    """A mail server without TLS; `is_broken` lets it greet nobody, `refused` are recipients that it does not know."""

    port: int = 0
    is_broken: bool = False
    refused: set[str] = field(default_factory=set)
    sessions: int = 0
    received: list[tuple[str, EmailMessage, bytes]] = field(default_factory=list)


@contextmanager
def web_server() -> Iterator[Hook]:
    """A running web server."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.requests += 1
            if 200 <= hook.status < 300:
                hook.received.append((self.path, self.headers.get("Idempotency-Key", ""), json.loads(body)))
            self.send_response(hook.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hook.url = f"http://127.0.0.1:{server.server_port}"
        yield hook
        server.shutdown()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A running mail server."""
    mails = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            mails.sessions += 1
            if mails.is_broken:
                self._say("421 not now")
                return
            self._say("220 here")
            recipient = ""
            while line := self.rfile.readline().decode().strip():
                verb = line[:4].upper()
                if verb == "RCPT":
                    recipient = line.partition("<")[2].partition(">")[0]
                    self._say("550 who?" if recipient in mails.refused else "250 yes")
                elif verb == "DATA":
                    self._say("354 go on")
                    content = b"".join(iter(self.rfile.readline, b".\r\n"))
                    parsed = email.message_from_bytes(content, policy=email.policy.default)
                    mails.received.append((recipient, cast("EmailMessage", parsed), content))
                    self._say("250 thanks")
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 yes")

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        mails.port = server.server_address[1]
        yield mails
        server.shutdown()
