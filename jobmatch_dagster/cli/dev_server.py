"""The Dagster UI and daemon as a child of the command line.

Put here how the child is started and stopped. What it works on is the caller's surroundings.
"""

import os
import signal
import socket
import subprocess
import sys

import click

from jobmatch_dagster.cli.runtime import INBOX_VARIABLE, environment, packaged_file
from jobmatch_dagster.defs.automation.schedules import AUTOMATION_VARIABLE

_HOST = "127.0.0.1"
_STOP_SECONDS = 30


def serve(port: int, *, automation: str | None) -> None:
    """Run `dagster dev` until it ends or is interrupted; only this machine can reach it.

    Args:
        port: wanted port; a free one is taken when it is in use.
        automation: value of `JOBMATCH_AUTOMATION` for the child; None leaves it as it is.
    """
    port = port if _is_free(port) else _free_port()
    # `dg dev`, which Dagster would rather see, wants a project layout of its own.
    quiet = ["-W", "ignore:Function `dev_command` is superseded"]
    arguments = [sys.executable, *quiet, "-m", "dagster", "dev", "-w", str(packaged_file("workspace.yaml"))]
    # A process started in the background ignores the interrupt, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with environment({AUTOMATION_VARIABLE: automation} if automation else {}):
        child = subprocess.Popen([*arguments, "-h", _HOST, "-p", str(port)], start_new_session=True)
    click.echo(f"Dagster UI: http://{_HOST}:{port}   CV inbox: {os.environ[INBOX_VARIABLE]}   (Ctrl-C ends it)")
    signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    try:
        child.wait()
    except KeyboardInterrupt:
        click.echo("Stopping ...")
    finally:
        _stop(child)


def _interrupt() -> None:
    raise KeyboardInterrupt


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        # The child and its children: webserver, daemon, code servers.
        os.killpg(child.pid, signal.SIGINT)
        try:
            child.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
