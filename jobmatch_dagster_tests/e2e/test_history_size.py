"""What a run writes into Dagster's history does not grow with what it works on, and costs little beside the work."""

import inspect
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from jobmatch_dagster.build import build_defs, default_resources
from jobmatch_dagster.db.connection.engine import ensure_database, packaged_path
from jobmatch_dagster.db.connection.urls import dagster_url
from jobmatch_dagster.defs.catalog import assets as catalog
from jobmatch_dagster.defs.enrichment import assets as enrichment
from jobmatch_dagster.defs.matching import assets as matching
from jobmatch_dagster.defs.operations import health
from jobmatch_dagster.defs.raw import assets as raw
from jobmatch_dagster.defs.statistics import assets as statistics
from jobmatch_dagster_tests.support.world import HOUR, NURSE_CV, World

# The functions that do the work of an hourly run, where its assets call them.
_WORK = (
    (raw, "collect_hours"),
    (catalog, "load_pages"),
    (catalog, "embed_postings"),
    (matching, "embed_profiles"),
    (matching, "match_new_postings"),
    (enrichment, "enrich_pairs"),
    (health, "read_health"),
)

# What is read for the UI.
_PREVIEWS = (
    (raw, "pages_preview"),
    (catalog, "freshness"),
    (catalog, "postings_preview"),
    (catalog, "vectors_preview"),
    (matching, "score_metadata"),
    (enrichment, "costs_preview"),
    (statistics, "job_metadata"),
    (statistics, "storage_sizes"),
)
_HOURLY = {"raw/job_pages", "catalog/jobs", "catalog/job_embeddings", "matching/semantic_matches",
           "enrichment/claude_matches", "statistics/job_statistics", "operations/health"}  # fmt: skip
_POSTINGS = 1_000


def test_events_of_many_postings_are_as_many_as_of_few(world: World) -> None:
    """Ten postings and 120; the load test below has 1,000."""
    assert _events(world, 10) == _events(world, 120)


@pytest.mark.load
def test_events_of_1000_postings_are_as_many_as_of_ten(world: World) -> None:
    few, many = _events(world, 10), _events(world, 1_000)
    print(f"events of an hourly run: {few} for 10 postings, {many} for 1,000")  # noqa: T201
    assert few == many


@pytest.mark.load
def test_dagster_costs_little_beside_the_work(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hourly run of 1,000 postings, and the part of it that is spent in the project's own functions.

    Those are the stages, the queries and pictures behind the metadata, and the checks (called once more by
    themselves). All else is Dagster's: events, steps, resources. Its history is kept in PostgreSQL, as in production,
    and the run is that of a worker that is up.
    """
    shutil.copy(packaged_path("dagster.yaml"), tmp_path)
    storage = dagster_url(world.variables["JOBMATCH_DATABASE_URL"])
    ensure_database(storage)
    monkeypatch.setenv("DAGSTER_DATABASE_URL", storage)
    work: list[float] = []
    previews: list[float] = []
    for spent, functions in ((work, _WORK), (previews, _PREVIEWS)):
        for module, name in functions:
            monkeypatch.setattr(module, name, _timed(getattr(module, name), spent))
    with dg.DagsterInstance.from_config(str(tmp_path)) as world.instance:
        world.take_in("ada", NURSE_CV)
        world.collect(HOUR - timedelta(hours=1))  # the model is loaded, the pictures' library too
        _forget(world)
        world.market(per_hour=_POSTINGS, since=HOUR)
        work.clear()
        previews.clear()
        began = time.monotonic()
        world.collect()
        run = time.monotonic() - began
        checks = _seconds_of_checks(world)
    assert world.scalar("SELECT count(*) FROM job_embeddings") == _POSTINGS
    assert len(work) == len(_WORK)
    overhead = run - sum(work) - sum(previews) - checks
    print(  # noqa: T201
        f"run {run:.2f} s: stages {sum(work):.2f} s, previews {sum(previews):.2f} s, checks {checks:.2f} s, "
        f"Dagster {overhead:.2f} s, {overhead / run:.1%}"
    )
    assert overhead < 5
    assert overhead < 0.1 * run


def _seconds_of_checks(world: World) -> float:
    """Seconds that the checks of an hourly run take by themselves."""
    resources = default_resources()
    context = dg.build_asset_check_context(instance=world.instance)
    seconds = 0.0
    for check in build_defs().asset_checks or ():
        if {spec.asset_key.to_user_string() for spec in check.check_specs} <= _HOURLY:
            function = check.op.compute_fn.decorated_fn
            wanted = inspect.signature(function).parameters
            given = {name: resources[name] for name in wanted if name in resources}
            began = time.monotonic()
            function(*([context] if "context" in wanted else []), **given)
            seconds += time.monotonic() - began
    return seconds


def _timed(work: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **options: Any) -> Any:
        began = time.monotonic()
        try:
            return work(*arguments, **options)
        finally:
            spent.append(time.monotonic() - began)

    return timed


def _events(world: World, postings: int) -> int:
    """Events of an hourly run of so many postings, on an empty catalog."""
    _forget(world)
    world.market(per_hour=postings, since=HOUR - timedelta(hours=3))
    result = world.collect()
    assert world.scalar("SELECT count(*) FROM jobs") == postings
    return len(world.instance.all_logs(result.run_id))


def _forget(world: World) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE job_pages, jobs, job_clusters, quarantined_records CASCADE")
