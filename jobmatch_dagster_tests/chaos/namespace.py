"""A network namespace with one cable to this machine, so that packets can be dropped."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jobmatch_dagster_tests.chaos.postgres import Server

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_PORT = 5432


@dataclass(frozen=True)
class Network:
    """A namespace, and the address of the server as seen from it."""

    name: str
    host: str
    port: int

    def drop(self) -> None:
        """Let no packet pass any more; connections stay open on both sides."""
        _ip("link", "set", f"{self.name}a", "down")


@contextmanager
def network_of_its_own(server: "Server") -> Iterator[Network]:
    """A namespace from which the server can be reached over TCP. Skips the test where none can be made."""
    name = f"chaos{os.getpid() % 10_000}"
    try:
        _ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no network namespace can be made here")
    network = Network(name, "10.77.0.1", _PORT)
    try:
        _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
        _ip("addr", "add", f"{network.host}/24", "dev", f"{name}a")
        _ip("link", "set", f"{name}a", "up")
        _ip("-n", name, "addr", "add", "10.77.0.2/24", "dev", f"{name}b")
        _ip("-n", name, "link", "set", f"{name}b", "up")
        with (server.data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write("host all all 10.77.0.0/24 trust\n")
        server.stop("fast")
        server.start(listen=network.host)
        yield network
    finally:
        server.stop("fast")
        server.start()
        _ip("netns", "del", name)


def enter_namespace(name: str) -> None:
    """Let this process work in a namespace from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/run/netns", name).open("rb") as entrance:
        if libc.setns(entrance.fileno(), _NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
