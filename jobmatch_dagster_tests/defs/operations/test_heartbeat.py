"""The heartbeat: a monitor outside hears of each good hour once, of no failed one, and its faults touch no run."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dagster as dg
import pytest

from jobmatch_dagster.cli.runs import RunFailedError
from jobmatch_dagster.defs.operations import heartbeat
from jobmatch_dagster.resources import heartbeat as client
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster_tests.support.world import HOUR, World

_TOKEN = "token-4711"


@dataclass
class Monitor:
    """A server on loopback that stores what it was asked, and answers with these statuses in turn, then 200."""

    url: str
    asked: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Monitor]:
    """The monitor that the environment names."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append(f"{self.command} {self.path}")
            self.send_response(here.statuses.pop(0) if here.statuses else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        here = Monitor(f"http://127.0.0.1:{server.server_port}/{_TOKEN}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("JOBMATCH_HEARTBEAT_URL", here.url)
        monkeypatch.setattr(client, "_PAUSE_SECONDS", 0)
        yield here
        server.shutdown()


@dataclass
class Daemon:
    """Ticks of the sensor one after another, with its cursor."""

    world: World
    cursor: str | None = None

    def tick(self) -> str:
        """The reason that the tick gives."""
        sensor = self.world.defs.resolve_sensor_def("heartbeat_sensor")
        with dg.build_sensor_context(instance=self.world.instance, cursor=self.cursor) as context:
            result = sensor(context)
        assert isinstance(result, dg.SensorResult)
        assert not result.run_requests
        self.cursor = result.cursor
        reason = result.skip_reason
        return (reason.skip_message if isinstance(reason, dg.SkipReason) else reason) or ""


def _at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(heartbeat, "wall_time", lambda: moment)


def test_a_good_hour_is_sent_once(world: World, monitor: Monitor) -> None:
    daemon = Daemon(world)
    assert daemon.tick() == "No run of hourly_collection succeeded in the last hour."
    world.collect()
    assert daemon.tick().endswith("was sent now.")
    assert daemon.tick().endswith("was sent.")
    assert monitor.asked == [f"GET /{_TOKEN}"]


def test_a_catch_up_of_hours_is_one_ping(world: World, monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = Daemon(world)
    ends = iter(wall_time().replace(minute=10) + timedelta(minutes=minutes) for minutes in (0, 20, 49, 60))
    monkeypatch.setattr(heartbeat, "newest_success", lambda *_, **__: next(ends))
    said = [daemon.tick() for _ in range(4)]
    assert [reason.endswith("now.") for reason in said] == [True, False, False, True]
    assert len(monitor.asked) == 2


def test_a_failed_hour_is_not_sent(world: World, monitor: Monitor) -> None:
    daemon = Daemon(world)
    world.server.plan.jobs = 0
    with pytest.raises(RunFailedError):
        world.collect()
    assert daemon.tick() == "No run of hourly_collection succeeded in the last hour."
    assert monitor.asked == []
    # The same hour again, with credits: it is good now.
    world.server.plan.jobs = 1_000
    world.collect()
    assert daemon.tick().endswith("was sent now.")


def test_another_job_and_an_old_success_are_not_sent(
    world: World, monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = Daemon(world)
    world.upkeep("2026-11-19")
    assert "No run" in daemon.tick()
    world.collect()
    _at(monkeypatch, wall_time() + timedelta(hours=1, minutes=1))
    assert "No run" in daemon.tick()
    assert monitor.asked == []


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refused_ping_is_sent_by_the_next_tick(world: World, monitor: Monitor, status: int) -> None:
    daemon = Daemon(world)
    world.collect(HOUR)
    monitor.statuses = [status, status]
    assert daemon.tick() == f"The heartbeat was not accepted: HTTP status {status}."
    assert monitor.asked == [f"GET /{_TOKEN}"] * 2, "one retry, and no redirect is followed"
    assert daemon.tick().endswith("was sent now.")


def test_a_ping_that_fails_once_is_retried_at_once(monitor: Monitor) -> None:
    monitor.statuses = [503]
    assert client.ping_heartbeat() is None
    assert len(monitor.asked) == 2


@pytest.mark.parametrize(
    ("address", "problem"),
    [("http://127.0.0.1:9", "ConnectionError"), ("silent", "ReadTimeout"), ("https://" + "a" * 64 + ".example", "")],
)
def test_a_dead_monitor_is_a_warning_without_its_token(
    world: World, monitor: Monitor, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], address: str,
    problem: str,
) -> None:  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as silent:
        if address == "silent":
            address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr(client, "_TIMEOUT_SECONDS", 0.2)
        monkeypatch.setenv("JOBMATCH_HEARTBEAT_URL", f"{address}/{_TOKEN}")
        assert world.collect().success
        said = Daemon(world).tick()
    assert said.startswith(f"The heartbeat was not accepted: {problem}")
    printed = "".join(capfd.readouterr())
    assert f"WARNING - {said[:-1]}" in printed
    assert _TOKEN not in said + printed
    assert monitor.asked == []


def test_without_an_address_nothing_is_sent(world: World, monitor: Monitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBMATCH_HEARTBEAT_URL")
    world.collect()
    assert Daemon(world).tick() == "JOBMATCH_HEARTBEAT_URL is not set."
    assert monitor.asked == []
