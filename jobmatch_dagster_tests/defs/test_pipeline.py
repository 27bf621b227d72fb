"""The whole pipeline on generated postings: the rows after one run, and after a second one."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from jobmatch_dagster.cli.runs import RunFailedError, materialize, run_job
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.demo.server import Fault
from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NURSE_CV, World

_CLI = [sys.executable, "-m", "jobmatch_dagster.cli"]


def test_hour_gives_postings_vectors_and_matches(world: World) -> None:
    world.take_in("nurse", NURSE_CV)
    world.collect()
    assert world.scalar("SELECT count(*) FROM jobs") == 12
    assert world.scalar("SELECT count(*) FROM job_embeddings WHERE vector_dims(embedding) = 384") == 12
    assert world.scalar("SELECT count(*) FROM user_job_matches WHERE match_score >= 30") > 0
    assert world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_score IS NOT NULL") == 0
    waiting = world.scalar("SELECT count(*) FROM user_job_matches WHERE semantic_score >= 50")
    assert world.scalar("SELECT count(*) FROM user_job_matches WHERE claude_status = 'waiting'") == waiting


@pytest.mark.collected
def test_pages_are_stored_byte_for_byte_without_the_key(world: World) -> None:
    body, sha256 = next(iter(_pages(world)))
    assert body.startswith(b'[{"')
    assert sha256 == world.scalar("SELECT encode(sha256(body), 'hex') FROM job_pages LIMIT 1")
    assert "test-key" not in str(world.scalar("SELECT json_agg(p) FROM (SELECT request, headers FROM job_pages) p"))


def test_every_asset_run_twice_gives_the_same_rows(world: World) -> None:
    world.collect()
    world.take_in("nurse", NURSE_CV)
    world.take_in("engineer", ENGINEER_CV)
    day = HOUR.strftime("%Y-%m-%d")
    quality = (["quality", "score_calibration"], ["quality", "match_quality"])
    run_job(world.defs, world.instance, "daily_upkeep", partition_key=day)
    materialize(world.defs, world.instance, *quality)
    once, credits_used = world.rows(), world.server.credits_used

    world.collect()
    for user in ("nurse", "engineer"):
        for job in ("ingest_cv", "rematch_user"):
            run_job(world.defs, world.instance, job, partition_key=user)
    run_job(world.defs, world.instance, "daily_upkeep", partition_key=day)
    run_job(world.defs, world.instance, "match_existing_jobs")
    run_job(world.defs, world.instance, "collect_claude_batches")
    materialize(world.defs, world.instance, *quality)
    # The list of expired postings is fetched every time; it costs no credit.
    expired = "SELECT count(*) FROM job_pages WHERE endpoint = 'expired'"
    assert world.scalar(expired) == 2
    with world.database.begin() as connection:
        connection.exec_driver_sql(
            "DELETE FROM job_pages WHERE id = (SELECT max(id) FROM job_pages WHERE endpoint = 'expired')"
        )
    assert world.rows() == once
    assert world.server.credits_used == credits_used


def test_hours_one_by_one_and_at_once_give_the_same_rows(world: World) -> None:
    world.take_in("nurse", NURSE_CV)
    for n in (2, 0, 1):
        world.collect(HOUR - timedelta(hours=n))
    world.collect(HOUR)
    slices = world.rows("jobs", "user_job_matches")
    run_job(world.defs, world.instance, "match_existing_jobs")
    assert world.rows("jobs", "user_job_matches") == slices
    assert world.scalar("SELECT count(DISTINCT collection_hour) FROM jobs") >= 3


def test_same_hour_in_two_processes_gives_the_same_rows(world: World) -> None:
    world.take_in("nurse", NURSE_CV)
    children = [_start(world) for _ in range(2)]
    for child in children:
        output, _ = child.communicate(timeout=180)
        assert child.returncode == 0, output
    both = world.rows()
    # One of them collected the hour, the other found it complete.
    assert world.server.credits_used == 12
    world.collect()
    assert world.rows() == both
    assert world.scalar("SELECT max(sightings) FROM job_sightings") == 1


def test_killed_run_is_completed_by_the_next(world: World) -> None:
    world.take_in("engineer", ENGINEER_CV)
    # The 24h feed has three hours; the second answer arrives after the child is killed.
    world.server.add_faults(Fault(body=b"[]", delay_s=30))
    child = _start(world)
    deadline = time.monotonic() + 120
    while not world.server.calls and time.monotonic() < deadline:
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=30)
    assert world.scalar("SELECT count(*) FROM jobs") == 0
    _wait_until_locks_are_free(world)
    world.collect()
    killed = world.rows("jobs", "job_sightings", "job_embeddings", "user_job_matches")
    assert len(killed["jobs"]) == 12
    world.collect()
    assert world.rows("jobs", "job_sightings", "job_embeddings", "user_job_matches") == killed


@pytest.mark.collected
def test_later_feed_with_the_same_postings_changes_no_row(world: World) -> None:
    before = world.rows("jobs", "job_embeddings")
    stamps = "SELECT md5(string_agg(xmin::text, ',' ORDER BY id)) FROM jobs"
    untouched = world.scalar(stamps)
    config = {"ops": {"raw__job_pages": {"config": {"refetch": True}}}}
    world.collect(run_config=config)
    assert world.rows("jobs", "job_embeddings") == before
    assert world.scalar(stamps) == untouched
    assert world.scalar("SELECT max(sightings) FROM job_sightings") == 2


def test_bad_record_is_quarantined_alone(world: World) -> None:
    body = b'[{"id": "1", "title": "", "organization": "A", "url": "u", "date_created": "2026-11-20T07:01:00"},'
    body += b' {"id": "2", "title": "T", "organization": "A", "url": "u", "date_created": "2026-11-20T07:02:00"}, 7]'
    world.server.add_faults(Fault(body=body))
    world.collect()
    assert world.scalar("SELECT string_agg(external_id, ',') FROM jobs") == "2"
    with world.database.begin() as connection:
        kept = connection.exec_driver_sql(
            "SELECT page_position, external_id, field FROM quarantined_records ORDER BY page_position"
        ).all()
    assert [tuple(row) for row in kept] == [(0, "1", "title"), (2, None, "(record)")]


def test_spent_quota_fails_the_run_and_keeps_its_pages(world: World) -> None:
    world.server.plan.jobs = 0
    with pytest.raises(RunFailedError, match="quota is spent; it is renewed in 29"):
        world.collect()
    assert world.scalar("SELECT status FROM job_pages") == 429
    assert len(world.server.calls) == 1


def test_incomplete_hour_is_refused_without_a_call(world: World) -> None:
    with pytest.raises(RunFailedError, match="2026-11-20 08:00 UTC is not complete yet"):
        world.collect(HOUR + timedelta(hours=1))
    assert not world.server.calls


def test_missing_hour_is_named_by_the_check(world: World) -> None:
    for n in (3, 0):
        world.collect(HOUR - timedelta(hours=n), run_config={})
    result = world.collect()
    check = next(e for e in result.get_asset_check_evaluations() if e.check_name == "no_missing_hours")
    # The 24h sweep covered everything up to the newest hour.
    assert check.passed
    assert check.metadata["hours_missing"].value == 0


def test_range_of_hours_is_one_sweep(world: World) -> None:
    tags = {
        "dagster/asset_partition_range_start": hour_name(HOUR - timedelta(hours=2)),
        "dagster/asset_partition_range_end": hour_name(HOUR),
    }
    run_job(world.defs, world.instance, "hourly_collection", tags=tags)
    assert [call.split("?")[0] for call in world.server.calls] == ["/active-ats-24h"]
    assert world.scalar("SELECT count(*) FROM jobs") == 48


@pytest.mark.matched
def test_decisions_survive_a_new_cv(world: World) -> None:
    best = (
        "SELECT external_id FROM user_job_matches JOIN jobs ON jobs.id = job_id "
        "ORDER BY match_score, external_id LIMIT 1"
    )
    posting = world.scalar(best)
    assert run_command("decide", "ada", posting, "applied").returncode == 0
    world.take_in("ada", ENGINEER_CV)
    kept = "SELECT status FROM user_job_matches JOIN jobs ON jobs.id = job_id WHERE external_id = :posting"
    assert world.scalar(kept, posting=posting) == "applied"


def _pages(world: World) -> list[tuple[bytes, str]]:
    with world.database.begin() as connection:
        rows = connection.exec_driver_sql("SELECT body, sha256 FROM job_pages").all()
    return [(bytes(row.body), row.sha256) for row in rows]


def _start(world: World) -> subprocess.Popen[str]:
    Path(world.variables["JOBMATCH_HOME"]).mkdir(exist_ok=True)
    return subprocess.Popen(
        [*_CLI, "collect", "--run-once"],
        env={**os.environ, **world.variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wait_until_locks_are_free(world: World) -> None:
    is_locked = (
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE locktype = 'advisory' AND datname = current_database()"
    )
    deadline = time.monotonic() + 30
    while world.scalar(is_locked) and time.monotonic() < deadline:
        time.sleep(0.1)
