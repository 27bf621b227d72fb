"""`jobmatch collect --interval`: no hour is left out, none is paid for twice, and an interrupt ends it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from jobmatch_dagster.cli.collect_rounds import collect_rounds
from jobmatch_dagster.cli.runs import RunFailedError, hour_range, run_job
from jobmatch_dagster.demo.server import Fault
from jobmatch_dagster.environment import environment
from jobmatch_dagster_tests.support.world import HOUR, NOW, World

_H = timedelta(hours=1)
# Longer than a run waits for: it ends, and the next round asks again.
_BUSY = Fault(status=429, body=b"too many requests", headers={"Retry-After": "3600"})
# As from a terminal: a test that runs in the background of a shell is started with interrupts ignored.
_PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from jobmatch_dagster.cli.main import main; main()"
)


class _EnoughError(Exception):
    """Ends the rounds of a test."""


def test_rounds_lose_no_hour_and_pay_for_none_twice(world: World) -> None:
    world.market(per_hour=12, since=HOUR - _H)
    asked: list[tuple[datetime, datetime]] = []
    reported: list[str] = []
    # Two rounds in one hour, one that the API refuses, one whose hours are two.
    times = iter((NOW, NOW + 30 * timedelta(minutes=1), NOW + _H, NOW + 2 * _H))
    moment = NOW
    world.server.now = lambda: moment

    def now() -> datetime:
        nonlocal moment
        moment = next(times)
        if moment == NOW + _H:
            world.server.add_faults(_BUSY)
        return moment

    def collect(first: datetime, last: datetime) -> None:
        asked.append((first, last))
        with environment({"JOBMATCH_CLOCK": moment.isoformat()}):
            run_job(world.defs, world.instance, "hourly_collection", tags=hour_range(first, last))

    def pause() -> None:
        if moment == NOW + 2 * _H:
            raise _EnoughError

    with pytest.raises(_EnoughError):
        collect_rounds(collect, now=now, pause=pause, report=lambda error: reported.append(str(error)))
    assert asked == [(HOUR, HOUR), (HOUR, HOUR), (HOUR + _H, HOUR + _H), (HOUR + _H, HOUR + 2 * _H)]
    assert len(reported) == 1
    assert "429" in reported[0]
    hours = "SELECT count(*) FROM jobs WHERE date_created >= :first GROUP BY collection_hour ORDER BY collection_hour"
    with world.database.begin() as connection:
        counts = connection.exec_driver_sql(hours.replace(":first", "%s"), (HOUR,)).scalars().all()
    assert counts == [12, 12, 12]


def test_command_collects_until_it_is_interrupted(world: World) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "collect", "--interval", "1"],
        env={**os.environ, **world.variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        try:
            said = next(_lines(child))
            assert said.startswith("2026-11-20-07:00 collected: 12 open postings"), said
            assert child.poll() is None, "it waits for the next round"
            child.send_signal(signal.SIGINT)
            _, errors = child.communicate(timeout=30)
        finally:
            child.kill()
    assert "Traceback" not in errors
    assert world.scalar("SELECT count(*) FROM jobs") == 12
    assert world.server.credits_used == 12


def _lines(child: subprocess.Popen[str]) -> Iterator[str]:
    assert child.stdout is not None
    yield from child.stdout
    raise AssertionError(child.stderr.read() if child.stderr else "no line")


def test_failure_of_a_single_round_is_raised() -> None:
    def collect(first: datetime, last: datetime) -> None:
        raise RunFailedError("no luck")

    reported: list[RunFailedError] = []
    with pytest.raises(RunFailedError, match="no luck"):
        collect_rounds(collect, now=lambda: NOW, report=reported.append)
    assert not reported
