"""The Dagster UI and daemon as a child process: how it is started and stopped."""

import os
import signal
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path

import click

from jobmatch_dagster.db.connection.engine import packaged_path
from jobmatch_dagster.environment import environment
from jobmatch_dagster.settings import Automation

_HOST = "127.0.0.1"
_STOP_SECONDS = 30


def serve(port: int, inbox: Path, *, automation: Automation | None, first_day: date | None = None) -> None:
    """Run `dagster dev` until it ends or is interrupted; only this machine can reach it.

    Args:
        port: port of the UI; another one is chosen when it is in use.
        inbox: folder of the inbox, to be printed.
        automation: value of `JOBMATCH_AUTOMATION` for the child; None leaves it as it is.
        first_day: likewise of `JOBMATCH_FIRST_DAY`.
    """
    port = port if _is_free(port) else _free_port()
    # `dg dev`, its successor, needs another project layout.
    quiet = ["-W", "ignore:Function `dev_command` is superseded"]
    arguments = [sys.executable, *quiet, "-m", "dagster", "dev", "-w", str(packaged_path("workspace.yaml"))]
    # A process started in the background ignores the interrupt, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    given = {"JOBMATCH_AUTOMATION": automation, "JOBMATCH_FIRST_DAY": first_day and first_day.isoformat()}
    with environment({name: value for name, value in given.items() if value}):
        child = subprocess.Popen([*arguments, "-h", _HOST, "-p", str(port)], start_new_session=True)
    click.echo(f"Dagster UI: http://{_HOST}:{port}   CV inbox: {inbox}   (Ctrl-C stops it)")
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
