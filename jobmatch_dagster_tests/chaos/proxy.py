"""A TCP proxy in front of a server, with the faults of a network."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 16_384
Address = tuple[str, int] | str


@dataclass
class Proxy:
    """Forwards connections to a server (host and port, or the path of a Unix socket).

    Attributes:
        latency_s: how long each piece waits.
        cut_after: connections are reset after so many bytes of answers; None: never.
        freeze_after: answers stop after so many bytes, and the connection stays open; None: never.
    """

    server: Address
    latency_s: float = 0.0
    cut_after: int | None = None
    freeze_after: int | None = None
    _listener: socket.socket = field(init=False)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        """Port on 127.0.0.1."""
        return int(self._listener.getsockname()[1])

    def heal(self) -> None:
        """Forward everything at once from now on; frozen connections stay frozen."""
        self.latency_s, self.cut_after, self.freeze_after = 0.0, None, None

    def run(self) -> None:
        """Accept until the end."""
        while not self._ended.is_set():
            with suppress(OSError):
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX if isinstance(self.server, str) else socket.AF_INET)
                server.connect(self.server)
                for source, target, answers in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._forward, args=(source, target, answers), daemon=True).start()

    def end(self) -> None:
        """Accept nothing more."""
        self._ended.set()
        self._listener.close()

    def _forward(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        sent = 0
        with suppress(OSError):
            while piece := source.recv(_CHUNK):
                time.sleep(self.latency_s)
                if answers and self.freeze_after is not None and sent + len(piece) > self.freeze_after:
                    return  # neither forwarded nor closed
                if answers and self.cut_after is not None and sent + len(piece) > self.cut_after:
                    break
                target.sendall(piece)
                sent += len(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(server: Address, **faults: float | int | None) -> Iterator[Proxy]:
    """A proxy that runs for the length of the block."""
    running = Proxy(server, **faults)  # type: ignore[arg-type]
    threading.Thread(target=running.run, daemon=True).start()
    try:
        yield running
    finally:
        running.end()
