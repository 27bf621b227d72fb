"""`jobmatch dev` as a child process, driven over GraphQL: a real webserver, daemon and code location."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

from jobmatch_dagster_tests.support.ports import free_port

_LOCATION = {"repositoryName": "__repository__", "repositoryLocationName": "jobmatch_dagster"}
T = TypeVar("T")


@dataclass
class Dagster:
    """A running webserver and daemon."""

    url: str
    port: int
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
def dev_server(variables: Mapping[str, str], folder: Path) -> Iterator[Dagster]:
    """`jobmatch dev` on a free port until the block ends. Afterwards nothing may listen there any more."""
    port, log = free_port(), folder / "dev.log"
    with log.open("w") as stream:
        child = subprocess.Popen(
            [sys.executable, "-c", "from jobmatch_dagster.cli.main import main; main()", "dev", "--port", str(port)],
            env={**os.environ, **variables},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            dagster = Dagster(f"http://127.0.0.1:{port}", port, log)
            wait_for(lambda: _is_loaded(dagster, child), seconds=180, what=f"the code location, see {log}")
            yield dagster
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(timeout=90)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0, "something still listens: `jobmatch dev` left a child behind"


def wait_for(look: Callable[[], T | None], *, seconds: float, what: str) -> T:
    """Ask again and again until there is an answer."""
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
