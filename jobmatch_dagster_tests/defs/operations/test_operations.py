"""Failed runs are noted, and housekeeping removes what is old and nothing that is needed."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from jobmatch_dagster import names
from jobmatch_dagster.cli.runs import RunFailedError, run_job
from jobmatch_dagster.observability.failures import describe_failure
from jobmatch_dagster.observability.history import delete_runs, unresolved_failures
from jobmatch_dagster.pipeline.operations.run_failures import report_failure
from jobmatch_dagster_tests.support.digests import announced, run_day
from jobmatch_dagster_tests.support.world import HOUR, NOW, NURSE_CV, World


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, object]]]:
    """A server on loopback that stores the messages it receives."""
    messages: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("JOBMATCH_FAILURE_WEBHOOK", f"http://127.0.0.1:{server.server_port}/secret-token")
    yield messages
    server.shutdown()
    server.server_close()


def test_failed_run_is_noted_once_with_its_next_step(world: World, webhook: list[dict[str, object]]) -> None:
    world.server.plan.jobs = 0
    with pytest.raises(RunFailedError):
        world.collect()
    context = _failure(world)
    failure = describe_failure(context)
    assert (failure.job_name, failure.partition_key) == ("hourly_collection", "2026-11-20-07:00")
    assert (failure.step_key, failure.error_class) == ("raw__job_pages", "PermanentFailure")
    assert "names the key, plan or setting" in failure.next_step
    assert failure.inputs["jobmatch/hour"] == "2026-11-20-07:00"
    assert report_failure(world.database, failure) == "204"
    assert report_failure(world.database, failure) is None
    assert [message["run_id"] for message in webhook] == [failure.run_id]
    assert webhook[0]["next_step"] == failure.next_step
    row = world.scalar("SELECT row_to_json(run_failures) FROM run_failures")
    assert row["webhook_outcome"] == "204"
    assert "secret-token" not in json.dumps(row)
    assert "quota" not in json.dumps(row), "no message of an error"


def test_unreachable_webhook_is_noted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBMATCH_FAILURE_WEBHOOK", "http://127.0.0.1:9/secret-token")
    world.server.plan.jobs = 0
    with pytest.raises(RunFailedError):
        world.collect()
    assert report_failure(world.database, describe_failure(_failure(world))) == "ConnectionError"
    assert world.scalar("SELECT webhook_outcome FROM run_failures") == "ConnectionError"


def test_failure_of_a_user_is_deleted_with_the_user(
    world: World, webhook: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.take_in("ada", NURSE_CV)
    monkeypatch.setenv("EMBEDDING_MODEL", str(world.inbox))
    world.reload()
    with pytest.raises(RunFailedError):
        run_job(world.defs, world.instance, "rematch_user", partition_key="ada")
    failure = describe_failure(_failure(world))
    assert failure.user_key == "ada"
    assert report_failure(world.database, failure) == "204"
    assert "ada" not in webhook[0].values()
    assert world.scalar("SELECT user_id IS NOT NULL FROM run_failures")
    with world.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM users")
    assert world.scalar("SELECT count(*) FROM run_failures") == 0


def test_failure_that_names_a_user_is_erased_with_the_user(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run launched from the asset, and a run of a first CV before its user existed."""
    world.take_in("ada", NURSE_CV)
    world.put_cv("bob", NURSE_CV)
    world.instance.add_dynamic_partitions("users", ["bob"])
    asset = dg.AssetKey(["enrichment", "user_claude_matches"])
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    monkeypatch.setenv("CLAUDE_MODEL", "claude-of-tomorrow")
    world.reload()
    with pytest.raises(RunFailedError):
        run_job(world.defs, world.instance, "__ASSET_JOB", partition_key="ada", asset_selection=[asset])
    report_failure(world.database, describe_failure(_failure(world)))
    assert world.scalar("SELECT job_name FROM run_failures WHERE user_id IS NOT NULL") == "__ASSET_JOB"
    with world.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE users ADD CONSTRAINT none CHECK (user_key <> 'bob')")
    with pytest.raises(RunFailedError):
        run_job(world.defs, world.instance, "ingest_cv", partition_key="bob")
    report_failure(world.database, describe_failure(_failure(world)))
    assert world.scalar("SELECT partition_key FROM run_failures WHERE user_id IS NULL") == "bob"
    for user_key in ("ada", "bob"):
        run_config = {"ops": {"erase_one_user": {"config": {"user_key": user_key}}}}
        run_job(world.defs, world.instance, "forget_user", run_config=run_config)
    assert world.scalar("SELECT count(*) FROM run_failures") == 0


