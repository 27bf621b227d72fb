"""A worker is started as `deploy/celery/compose.yaml` says, on a real broker, and stopped in the middle of a run."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml

from jobmatch_dagster_tests.support.dev_server import wait_for
from jobmatch_dagster_tests.support.servers import redis_server

_COMPOSE = Path(__file__).parents[1] / "deploy" / "celery" / "compose.yaml"
_WORKER = yaml.safe_load(_COMPOSE.read_text("utf-8"))["services"]["worker"]
_PATIENCE_SECONDS = 60
_JOB = """
import pathlib, time
import dagster as dg

@dg.op
def wait() -> None:
    folder = pathlib.Path(__file__).parent
    (folder / "began").touch()
    while not (folder / "may_end").exists():
        time.sleep(0.1)

@dg.job(executor_def=dg.in_process_executor)
def waiting() -> None:
    wait()
"""


@pytest.fixture
def broker() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture
def instance(broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """An instance that hands each run to a worker at once."""
    launcher = {"broker": broker, "backend": broker, "default_queue": "dagster"}
    config = {
        "run_launcher": {"module": "dagster_celery.launcher", "class": "CeleryRunLauncher", "config": launcher},
        "run_coordinator": {"module": "dagster.core.run_coordinator", "class": "DefaultRunCoordinator"},
        "telemetry": {"enabled": False},
    }
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(config), "utf-8")
    (tmp_path / "waiting_job.py").write_text(_JOB, "utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    for name, value in (_WORKER["environment"] | {"CELERY_BROKER": broker}).items():
        monkeypatch.setenv(name, value)
    # The programs of this environment, also where it is not activated.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    with dg.DagsterInstance.from_config(str(tmp_path)) as loaded:
        yield loaded


def _start_worker(folder: Path, *, seconds_to_end: int) -> subprocess.Popen[bytes]:
    command = _WORKER["command"].replace("$$", "$").replace("timeout=60", f"timeout={seconds_to_end}")
    assert f"timeout={seconds_to_end}" in command
    log = (folder / "worker.log").open("wb")
    return subprocess.Popen(shlex.split(command), cwd=folder, stdout=log, stderr=log)


@pytest.mark.parametrize(("finishes", "status"), [(True, "SUCCESS"), (False, "FAILURE")])
def test_a_stopped_worker_ends_its_run(
    finishes: bool, status: str, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    """No run stays STARTED: it ends in the time that it has, or it fails."""
    worker = _start_worker(tmp_path, seconds_to_end=30 if finishes else 2)
    try:
        launch = ["dagster", "job", "launch", "-f", str(tmp_path / "waiting_job.py"), "-j", "waiting"]
        subprocess.run(launch, cwd=tmp_path, check=True, capture_output=True, timeout=_PATIENCE_SECONDS)
        wait_for(lambda: (tmp_path / "began").exists() or None, seconds=_PATIENCE_SECONDS, what="the run began")
        worker.send_signal(signal.SIGTERM)
        if finishes:
            (tmp_path / "may_end").touch()
        assert worker.wait(_PATIENCE_SECONDS) == 0
        (run,) = instance.get_runs()
        assert run.status.value == status
    finally:
        worker.kill()
