"""The state machine of the two CV sensors, on a real instance and real tables."""

import hashlib

import dagster as dg
import pytest

from jobmatch_dagster.build import default_resources
from jobmatch_dagster.defs.automation import sensors
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster_tests.world import ENGINEER_CV, NURSE_CV, World

_UNREADABLE = b"%PDF-1.7 not a pdf at all"


def _tick(world: World, name: str) -> dg.SensorResult | dg.SkipReason:
    """What the sensor asks for; nothing is run."""
    resources = {"database": default_resources()["database"]}
    with dg.build_sensor_context(instance=world.instance, sensor_name=name, resources=resources) as context:
        result = world.defs.resolve_sensor_def(name)(context)
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def _requests(world: World, name: str) -> list[dg.RunRequest]:
    result = _tick(world, name)
    return list(result.run_requests or ()) if isinstance(result, dg.SensorResult) else []


def _skipped(world: World, name: str) -> str:
    result = _tick(world, name)
    assert isinstance(result, dg.SkipReason)
    return result.skip_message or ""


def _leave_run(world: World, request: dg.RunRequest, status: dg.DagsterRunStatus) -> None:
    """A run as the daemon would have launched it, in this state."""
    job = world.defs.resolve_job_def(request.job_name or "")
    tags = {**request.tags, **({"dagster/partition": request.partition_key} if request.partition_key else {})}
    run = world.instance.create_run_for_job(job, run_config=dict(request.run_config), tags=tags)
    world.instance.handle_run_event(
        run.run_id,
        dg.DagsterEvent({"STARTED": "PIPELINE_START", "FAILURE": "PIPELINE_FAILURE"}[status.value], job_name=job.name),
    )