def test_sensor_notes_a_failed_run(world: World) -> None:
    world.server.plan.jobs = 0
    with pytest.raises(RunFailedError):
        world.collect()
    sensor = world.defs.resolve_sensor_def("run_failure_sensor")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    sensor(_failure(world))
    assert world.scalar("SELECT job_name FROM run_failures") == "hourly_collection"


@pytest.mark.collected
def test_housekeeping_keeps_what_a_rebuild_needs(world: World) -> None:
    refetch = {"ops": {"raw__job_pages": {"config": {"refetch": True}}}}
    world.collect(run_config=refetch)
    expired = world.scalar("SELECT external_id FROM jobs ORDER BY external_id LIMIT 1")
    world.server.expired_ids = [expired]
    world.upkeep(HOUR.strftime("%Y-%m-%d"))
    before = world.rows("jobs")
    assert world.scalar("SELECT count(*) FROM jobs WHERE closed_reason = 'expired'") == 1
    whole = world.scalar("SELECT count(*) FROM job_pages")
    with world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE job_pages SET fetched_at = fetched_at - interval '200 days'")
    result = run_job(world.defs, world.instance, "housekeeping")
    removed = _output(result, "remove_old_pages")
    assert removed["page_bodies_removed"] >= 1
    assert removed["bytes_removed"] > 100
    assert removed["page_bodies_removed"] + removed["pages_kept_whole"] == whole
    assert world.scalar("SELECT count(*) FROM job_pages") == whole, "rows stay: they answer for their hours"
    used = "SELECT count(*) FROM jobs JOIN job_pages p ON p.id = page_id WHERE body_removed_at IS NOT NULL"
    assert world.scalar(used) == 0
    assert _output(result, "measure_storage")["database_bytes"] > 0

    with world.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM jobs")
    rebuild = {"ops": {"catalog__jobs": {"config": {"rebuild": True}}}}
    world.collect(run_config=rebuild)
    assert world.rows("jobs") == before
    assert world.scalar("SELECT count(*) FROM quarantined_records") == 0

    again = _output(run_job(world.defs, world.instance, "housekeeping"), "remove_old_pages")
    assert again["page_bodies_removed"] == 0


@pytest.mark.matched
def test_old_undecided_matches_of_closed_postings_are_removed(world: World) -> None:
    kept = world.scalar("SELECT count(*) FROM user_job_matches")
    with world.database.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE jobs SET closed_reason = 'age', closed_at = date_created - CASE WHEN mod(id, 3) = 0 "
            "THEN interval '1 day' ELSE interval '100 days' END WHERE mod(id, 4) > 0"
        )
        connection.exec_driver_sql(
            "UPDATE user_job_matches SET status = 'saved', decided_at = now() WHERE mod(job_id, 5) = 0"
        )
    old = "job_id IN (SELECT id FROM jobs WHERE closed_at < date_created - interval '90 days') AND status = 'new'"
    going = world.scalar(f"SELECT count(*) FROM user_job_matches WHERE {old}")
    assert 0 < going < kept
    removed = _output(run_job(world.defs, world.instance, "housekeeping"), "remove_old_pages")
    assert removed["matches_of_closed_postings_removed"] == going
    assert world.scalar(f"SELECT count(*) FROM user_job_matches WHERE {old}") == 0
    assert world.scalar("SELECT count(*) FROM user_job_matches") == kept - going
    left = "SELECT count(*) FROM match_events WHERE event = 'left' AND detail = 'closed' AND run_id IS NOT NULL"
    assert world.scalar(left) == going


@pytest.mark.matched
def test_old_events_of_matches_are_removed(world: World) -> None:
    events = world.scalar("SELECT count(*) FROM match_events")
    old = world.scalar("WITH old AS (UPDATE match_events SET at = at - interval '91 days' WHERE mod(job_id, 3) = 0 "
                       "RETURNING 1) SELECT count(*) FROM old")  # fmt: skip
    assert 0 < old < events
    removed = _output(run_job(world.defs, world.instance, "housekeeping"), "remove_old_pages")
    assert removed["match_events_removed"] == old
    assert world.scalar("SELECT count(*) FROM match_events WHERE at > now() - interval '90 days'") == events - old


@pytest.mark.matched
def test_old_digests_are_emptied_and_announce_nothing_again(world: World) -> None:
    assert run_day(world)["digests"] == 1
    old = "UPDATE user_digests SET created_at = created_at - interval '91 days' RETURNING 1"
    world.scalar(old)
    world.scalar("UPDATE digest_deliveries SET state = 'waiting', sent_at = NULL RETURNING 1")
    assert _output(run_job(world.defs, world.instance, "housekeeping"), "remove_old_pages")["digests_emptied"] == 0
    run_day(world, retry_now=True)
    assert _output(run_job(world.defs, world.instance, "housekeeping"), "remove_old_pages")["digests_emptied"] == 1
    assert announced(world) == 0
    assert run_day(world)["digests"] == 0


