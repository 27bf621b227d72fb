"""Partitions that tell the truth: the newest hour is one that the API has, a past day of upkeep is refused."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from jobmatch_dagster.cli.runs import RunFailedError, hour_range, run_job
from jobmatch_dagster.core.raw.windows import HOUR as ONE_HOUR
from jobmatch_dagster.core.raw.windows import hour_name, latest_collectable_hour
from jobmatch_dagster.partitions import HOURS
from jobmatch_dagster_tests.support.world import HOUR, World


def test_the_newest_partition_is_the_newest_hour_of_the_api() -> None:
    before = datetime.now(UTC)
    newest = HOURS.get_last_partition_key()
    # The hour may end between the two looks at the clock.
    assert newest in {hour_name(latest_collectable_hour(now)) for now in (before, datetime.now(UTC))}


def test_a_range_gives_every_hour_its_own_numbers(world: World) -> None:
    first = HOUR - 2 * ONE_HOUR
    run_job(world.defs, world.instance, "hourly_collection", tags=hour_range(first, HOUR))
    found = {hour: _metadata(world, ["catalog", "jobs"], hour_name(hour)) for hour in (first, first + ONE_HOUR, HOUR)}
    in_table = "SELECT count(*) FROM jobs WHERE collection_hour = :hour"
    for hour, metadata in found.items():
        assert metadata["postings_of_hour"].value == world.scalar(in_table, hour=hour) > 0
        assert metadata["hour_fetched"].value is True
        assert _metadata(world, ["raw", "job_pages"], hour_name(hour))["hour_complete"].value is True


def test_a_stage_says_that_its_hour_was_never_fetched(world: World) -> None:
    past = HOUR - 48 * ONE_HOUR
    selected = [dg.AssetKey(["catalog", "jobs"])]
    run_job(world.defs, world.instance, "hourly_collection", partition_key=hour_name(past), asset_selection=selected)
    metadata = _metadata(world, ["catalog", "jobs"], hour_name(past))
    assert (metadata["hour_fetched"].value, metadata["hours_never_fetched"].value) == (False, 1)


def test_a_past_day_of_upkeep_is_refused_with_the_day_to_take(world: World) -> None:
    with pytest.raises(RunFailedError, match=r"Materialize 2026-11-19: it applies everything"):
        world.upkeep("2026-10-01")
    world.upkeep("2026-11-19")


def _metadata(world: World, key: list[str], partition: str) -> dict[str, dg.MetadataValue]:
    records = dg.AssetRecordsFilter(asset_key=dg.AssetKey(key), asset_partitions=[partition])
    event = world.instance.fetch_materializations(records, limit=1).records[0]
    assert event.asset_materialization is not None
    return dict(event.asset_materialization.metadata)
