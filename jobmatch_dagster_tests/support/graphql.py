"""A real `dagster dev` as a child, driven over GraphQL."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

_ROOT = Path(__file__).resolve().parents[2]
_LOCATION = {"repositoryName": "__repository__", "repositoryLocationName": "jobmatch_dagster"}
T = TypeVar("T")


@dataclass
class Dagster:
    """A running webserver and daemon."""

    url: str
    log: Path

    def query(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL answer."""
        answer = requests.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=30)
        content = answer.json()
        assert "errors" not in content, content["errors"]
        data: dict[str, Any] = content["data"]
        return data

    def launch(self, job_name: str, tags: dict[str, str]) -> str:
        """Launch a run of a job; gives its id."""
        data = self.query(
            """
            mutation Launch($params: ExecutionParams!) {
              launchRun(executionParams: $params) {
                __typename
                ... on LaunchRunSuccess { run { runId } }
                ... on PythonError { message }
              }
            }
            """,
            params={
                "selector": {**_LOCATION, "jobName": job_name},
                "runConfigData": {},
                "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
            },
        )["launchRun"]
        assert data["__typename"] == "LaunchRunSuccess", data
        return str(data["run"]["runId"])

    def status(self, run_id: str) -> str:
        """Status of a run."""
        query = "query Run($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
        return str(self.query(query, id=run_id)["runOrError"]["status"])

    def runs(self) -> list[dict[str, Any]]:
        """All runs: job, status, tags."""
        data = self.query("{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }")[
            "runsOrError"
        ]["results"]
        return list(data)

    def start_sensor(self, name: str) -> None:
        """Turn a sensor on."""
        data = self.query(
            "mutation Start($s: SensorSelector!) { startSensor(sensorSelector: $s) { __typename } }",
            s={**_LOCATION, "sensorName": name},
        )
        assert data["startSensor"]["__typename"] == "Sensor", data


@contextmanager
def stand_up_dagster(variables: dict[str, str], folder: Path) -> Iterator[Dagster]:
    """`dagster dev -w workspace.yaml` on loopback, with the project's own dagster.yaml, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "dagster.log"
    with log.open("w") as stream:
        child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dagster",
                "dev",
                "-w",
                str(_ROOT / "workspace.yaml"),
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
            ],
            env={**os.environ, **variables},
            cwd=_ROOT,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            dagster = Dagster(f"http://127.0.0.1:{port}", log)
            wait_for(lambda: _is_loaded(dagster, child), seconds=120, what=f"the code location, see {log}")
            yield dagster
        finally:
            # The whole session: webserver, daemon and code servers are children of this child.
            os.killpg(child.pid, signal.SIGINT)
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def wait_for(look: Callable[[], T | None], *, seconds: float, what: str) -> T:
    """Look until there is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what} did not come within {seconds} s")


def _is_loaded(dagster: Dagster, child: subprocess.Popen[bytes]) -> bool:
    assert child.poll() is None, dagster.log.read_text()[-3000:]
    query = (
        "{ workspaceOrError { ... on Workspace { locationEntries { loadStatus "
        "locationOrLoadError { __typename } } } } }"
    )
    try:
        entries = dagster.query(query)["workspaceOrError"]["locationEntries"]
    except (requests.RequestException, ValueError):
        return False
    return [entry["locationOrLoadError"]["__typename"] for entry in entries if entry["locationOrLoadError"]] == [
        "RepositoryLocation"
    ]
