"""A month of hours with random deaths: the tables are those of a month without, no larger, and no hour gets slower."""

import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.server import ActiveJobsServer, GeneratedCorpus
from jobmatch_dagster_tests.chaos.checker import Rows, all_rows, differences
from jobmatch_dagster_tests.chaos.night import hour_of_work, points_of
from jobmatch_dagster_tests.chaos.stage import Stage
from jobmatch_dagster_tests.chaos.table import note
from jobmatch_dagster_tests.support.databases import fresh_database
from jobmatch_dagster_tests.support.world import HOUR, NOW

_HOURS = int(os.environ.get("CHAOS_HOURS", "720"))
_H = timedelta(hours=1)
_DEATHS_OF_100 = 25
# More than an hour's points, so that some deaths do not happen.
_POINTS = 150
_LARGER_AT_MOST, _SLOWER_AT_MOST = 1.3, 2.0


class _Killed(BaseException):
    """The end of a process, which no code may catch."""


@pytest.mark.chaos
def test_a_month_with_deaths_is_as_one_without(stage: Stage, record_property: Any) -> None:
    expected, size, _, _ = _month(stage, deaths=None)
    found, larger, seconds, deaths = _month(stage, deaths=random.Random(720))  # noqa: S311 (can be repeated)
    larger /= size
    wrong = differences(expected, found)
    assert not wrong, "\n".join(wrong)
    assert deaths > _HOURS * _DEATHS_OF_100 / 100 / 2
    assert larger < _LARGER_AT_MOST
    first, last = (statistics.median(part) for part in (seconds[20:120], seconds[-100:]))
    assert last < first * _SLOWER_AT_MOST
    said = (
        f"{deaths} deaths, all tables the same, {larger:.2f} times the size, the last hours {last / first:.2f} as long"
    )
    note(record_property, "deaths at random", f"{_HOURS} hours", said)


def _month(stage: Stage, deaths: random.Random | None) -> tuple[Rows, float, list[float], int]:
    """Work hour by hour; a dead hour is completed by the next one. Gives rows, bytes, seconds of each hour, deaths."""
    seconds, died = [], 0
    template = stage.before["ask"].template
    with fresh_database(stage.server_url, template=template) as url, _served() as server:
        database = Database(url)
        for number in range(1, _HOURS + 1):
            now = NOW + number * _H
            server.now = lambda moment=now: moment  # type: ignore[misc]
            dies_at = deaths.randrange(_POINTS) if deaths and deaths.randrange(100) < _DEATHS_OF_100 else None
            started = time.monotonic()
            died += _hour(database, server.url, now, dies_at)
            seconds.append(time.monotonic() - started)
        _hour(database, server.url, now, None)
        rows, size = all_rows(database), _size(database)
        database.dispose()
    # A dead hour is fetched with the next one from another feed, so that its pages are others.
    rows.pop("job_pages")
    return rows, size, seconds, died


def _hour(database: Database, url: str, now: datetime, dies_at: int | None) -> bool:
    left = [dies_at]

    def reach(_name: str) -> None:
        if left[0] is not None:
            left[0] -= 1
            if left[0] < 0:
                left[0] = None
                raise _Killed

    with suppress(_Killed), points_of(database.engine, reach):
        hour_of_work(database, url, now)
        return False
    return True


@contextmanager
def _served() -> Iterator[ActiveJobsServer]:
    with ActiveJobsServer(GeneratedCorpus(per_hour=3, since=HOUR + _H), now=lambda: NOW) as server:
        yield server


def _size(database: Database) -> int:
    with database.begin() as connection:
        return int(connection.scalar(text("SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r'")))