def test_a_new_file_registers_its_user_and_asks_for_one_run(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    result = _tick(world, "cv_inbox_sensor")
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or ()
    assert (request.job_name, request.partition_key) == ("ingest_cv", "ada")
    (change,) = result.dynamic_partitions_requests or ()
    assert list(change.partition_keys) == ["ada"]


def test_a_file_that_is_still_being_written_is_left(world: World) -> None:
    path = world.put_cv("ada", NURSE_CV)
    path.touch()
    assert _requests(world, "cv_inbox_sensor") == []


def test_the_same_content_again_is_no_news(world: World) -> None:
    world.take_in("ada", NURSE_CV)
    world.put_cv("ada", NURSE_CV)
    assert "0 due" in _skipped(world, "cv_inbox_sensor")
    assert "0 due" in _skipped(world, "cv_profile_sensor")


def test_a_changed_file_is_a_new_version_and_matches_that_user_alone(world: World) -> None:
    world.collect()
    world.take_in("ada", NURSE_CV)
    world.take_in("ben", ENGINEER_CV)
    before = [row for row in world.rows("user_job_matches")["user_job_matches"] if "'ben'" in row]
    world.take_in("ada", ENGINEER_CV)
    of_ada = "JOIN users ON users.id = user_id WHERE user_key = 'ada'"
    assert world.scalar(f"SELECT max(version) FROM cv_profiles {of_ada}") == 2
    after = world.rows("user_job_matches")["user_job_matches"]
    assert [row for row in after if "'ben'" in row] == before
    assert world.scalar(f"SELECT count(DISTINCT profile_version) FROM user_job_matches {of_ada}") == 1


def test_back_to_an_older_cv_is_news(world: World) -> None:
    world.take_in("ada", NURSE_CV)
    world.take_in("ada", ENGINEER_CV)
    world.put_cv("ada", NURSE_CV)
    assert world.run_sensor("cv_inbox_sensor") == 1
    newest = "SELECT sha256 FROM cv_documents ORDER BY landing DESC LIMIT 1"
    assert world.scalar(newest) == hashlib.sha256(NURSE_CV.encode()).hexdigest()
    assert world.run_sensor("cv_profile_sensor") == 1
    assert world.run_sensor("cv_inbox_sensor") == 0


def test_work_under_way_is_not_started_twice(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    (request,) = _requests(world, "cv_inbox_sensor")
    world.instance.add_dynamic_partitions(USERS.name or "", ["ada"])
    _leave_run(world, request, dg.DagsterRunStatus.STARTED)
    assert "1 under way" in _skipped(world, "cv_inbox_sensor")


def test_a_failed_run_is_tried_again_three_times_then_waits_for_a_person(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    world.instance.add_dynamic_partitions(USERS.name or "", ["ada"])
    keys = []
    for _ in range(sensors.MAX_ATTEMPTS):
        (request,) = _requests(world, "cv_inbox_sensor")
        keys.append(request.run_key)
        _leave_run(world, request, dg.DagsterRunStatus.FAILURE)
    assert len(set(keys)) == sensors.MAX_ATTEMPTS
    assert "1 still due after 3 runs" in _skipped(world, "cv_inbox_sensor")


def test_an_unreadable_cv_is_a_status_and_not_an_endless_loop(world: World) -> None:
    world.put_cv("ada", _UNREADABLE, ".pdf")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.scalar("SELECT status FROM cv_documents") == "unreadable"
    assert world.scalar("SELECT reason FROM cv_documents")
    assert world.run_sensor("cv_inbox_sensor") == 0
    assert world.run_sensor("cv_profile_sensor") == 0


def test_a_burst_is_one_run_over_a_list_of_users(world: World) -> None:
    world.collect()
    for n in range(sensors.BURST_USERS + 1):
        world.put_cv(f"user-{n:02}", NURSE_CV + f"\nProjects: number {n}")
    result = _tick(world, "cv_inbox_sensor")
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or ()
    assert request.job_name == "match_users"
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.scalar("SELECT count(*) FROM user_match_state") == sensors.BURST_USERS + 1
    # Read, embedded and matched in that one run: nothing is left for the other sensor.
    assert world.run_sensor("cv_profile_sensor") == 0


def test_a_burst_that_keeps_failing_becomes_a_run_for_each_user(world: World) -> None:
    for n in range(sensors.BURST_USERS + 1):
        world.put_cv(f"user-{n:02}", NURSE_CV + f"\nProjects: number {n}")
    for _ in range(sensors.MAX_ATTEMPTS):
        (request,) = _requests(world, "cv_inbox_sensor")
        assert request.job_name == "match_users"
        _leave_run(world, request, dg.DagsterRunStatus.FAILURE)
    requests = _requests(world, "cv_inbox_sensor")
    assert {request.job_name for request in requests} == {"ingest_cv"}
    assert len(requests) == sensors.BURST_USERS


def test_users_of_a_burst_under_way_are_left_to_it(world: World) -> None:
    for n in range(sensors.BURST_USERS + 1):
        world.put_cv(f"user-{n:02}", NURSE_CV + f"\nProjects: number {n}")
    (request,) = _requests(world, "cv_inbox_sensor")
    _leave_run(world, request, dg.DagsterRunStatus.STARTED)
    world.put_cv("late", ENGINEER_CV)
    (late,) = _requests(world, "cv_inbox_sensor")
    assert late.partition_key == "late"


@pytest.mark.parametrize("name", ["evil...key.txt", ".hidden.txt"])
def test_names_that_can_be_no_user_key_are_left_alone(world: World, name: str) -> None:
    (world.inbox / name).write_text(NURSE_CV)
    assert _requests(world, "cv_inbox_sensor") == []


def test_run_metadata_and_logs_hold_nothing_of_the_cv(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.collect()
    world.take_in("ada", NURSE_CV.replace("wound care", "zanzibarine care"))
    events = " ".join(
        str(record.event_log_entry)
        for run in world.instance.get_runs()
        for record in world.instance.get_records_for_run(run.run_id).records
    )
    printed = capfd.readouterr()
    for secret in ("zanzibarine", "Lindenhof", "Ada Example", "Wound"):
        assert secret not in events
        assert secret not in printed.out + printed.err
