"""What a run writes into Dagster's history does not grow with what it works on, and costs little beside the work."""

import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from jobmatch_dagster.db.engine import ensure_database
from jobmatch_dagster.db.urls import dagster_url
from jobmatch_dagster.defs.catalog import assets as catalog
from jobmatch_dagster.defs.enrichment import assets as enrichment
from jobmatch_dagster.defs.matching import assets as matching
from jobmatch_dagster.defs.raw import assets as raw
from jobmatch_dagster.runtime import packaged_file
from jobmatch_dagster_tests.world import HOUR, NURSE_CV, World

# The functions that do the work of an hourly run, where its assets call them.
_WORK = (
    (raw, "collect_hours"),
    (catalog, "load_pages"),
    (catalog, "embed_postings"),
    (matching, "embed_profiles"),
    (matching, "match_new_postings"),
    (enrichment, "enrich_pairs"),
)


def test_an_hour_of_many_postings_writes_as_many_events_as_one_of_few(world: World) -> None:
    """Ten postings and 120; the load test below has 1,000."""
    assert _events(world, 10) == _events(world, 120)


@pytest.mark.load
def test_an_hour_of_a_thousand_postings_writes_as_many_events_as_one_of_ten(world: World) -> None:
    few, many = _events(world, 10), _events(world, 1_000)
    print(f"events of an hourly run: {few} for 10 postings, {many} for 1,000")  # noqa: T201
    assert few == many


@pytest.mark.load
def test_dagster_costs_little_beside_the_work(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hourly run of 1,000 postings, and the part of it that is spent in the stages' own functions.

    All else counts as overhead: Dagster's events, resources, checks, numbers and pictures. Its history is kept in
    PostgreSQL, as in production, and the run is that of a worker that is up.
    """
    shutil.copy(packaged_file("dagster.yaml"), tmp_path)
    storage = dagster_url(world.variables["JOBMATCH_DATABASE_URL"])
    ensure_database(storage)
    monkeypatch.setenv("DAGSTER_DATABASE_URL", storage)
    spent: list[float] = []
    for module, name in _WORK:
        monkeypatch.setattr(module, name, _timed(getattr(module, name), spent))
    with dg.DagsterInstance.from_config(str(tmp_path)) as world.instance:
        world.take_in("ada", NURSE_CV)
        world.collect(HOUR - timedelta(hours=1))  # the model is loaded, the pictures' library too
        _forget(world)
        world.market(per_hour=1_000, since=HOUR)
        spent.clear()
        began = time.monotonic()
        world.collect()
        run = time.monotonic() - began
    assert world.scalar("SELECT count(*) FROM job_embeddings") == 1_000
    assert len(spent) == len(_WORK)
    work = sum(spent)
    print(f"run {run:.2f} s, its functions {work:.2f} s, overhead {run - work:.2f} s, {(run - work) / run:.1%}")  # noqa: T201
    assert run - work < 5
    assert run - work < 0.1 * run


def _timed(work: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **options: Any) -> Any:
        began = time.monotonic()
        try:
            return work(*arguments, **options)
        finally:
            spent.append(time.monotonic() - began)

    return timed


def _events(world: World, postings: int) -> int:
    """Events of an hourly run of so many postings, on an empty catalogue."""
    _forget(world)
    world.market(per_hour=postings, since=HOUR - timedelta(hours=3))
    result = world.collect()
    assert world.scalar("SELECT count(*) FROM jobs") == postings
    return len(world.instance.all_logs(result.run_id))


def _forget(world: World) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE job_pages, jobs, job_clusters, quarantined_records CASCADE")
