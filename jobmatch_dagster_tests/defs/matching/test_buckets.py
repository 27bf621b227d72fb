"""The code location with several buckets: the same rows, a step or a partition for each bucket."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from jobmatch_dagster.build import build_defs
from jobmatch_dagster.cli.runs import RunFailedError, run_job
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.environment import environment
from jobmatch_dagster.pipeline.operations.buckets import ensure_buckets
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NURSE_CV, World

BUCKETS = 3


def in_buckets(world: World, count: int = BUCKETS) -> None:
    """Cut the tables, and load the code location for them."""
    ensure_buckets(world.database, count)
    with environment({"JOBMATCH_BUCKETS": str(count)}):
        world.reload()


def steps(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.step_key for event in result.all_events if event.is_step_success and event.step_key}


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, object]:
    (found,) = [
        event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(asset.split("/"))
    ]
    return {name: value.value for name, value in found.items()}


@pytest.fixture
def peopled(world: World) -> World:
    world.take_in("ada", NURSE_CV)
    world.take_in("ben", ENGINEER_CV)
    return world


def test_an_hour_in_buckets_gives_the_rows_of_one(peopled: World) -> None:
    one = peopled.collect()
    expected, numbers = peopled.rows(), metadata(one, "matching/semantic_matches")
    with peopled.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE user_job_matches, job_match_state, job_embeddings, job_facts")
    in_buckets(peopled)
    cut = peopled.collect()
    assert peopled.rows() == expected
    names = [f"{step}[00{n}]" for step in ("match_bucket", "embed_bucket") for n in range(BUCKETS)]
    assert {step.rsplit(".", 1)[-1] for step in steps(cut)} >= set(names)
    found = metadata(cut, "matching/semantic_matches")
    same = ("users", "postings", "pairs_scored", "pairs_kept", "rows_inserted", "pairs_for_claude")
    assert {name: found[name] for name in same} == {name: numbers[name] for name in same}
    assert found["buckets"] == metadata(cut, "catalog/job_embeddings")["buckets"] == BUCKETS
    assert metadata(cut, "catalog/job_embeddings")["rows_written"] == len(expected["job_embeddings"])


def test_assets_are_described_alike_in_buckets(world: World) -> None:
    with environment({"JOBMATCH_BUCKETS": "4"}):
        cut = {spec.key: spec for spec in build_defs().resolve_all_asset_specs()}
    for spec in world.defs.resolve_all_asset_specs():
        other = cut[spec.key]
        for name in ("description", "group_name", "owners", "kinds", "tags", "code_version", "partitions_def"):
            assert getattr(other, name) == getattr(spec, name), (spec.key, name)
        assert {dep.asset_key for dep in other.deps} == {dep.asset_key for dep in spec.deps}
        assert other.freshness_policy == spec.freshness_policy
        assert other.metadata.keys() >= {"dagster/table_name"} & spec.metadata.keys()


def test_a_bucket_is_launched_again_alone(peopled: World) -> None:
    peopled.collect()
    expected = peopled.rows("user_job_matches")
    in_buckets(peopled)
    with peopled.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM user_job_matches")
        connection.exec_driver_sql("DELETE FROM job_match_state")
    again = {"ops": {"match_everybody": {"config": {"again": True}}}}
    for key in ("002", "000", "001", "001"):
        run_job(peopled.defs, peopled.instance, "match_existing_jobs", partition_key=key, run_config=again)
    assert peopled.rows("user_job_matches") == expected
    with peopled.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM job_embeddings")
    vectors = [
        run_job(peopled.defs, peopled.instance, "embed_catalog", partition_key=key).output_for_node(
            "embed_all_postings"
        )
        for key in ("000", "001", "002")
    ]
    assert len(vectors) == BUCKETS
    lacking = "SELECT count(*) FROM jobs LEFT JOIN job_embeddings AS e ON e.job_id = jobs.id WHERE e.job_id IS NULL"
    assert peopled.scalar(lacking) == 0


def test_the_first_bucket_sees_the_profiles_of_all(peopled: World) -> None:
    """A calibration may be fitted there: on the profiles of all users, as with one bucket."""
    in_buckets(peopled)
    with peopled.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM profile_embeddings")
    run_job(peopled.defs, peopled.instance, "match_existing_jobs", partition_key="000")
    assert len(peopled.rows("profile_embeddings")["profile_embeddings"]) == 2


def test_another_number_of_buckets_says_what_to_do(world: World) -> None:
    with environment({"JOBMATCH_BUCKETS": "2"}):
        world.reload()
    with pytest.raises(RunFailedError, match=r"cut into 1 bucket.*Set JOBMATCH_BUCKETS=1, or run `jobmatch migrate`"):
        run_job(world.defs, world.instance, "match_existing_jobs", partition_key="001")
    ensure_buckets(world.database, 2)
    run_job(world.defs, world.instance, "match_existing_jobs", partition_key="001")


def test_a_history_is_loaded_in_buckets(peopled: World) -> None:
    in_buckets(peopled)
    config = {"ops": {"sweep_history": {"config": {"endpoint": "24h"}}}}
    result = run_job(peopled.defs, peopled.instance, "backfill_history", run_config=config)
    assert {f"match_bucket[00{n}]" for n in range(BUCKETS)} <= steps(result)
    assert len(peopled.rows("user_job_matches")["user_job_matches"]) > 0


def in_processes(folder: Path, count: int, *, kill: int | None = None, stop: int | None = None) -> int:
    """Embed and match the hour with a process for each step.

    `kill` ends the n-th of the shards with SIGKILL, `stop` the run with SIGTERM when the n-th has begun.
    """
    home = folder / "dagster"
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    variables = {"JOBMATCH_BUCKETS": str(count), "JOBMATCH_EXECUTOR": "multiprocess", "DAGSTER_HOME": str(home)}
    assets = "catalog/job_embeddings,matching/semantic_matches"
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "--select", assets]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--partition", hour_name(HOUR), "-m", "jobmatch_dagster.definitions"],
            env={**os.environ, **variables},
            stdout=log,
            stderr=log,
        )
        if kill is not None:
            os.kill(_shard(folder / "log", kill), signal.SIGKILL)
        if stop is not None:
            _shard(folder / "log", stop)
            process.terminate()
        return process.wait(timeout=300)


def _shard(log: Path, number: int) -> int:
    """Process of the n-th shard that has begun."""
    for _ in range(12_000):
        begun = re.findall(r" - (\d+) - \S*_bucket\[\d+\] - STEP_START", log.read_text())
        if len(begun) >= number:
            return int(begun[number - 1])
        time.sleep(0.02)
    raise AssertionError(log.read_text())


@pytest.mark.nightly
@pytest.mark.parametrize("count", [3, 16])
@pytest.mark.parametrize("kill", [None, 1, 4])
def test_a_process_for_each_step_gives_equal_rows(peopled: World, tmp_path: Path, count: int, kill: int | None) -> None:
    peopled.collect()
    expected = peopled.rows()
    with peopled.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE user_job_matches, job_match_state, job_embeddings, job_facts")
    ensure_buckets(peopled.database, count)
    ended = in_processes(tmp_path, count, kill=kill)
    if kill is not None:
        assert ended != 0
        ended = in_processes(tmp_path, count)
    assert ended == 0, (tmp_path / "log").read_text()
    assert peopled.rows() == expected


@pytest.mark.nightly
def test_a_stopped_run_ends_soon_and_leaves_its_work_due(peopled: World, tmp_path: Path) -> None:
    peopled.collect()
    expected = peopled.rows()
    with peopled.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE user_job_matches, job_match_state, job_embeddings, job_facts")
    ensure_buckets(peopled.database, 3)
    assert in_processes(tmp_path, 3, stop=1) != 0
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database "
    assert peopled.scalar(f"{held} WHERE datname = current_database())") == 0
    assert in_processes(tmp_path, 3) == 0, (tmp_path / "log").read_text()
    assert peopled.rows() == expected
