"""The price of a collection is known before it is paid: planned, refused, limited, paid."""

from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner

from jobmatch_dagster.cli.main import main
from jobmatch_dagster.cli.runs import RunFailedError, hour_range, run_job
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.pipeline.raw.prices import CollectionPlan, plan_collection
from jobmatch_dagster.pipeline.raw.sweep import RUN_LIMIT_REACHED
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster_tests.support.world import HOUR, NOW, World

_H = timedelta(hours=1)
_PER_HOUR = 42
# Just outside the 24h feed.
_OLD = [HOUR - n * _H for n in (24, 25, 26)]


def _plan(world: World, hours: list[datetime], generation: Any) -> CollectionPlan:
    client = ActiveJobsResource(base_url=world.server.url, api_key="k", generation=generation).client()
    return plan_collection(world.database, client, hours, now=NOW)


def _backfill(world: World, hours: list[datetime], **config: Any) -> Any:
    run_config = {"ops": {"raw__job_pages": {"config": config}}}
    tags = hour_range(min(hours), max(hours))
    # Nothing is embedded here: that would take minutes.
    assets = [dg.AssetKey(["raw", "job_pages"]), dg.AssetKey(["catalog", "jobs"])]
    return run_job(
        world.defs, world.instance, "hourly_collection", tags=tags, run_config=run_config, asset_selection=assets
    )


@pytest.mark.parametrize(
    ("generation", "most"), [("g2", 3 * _PER_HOUR), ("g1", (24 + 3 + 48) * _PER_HOUR)], ids=["g2", "g1"]
)
def test_hours_outside_the_24h_feed_cost_what_is_planned(world: World, generation: Any, most: int) -> None:
    world.market(per_hour=_PER_HOUR, since=HOUR - timedelta(days=7))
    world.configure(generation=generation)
    _backfill(world, [HOUR])
    plan = _plan(world, _OLD, generation)
    spent = world.server.credits_used
    _backfill(world, _OLD)
    paid = world.server.credits_used - spent
    assert plan.credits is not None
    assert plan.chosen == "7d"
    assert paid <= most
    # The plan may err by what was posted between the margin's midnight and the indexing.
    assert plan.credits == pytest.approx(paid, rel=0.15)
    found = "SELECT count(*) FROM jobs WHERE collection_hour >= :first AND collection_hour <= :last"
    assert world.scalar(found, first=min(_OLD), last=max(_OLD)) == 3 * _PER_HOUR
    assert _plan(world, _OLD, generation).sweeps == []


def test_of_g2_only_missing_hours_are_paid(world: World) -> None:
    world.market(per_hour=_PER_HOUR, since=HOUR - timedelta(days=2))
    world.configure(generation="g2")
    _backfill(world, [HOUR])
    _backfill(world, [HOUR - 3 * _H])
    spent = world.server.credits_used
    hours = [HOUR - n * _H for n in range(6)]
    assert _plan(world, hours, "g2").credits == 4 * _PER_HOUR
    _backfill(world, hours)
    assert world.server.credits_used - spent == 4 * _PER_HOUR
    assert world.scalar("SELECT count(*) FROM jobs") == 6 * _PER_HOUR


def test_over_the_limit_nothing_is_paid_and_the_price_is_said(world: World) -> None:
    world.market(per_hour=_PER_HOUR, since=HOUR - timedelta(days=2))
    world.configure(max_credits_per_run=900)
    _backfill(world, [HOUR])
    calls, spent = len(world.server.calls), world.server.credits_used
    with pytest.raises(RunFailedError, match=r"about 1,008 job credits .*max_credits to 1008") as refused:
        _backfill(world, [HOUR - 2 * _H, HOUR - _H])
    assert refused.value.permanent
    assert (len(world.server.calls), world.server.credits_used) == (calls, spent)
    # The printed switch, followed.
    _backfill(world, [HOUR - 2 * _H, HOUR - _H], max_credits=1008)
    assert world.server.credits_used - spent == 1008


def test_an_unknown_price_ends_within_a_page_of_the_limit(world: World) -> None:
    world.market(per_hour=_PER_HOUR, since=HOUR - timedelta(days=2))
    world.configure(max_credits_per_run=250)
    assert _plan(world, [HOUR - 2 * _H], "g1").credits is None
    result = _backfill(world, [HOUR - 2 * _H])
    event = next(e for e in result.get_asset_materialization_events() if e.asset_key.path[-1] == "job_pages")
    assert event.materialization.metadata["stopped"].value == RUN_LIMIT_REACHED
    assert world.server.credits_used == 300
    # The next run goes on where this one stopped.
    world.configure(max_credits_per_run=5_000)
    _backfill(world, [HOUR - 2 * _H])
    assert world.scalar("SELECT count(*) FROM jobs") == 24 * _PER_HOUR
    assert world.server.credits_used == 24 * _PER_HOUR + 100


@pytest.mark.collected
def test_the_job_writes_the_plan_and_calls_nothing(world: World) -> None:
    calls = len(world.server.calls)
    config = {"first_hour": hour_name(HOUR - 30 * _H), "last_hour": hour_name(HOUR)}
    result = run_job(
        world.defs, world.instance, "plan_collection", run_config={"ops": {"price_collection": {"config": config}}}
    )
    (event,) = (e for e in result.all_node_events if e.event_type_value == "STEP_OUTPUT")
    metadata = event.step_output_data.metadata
    assert metadata["hours_missing"].value == 30
    assert "| 7d |" in str(metadata["plan"].value)
    assert "more than a day after their posting" in str(metadata["plan"].value)
    assert len(world.server.calls) == calls


@pytest.mark.collected
def test_the_command_prints_the_plan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVE_JOBS_BASE_URL", world.server.url)
    monkeypatch.setenv("RAPIDAPI_KEY", "k")
    asked = ["collect", "--plan", hour_name(HOUR - 2 * _H), hour_name(HOUR)]
    printed = CliRunner().invoke(main, asked)
    assert printed.exit_code == 0, printed.output
    assert "2 of 3 hours are missing" in printed.output
    assert "taken" in printed.output
    assert CliRunner().invoke(main, [*asked[:2], hour_name(HOUR), hour_name(HOUR - _H)]).exit_code == 2
    assert "does not match the format" in CliRunner().invoke(main, ["collect", "--plan", "soon", "later"]).output
