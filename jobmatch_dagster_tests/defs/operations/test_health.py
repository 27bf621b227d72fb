"""Whether the pipeline is well, who is notified when it is not, and the look that is taken when no hour runs."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner

from jobmatch_dagster.build import build_defs
from jobmatch_dagster.cli.main import main
from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.defs.operations import alerts
from jobmatch_dagster.observability.freshness import MAX_AGE
from jobmatch_dagster.resources import notifier
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster_tests.support.world import HOUR, NURSE_CV, World

_FAILED_RUN = (
    "INSERT INTO run_failures (run_id, job_name, error_class, next_step, inputs, failed_at) "
    "VALUES ('r1', 'hourly_collection', 'PassingFailure', 'wait', '{}', now())"
)
_DIGEST_GIVEN_UP = (
    "WITH d AS (INSERT INTO user_digests (user_id, day, lines, content_hash, created_at) "
    "SELECT id, '2026-11-19', '[]', 'h', now() FROM users RETURNING id, user_id) "
    "INSERT INTO digest_deliveries (digest_id, channel, user_id, state, next_attempt_at) "
    "SELECT id, 'files', user_id, 'given_up', now() FROM d"
)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """What the notifier was given."""
    messages: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(alerts, "notify", lambda title, message: messages.append((title, dict(message))))
    return messages


def _page(world: World, result: Any) -> dict[str, Any]:
    (event,) = (e for e in result.get_asset_materialization_events() if e.asset_key.path[-1] == "health")
    return {name: value.value for name, value in event.materialization.metadata.items()}


def test_a_good_hour_is_well(world: World) -> None:
    found = _page(world, world.collect())
    assert found["concerns"] == 0, found["page"]
    assert "All is well." in found["page"]
    printed = CliRunner().invoke(main, ["health"])
    assert printed.exit_code == 0, printed.output
    assert "All is well." in printed.output


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("UPDATE job_pages SET last_page = false", "is not fetched"),
        ("UPDATE user_match_state SET profile_version = 0", "1 user not matched"),
        ("DELETE FROM job_embeddings", "12 open postings without a current vector"),
        ("UPDATE cv_documents SET status = 'unreadable', reason = 'r', text = NULL", "1 CV that cannot be read"),
        (
            _DIGEST_GIVEN_UP,
            "1 digest not delivered: the check `digests_delivered`",
        ),
        (
            _FAILED_RUN,
            "1 run failed in the last 24 hours",
        ),
    ],
)
def test_what_needs_a_person_is_said(world: World, fault: str, said: str) -> None:
    world.collect()
    world.take_in("ada", NURSE_CV)
    with world.database.begin() as connection:
        connection.exec_driver_sql(fault)
    printed = CliRunner().invoke(main, ["health"])
    assert printed.exit_code == 1
    assert said in printed.output


def test_a_cv_that_was_replaced_needs_nobody(world: World) -> None:
    world.collect()
    world.put_cv("ada", b"%PDF-1.4 broken", ".pdf")
    world.run_sensor("cv_inbox_sensor")
    assert "1 CV that cannot be read" in CliRunner().invoke(main, ["health"]).output
    (world.inbox / "ada.pdf").unlink()
    world.take_in("ada", NURSE_CV)
    assert "All is well." in CliRunner().invoke(main, ["health"]).output


def test_the_watch_evaluates_every_check_without_an_hour(world: World) -> None:
    world.collect()
    result = run_job(world.defs, world.instance, "watch")
    evaluated = {check.check_name for check in result.get_asset_check_evaluations()}
    standing = {spec.name for check in build_defs().asset_checks or () for spec in check.check_specs}
    assert evaluated == standing
    assert _page(world, result)["hours_missing"] == 0


def test_the_watch_is_left_out_after_an_hour(world: World) -> None:
    schedule = world.defs.resolve_schedule_def("watch_schedule")
    with dg.instance_for_test() as instance:

        def tick() -> Any:
            return schedule(dg.build_schedule_context(instance=instance, scheduled_execution_time=wall_time()))

        assert isinstance(tick(), dg.RunRequest)
        run_job(world.defs, instance, "hourly_collection", partition_key=hour_name(HOUR))
        assert isinstance(tick(), dg.SkipReason)


def _tick(world: World, cursor: str | None) -> str:
    sensor = world.defs.resolve_sensor_def("check_failure_sensor")
    with dg.build_sensor_context(instance=world.instance, cursor=cursor) as context:
        result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result.cursor or ""


def test_a_check_that_begins_to_fail_is_notified_once(world: World, sent: list[tuple[str, dict[str, Any]]]) -> None:
    world.collect()
    cursor = _tick(world, None)
    before = len(sent)
    with world.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM job_embeddings")
    run_job(world.defs, world.instance, "watch")
    cursor = _tick(world, _tick(world, cursor))
    ((title, message),) = [one for one in sent[before:] if one[1].get("check") == "vectors_sound"]
    assert title == "Check vectors_sound of catalog/job_embeddings fails"
    assert message["next_step"].startswith("Embed the postings")
    # Good again: the next failure is notified again.
    world.collect(HOUR)
    assert "vectors_sound" not in _tick(world, cursor)


def test_a_stale_asset_is_notified(
    world: World, sent: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.collect()
    later = wall_time() + max(MAX_AGE.values()) + timedelta(hours=1)
    monkeypatch.setattr(alerts, "wall_time", lambda: later)
    _tick(world, None)
    assert {message["asset"] for title, message in sent if "is stale" in title} == {
        "catalog/jobs", "catalog/job_embeddings", "matching/semantic_matches", "statistics/job_statistics",
    }  # fmt: skip


def test_every_address_gets_the_message(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    bodies: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    monkeypatch.setenv("JOBMATCH_FAILURE_WEBHOOK", f"http://{address}/hook")
    monkeypatch.setenv("JOBMATCH_NOTIFY", f"json://{address}/token-4711")
    assert notifier.notify("Run of x failed", {"next_step": "wait", "partition": None}) == "200; sent"
    assert json.loads(bodies[0]) == {"next_step": "wait", "partition": None}
    assert "next step: wait" in json.loads(bodies[1])["message"]
    server.shutdown()
    monkeypatch.setenv("JOBMATCH_FAILURE_WEBHOOK", "")
    monkeypatch.setenv("JOBMATCH_NOTIFY", "no address at all")
    assert notifier.notify("t", {}) == "an address of JOBMATCH_NOTIFY is not one"
    monkeypatch.setenv("JOBMATCH_NOTIFY", "")
    assert notifier.notify("t", {}) is None
