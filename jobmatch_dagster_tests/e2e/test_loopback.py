"""`jobmatch dev` can be reached from this machine alone: Dagster's server has no login."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from jobmatch_dagster_tests.support.graphql import wait_for
from jobmatch_dagster_tests.support.world import World

pytestmark = pytest.mark.e2e

_LISTENING = "0A"
_CLI = [sys.executable, "-c", "from jobmatch_dagster.cli.main import main; main()"]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
def test_the_ui_listens_on_loopback_alone(world: World, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "home").mkdir(exist_ok=True)
    log = tmp_path / "dev.log"
    with log.open("w") as stream:
        child = subprocess.Popen(
            [*_CLI, "dev", "--port", str(port)],
            env={**os.environ, **world.variables},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(lambda: _answers(f"http://127.0.0.1:{port}/server_info"), seconds=180, what=f"the UI, see {log}")
            assert _addresses(port) == {"127.0.0.1"}
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(timeout=90)
    assert not _addresses(port), "nothing is left behind"


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def _addresses(port: int) -> set[str]:
    """Addresses that anything listens on at this port."""
    found = set()
    for file in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]:
            _, local, _, state = line.split()[:4]
            address, number = local.split(":")
            if state == _LISTENING and int(number, 16) == port:
                quads = [int(address[n : n + 2], 16) for n in range(0, 8, 2)]
                found.add(".".join(map(str, reversed(quads))) if file == "tcp" else f"IPv6 {address}")
    return found