def test_old_runs_are_removed_and_materializations_stay(world: World) -> None:
    world.collect()
    world.take_in("ada", NURSE_CV)
    posting = world.scalar("SELECT external_id FROM jobs LIMIT 1")
    config = {"ops": {"write_explanation": {"config": {"user_key": "ada", "external_id": posting,
                                                       "embed_again": False}}}}  # fmt: skip
    run_job(world.defs, world.instance, "explain_match", run_config=config)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    keys = [dg.AssetKey(["catalog", "jobs"]), dg.AssetKey(["matching", "user_semantic_matches"])]
    filled = [world.instance.get_materialized_partitions(key) for key in keys]
    assert all(filled)
    assert delete_runs(world.instance, before=tomorrow) == 1  # the explanation
    assert [world.instance.get_materialized_partitions(key) for key in keys] == filled
    assert delete_runs(world.instance, before=tomorrow - timedelta(days=2), keep_materializations=False) == 0
    assert delete_runs(world.instance, before=tomorrow, keep_materializations=False) == 3
    assert world.instance.get_runs_count() == 0


def test_runs_age_by_the_machines_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.server.plan.jobs = 0
    with pytest.raises(RunFailedError):
        world.collect()
    report_failure(world.database, describe_failure(_failure(world)))
    monkeypatch.setenv("JOBMATCH_CLOCK", (NOW + timedelta(days=1_000)).isoformat())
    result = run_job(world.defs, world.instance, "housekeeping")
    assert _output(result, "remove_old_pages")["run_failures_removed"] == 0
    runs = _output(result, "remove_old_runs")
    assert runs == {
        "explanations_removed": 0, "runs_without_materialization_removed": 0, "runs_with_materialization_removed": 0,
        "runs_kept": 2,
    }  # fmt: skip


def _forget(user_key: str) -> dict[str, object]:
    return {"ops": {"erase_one_user": {"config": {"user_key": user_key}}}}


@pytest.mark.collected
def test_only_explanations_of_that_user_are_erased(world: World) -> None:
    posting = world.scalar("SELECT external_id FROM jobs LIMIT 1")
    for user in ("ada", "ben"):
        world.take_in(user, NURSE_CV)
        config = {"user_key": user, "external_id": posting, "embed_again": False}
        run_job(
            world.defs, world.instance, "explain_match", run_config={"ops": {"write_explanation": {"config": config}}}
        )
    run_job(world.defs, world.instance, "forget_user", run_config=_forget("ada"))
    tags = {names.TAG_PURPOSE: names.PURPOSE_EXPLAIN}
    left = world.instance.get_runs(dg.RunsFilter(tags=tags))
    assert [run.tags[names.TAG_USER] for run in left] == ["ben"]


def test_failed_hour_is_unresolved_until_a_later_success() -> None:
    def run(status: dg.DagsterRunStatus, **tags: str) -> dg.DagsterRun:
        return dg.DagsterRun(job_name="hourly_collection", status=status, tags=tags)

    good, bad = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE
    one, two = {"dagster/partition": "2026-11-20-07:00"}, {"dagster/partition": "2026-11-20-06:00"}
    both = {
        "dagster/asset_partition_range_start": "2026-11-20-06:00",
        "dagster/asset_partition_range_end": "2026-11-20-07:00",
    }
    assert unresolved_failures([run(good, **one), run(bad, **one)]) == []
    failed = run(bad, **one)
    assert unresolved_failures([failed, run(good, **one)]) == [("2026-11-20-07:00", failed.run_id)]
    assert unresolved_failures([run(good, **both), run(bad, **one), run(bad, **two)]) == []
    assert [hour for hour, _ in unresolved_failures([run(bad, **both)])] == ["2026-11-20-06:00", "2026-11-20-07:00"]


def _failure(world: World) -> dg.RunFailureSensorContext:
    """The context that Dagster passes to the sensor for the newest failed run."""
    run = world.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))[0]
    event = next(log.dagster_event for log in world.instance.all_logs(run.run_id)
                 if log.dagster_event and log.dagster_event.is_run_failure)  # fmt: skip
    return dg.build_run_status_sensor_context(
        sensor_name="run_failure_sensor",
        dagster_event=event,
        dagster_instance=world.instance,
        dagster_run=run,
        resources={"database": world.defs.resources["database"]},
    ).for_run_failure()


def _output(result: dg.ExecuteInProcessResult, op: str) -> dict[str, int]:
    event = next(e for e in result.all_events if e.is_successful_output and e.step_key == op)
    return {name: entry.value for name, entry in event.step_output_data.metadata.items()}
