"""The state machine of the two CV sensors, on a real instance and real tables."""

import hashlib
import os
import time
from typing import Any

import dagster as dg
import pytest

from jobmatch_dagster import names
from jobmatch_dagster.build import default_resources
from jobmatch_dagster.cli.runs import RunFailedError, run_job
from jobmatch_dagster.defs.automation import sensors
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.pipeline.matching import match
from jobmatch_dagster.pipeline.operations import due_work
from jobmatch_dagster.pipeline.operations import match_users as match_users_module
from jobmatch_dagster.pipeline.profiles.preferences import change_preferences
from jobmatch_dagster_tests.support.erasure import erase
from jobmatch_dagster_tests.support.world import ENGINEER_CV, NURSE_CV, World

_UNREADABLE = b"%PDF-1.7 not a pdf at all"


def _tick(world: World, name: str) -> dg.SensorResult | dg.SkipReason:
    """What the sensor requests; nothing is run."""
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


_EVENTS = {
    dg.DagsterRunStatus.STARTED: "PIPELINE_START",
    dg.DagsterRunStatus.FAILURE: "PIPELINE_FAILURE",
    dg.DagsterRunStatus.CANCELED: "PIPELINE_CANCELED",
    dg.DagsterRunStatus.SUCCESS: "PIPELINE_SUCCESS",
}


def _leave_run(world: World, request: dg.RunRequest, status: dg.DagsterRunStatus) -> str:
    """Create a run as the daemon would launch it, in this state; returns its id."""
    job = world.defs.resolve_job_def(request.job_name or "")
    tags = {**request.tags, **({"dagster/partition": request.partition_key} if request.partition_key else {})}
    run = world.instance.create_run_for_job(job, run_config=dict(request.run_config), tags=tags)
    _end_run(world, run.run_id, job.name, status)
    return run.run_id


def _end_run(world: World, run_id: str, job_name: str, status: dg.DagsterRunStatus) -> None:
    world.instance.handle_run_event(run_id, dg.DagsterEvent(_EVENTS[status], job_name=job_name))


def test_new_file_adds_its_partition_and_requests_one_run(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    result = _tick(world, "cv_inbox_sensor")
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or ()
    assert (request.job_name, request.partition_key) == ("ingest_cv", "ada")
    (change,) = result.dynamic_partitions_requests or ()
    assert list(change.partition_keys) == ["ada"]


def test_file_that_is_being_written_is_ignored(world: World) -> None:
    path = world.put_cv("ada", NURSE_CV)
    path.touch()
    assert _requests(world, "cv_inbox_sensor") == []


@pytest.mark.matched
def test_same_content_again_is_not_due(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    assert "0 due" in _skipped(world, "cv_inbox_sensor")
    assert "0 due" in _skipped(world, "cv_profile_sensor")


@pytest.mark.matched
def test_changed_file_is_matched_for_its_user_alone(world: World) -> None:
    world.take_in("ben", ENGINEER_CV)
    before = [row for row in world.rows("user_job_matches")["user_job_matches"] if "'ben'" in row]
    world.take_in("ada", ENGINEER_CV)
    of_ada = "JOIN users ON users.id = user_id WHERE user_key = 'ada'"
    assert world.scalar(f"SELECT max(version) FROM cv_profiles {of_ada}") == 2
    after = world.rows("user_job_matches")["user_job_matches"]
    assert [row for row in after if "'ben'" in row] == before
    assert world.scalar(f"SELECT count(DISTINCT profile_version) FROM user_job_matches {of_ada}") == 1


@pytest.mark.matched
def test_return_to_an_older_cv_is_due(world: World) -> None:
    world.take_in("ada", ENGINEER_CV)
    world.put_cv("ada", NURSE_CV)
    assert world.run_sensor("cv_inbox_sensor") == 1
    newest = "SELECT sha256 FROM cv_documents ORDER BY landing DESC LIMIT 1"
    assert world.scalar(newest) == hashlib.sha256(NURSE_CV.encode()).hexdigest()
    assert world.run_sensor("cv_profile_sensor") == 1
    assert world.run_sensor("cv_inbox_sensor") == 0


def test_work_under_way_is_not_requested_again(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    (request,) = _requests(world, "cv_inbox_sensor")
    world.instance.add_dynamic_partitions(USERS.name or "", ["ada"])
    _leave_run(world, request, dg.DagsterRunStatus.STARTED)
    assert "1 under way" in _skipped(world, "cv_inbox_sensor")


def test_failed_work_is_requested_three_times(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    world.instance.add_dynamic_partitions(USERS.name or "", ["ada"])
    keys = []
    for _ in range(sensors.MAX_ATTEMPTS):
        (request,) = _requests(world, "cv_inbox_sensor")
        keys.append(request.run_key)
        _leave_run(world, request, dg.DagsterRunStatus.FAILURE)
    assert len(set(keys)) == sensors.MAX_ATTEMPTS
    assert "1 still due after 3 runs" in _skipped(world, "cv_inbox_sensor")


def test_unreadable_cv_is_not_requested_again(world: World) -> None:
    world.put_cv("ada", _UNREADABLE, ".pdf")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.scalar("SELECT status FROM cv_documents") == "unreadable"
    assert world.scalar("SELECT reason FROM cv_documents")
    assert world.run_sensor("cv_inbox_sensor") == 0
    assert world.run_sensor("cv_profile_sensor") == 0


@pytest.mark.collected
def test_burst_is_one_run_over_a_list_of_users(world: World) -> None:
    for n in range(sensors.BURST_USERS + 1):
        world.put_cv(f"user-{n:02}", NURSE_CV + f"\nProjects: number {n}")
    result = _tick(world, "cv_inbox_sensor")
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or ()
    assert request.job_name == "match_users"
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.scalar("SELECT count(*) FROM user_match_state") == sensors.BURST_USERS + 1
    # That one run reads, embeds and matches: nothing is left for the other sensor.
    assert world.run_sensor("cv_profile_sensor") == 0


def test_burst_that_keeps_failing_becomes_a_run_for_each_user(world: World) -> None:
    for n in range(sensors.BURST_USERS + 1):
        world.put_cv(f"user-{n:02}", NURSE_CV + f"\nProjects: number {n}")
    for _ in range(sensors.MAX_ATTEMPTS):
        (request,) = _requests(world, "cv_inbox_sensor")
        assert request.job_name == "match_users"
        _leave_run(world, request, dg.DagsterRunStatus.FAILURE)
    requests = _requests(world, "cv_inbox_sensor")
    assert {request.job_name for request in requests} == {"ingest_cv"}
    assert len(requests) == sensors.BURST_USERS


def test_users_of_a_burst_under_way_are_not_requested(world: World) -> None:
    for n in range(sensors.BURST_USERS + 1):
        world.put_cv(f"user-{n:02}", NURSE_CV + f"\nProjects: number {n}")
    (request,) = _requests(world, "cv_inbox_sensor")
    _leave_run(world, request, dg.DagsterRunStatus.STARTED)
    world.put_cv("late", ENGINEER_CV)
    (late,) = _requests(world, "cv_inbox_sensor")
    assert late.partition_key == "late"


@pytest.mark.parametrize("name", ["evil...key.txt", ".hidden.txt"])
def test_names_that_cannot_be_user_keys_are_ignored(world: World, name: str) -> None:
    (world.inbox / name).write_text(NURSE_CV)
    assert _requests(world, "cv_inbox_sensor") == []


@pytest.mark.collected
def test_run_metadata_and_logs_show_nothing_of_the_cv(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    # An employer that no posting names, because the companies of matches are shown.
    world.take_in("ada", NURSE_CV.replace("wound care", "zanzibarine care").replace("Lindenhof", "Quirlhof"))
    events = " ".join(
        str(record.event_log_entry)
        for run in world.instance.get_runs()
        for record in world.instance.get_records_for_run(run.run_id).records
    )
    printed = capfd.readouterr()
    for secret in ("zanzibarine", "Quirlhof", "Ada Example", "Wound"):
        assert secret not in events
        assert secret not in printed.out + printed.err


def test_work_still_due_after_three_runs_is_given_up(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    world.instance.add_dynamic_partitions(USERS.name or "", ["ada"])
    for status in ("SUCCESS", "CANCELED", "FAILURE"):
        (request,) = _requests(world, "cv_inbox_sensor")
        _leave_run(world, request, dg.DagsterRunStatus(status))
    assert "1 due, 0 under way, 1 still due after 3 runs and not requested again" in _skipped(world, "cv_inbox_sensor")
    # A file that is written again and another user are other work.
    world.put_cv("ben", ENGINEER_CV)
    time.sleep(0.01)
    world.put_cv("ada", NURSE_CV)
    assert {request.partition_key for request in _requests(world, "cv_inbox_sensor")} == {"ada", "ben"}


def test_forgotten_user_who_returns_has_no_attempts(world: World) -> None:
    world.instance.add_dynamic_partitions(USERS.name or "", ["ada"])
    path = world.put_cv("ada", NURSE_CV)
    state = path.stat()
    for _ in range(sensors.MAX_ATTEMPTS):
        _leave_run(world, _requests(world, "cv_inbox_sensor")[0], dg.DagsterRunStatus.FAILURE)
    run_job(world.defs, world.instance, "ingest_cv", partition_key="ada")
    for _ in range(sensors.MAX_ATTEMPTS):
        _leave_run(world, _requests(world, "cv_profile_sensor")[0], dg.DagsterRunStatus.FAILURE)
    for name in ("cv_inbox_sensor", "cv_profile_sensor"):
        assert _requests(world, name) == []
    erase(world, "ada")
    # The same file with the same time, as after a copy that preserves times.
    world.put_cv("ada", NURSE_CV)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert len(_requests(world, "cv_profile_sensor")) == 1


@pytest.mark.collected
def test_new_version_during_a_rematch_is_requested_after_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put_cv("ada", NURSE_CV)
    assert world.run_sensor("cv_inbox_sensor") == 1
    (first,) = _requests(world, "cv_profile_sensor")
    write = match.write_matches

    def write_late(*arguments: Any, **options: Any) -> Any:
        # The run has read version 1; version 2 arrives before it stores what it matched.
        monkeypatch.setattr(match, "write_matches", write)
        world.put_cv("ada", ENGINEER_CV)
        assert world.run_sensor("cv_inbox_sensor") == 1
        return write(*arguments, **options)

    monkeypatch.setattr(match, "write_matches", write_late)
    run_job(world.defs, world.instance, "rematch_user", partition_key="ada", tags=first.tags)
    assert world.scalar("SELECT profile_version FROM user_match_state") == 1
    (second,) = _requests(world, "cv_profile_sensor")
    assert second.run_key != first.run_key
    assert second.tags[names.TAG_PROFILE_VERSION] == "2"
    # While the second run is under way, a third version waits; nothing is requested twice.
    run_id = _leave_run(world, second, dg.DagsterRunStatus.STARTED)
    world.put_cv("ada", NURSE_CV + "\nProjects: one more")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert "1 due, 1 under way" in _skipped(world, "cv_profile_sensor")
    _end_run(world, run_id, "rematch_user", dg.DagsterRunStatus.FAILURE)
    assert world.run_sensor("cv_profile_sensor") == 1
    assert world.scalar("SELECT profile_version FROM user_match_state") == 3
    assert world.scalar("SELECT count(DISTINCT profile_version) FROM user_job_matches") == 1


def test_run_that_ends_during_the_tick_is_not_repeated(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put_cv("ada", NURSE_CV)
    assert world.run_sensor("cv_inbox_sensor") == 1
    (request,) = _requests(world, "cv_profile_sensor")
    run_id = _leave_run(world, request, dg.DagsterRunStatus.STARTED)
    read = due_work.users_to_match

    def read_while_it_ends(connection: Any) -> Any:
        due = read(connection)
        _end_run(world, run_id, "rematch_user", dg.DagsterRunStatus.SUCCESS)
        return due

    monkeypatch.setattr(due_work, "users_to_match", read_while_it_ends)
    assert "1 due, 1 under way" in _skipped(world, "cv_profile_sensor")


@pytest.mark.matched
def test_changed_preferences_rematch_their_user_alone(world: World) -> None:
    world.take_in("ben", ENGINEER_CV)
    # A preferences file in the user's folder, next to the CV in the other layout.
    (world.inbox / "ada").mkdir()
    world.put_cv("ada/preferences", 'work_arrangements = ["remote"]', ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 1
    (request,) = _requests(world, "cv_profile_sensor")
    assert (request.partition_key, request.tags[names.TAG_PREFERENCES_VERSION]) == ("ada", "1")
    assert world.run_sensor("cv_profile_sensor") == 1
    of_ada = "FROM user_match_state JOIN users ON users.id = user_id WHERE user_key = 'ada'"
    assert world.scalar(f"SELECT preferences_version {of_ada}") == 1
    assert _requests(world, "cv_inbox_sensor") == _requests(world, "cv_profile_sensor") == []
    # A file that cannot be understood is reported and changes nothing.
    world.put_cv("ada.preferences", "needs_visa = 7", ".toml")
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert "needs_visa: must be true or false" in world.scalar("SELECT problem FROM user_preferences")
    assert world.scalar("SELECT work_arrangements FROM user_preferences") == ["Remote OK", "Remote Solely"]
    assert _requests(world, "cv_profile_sensor") == []
    # Set by a program: the same preference is no change, another one is.
    change_preferences(world.database, "ada", {"work_arrangements": ["remote"]})
    assert _requests(world, "cv_profile_sensor") == []
    assert change_preferences(world.database, "ada", {"needs_visa": True})[1] == 2
    assert [request.partition_key for request in _requests(world, "cv_profile_sensor")] == ["ada"]
    # Before there is a CV there is nothing to match.
    change_preferences(world.database, "cleo", {"needs_visa": True})
    assert len(_requests(world, "cv_profile_sensor")) == 1


def test_jumping_clocks_lose_no_file_and_keep_the_order(world: World) -> None:
    current = "SELECT sha256 FROM cv_documents JOIN users ON users.id = user_id ORDER BY landing DESC LIMIT 1"
    path = world.put_cv("ada", NURSE_CV)
    ahead = time.time() + 86_400
    os.utime(path, (ahead, ahead))
    # Written while the clock was a day ahead: not "still being written" for a day.
    assert world.run_sensor("cv_inbox_sensor") == 1
    (world.inbox / "ada").mkdir()
    world.put_cv("ada/newer", ENGINEER_CV)
    assert world.run_sensor("cv_inbox_sensor") == 1
    assert world.scalar(current) == hashlib.sha256(ENGINEER_CV.encode()).hexdigest()
    # The older file has the later time and is still the older one.
    assert world.run_sensor("cv_inbox_sensor") == 0
    with world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE cv_documents SET received_at = received_at - interval '1 year'")
    assert world.run_sensor("cv_inbox_sensor") == 0
    assert world.run_sensor("cv_profile_sensor") == 1
    assert world.scalar("SELECT profile_version FROM user_match_state") == 2


def test_entries_that_are_no_cvs_are_counted_and_skipped(world: World) -> None:
    inbox = world.inbox
    os.mkfifo(inbox / "pipe.txt")
    (inbox / "link.txt").symlink_to("/etc/passwd")
    (inbox / "linked").symlink_to("/etc")
    (inbox / "a\nb\x1b[31m.txt").write_text(NURSE_CV)
    (inbox / "...").mkdir()
    world.put_cv("...x", NURSE_CV)
    huge = inbox / "huge.pdf"
    with huge.open("wb") as stream:
        stream.truncate(3 * 2**30)
    os.utime(huge, (1, 1))
    world.put_cv("ada", NURSE_CV)
    started = time.monotonic()
    result = _tick(world, "cv_inbox_sensor")
    assert time.monotonic() - started < 5
    assert isinstance(result, dg.SensorResult)
    assert {request.partition_key for request in result.run_requests or ()} == {"ada", "huge"}
    assert world.run_sensor("cv_inbox_sensor") == 2
    assert (
        world.scalar("SELECT reason FROM cv_documents WHERE status = 'unreadable'") == "the file is larger than 20 MiB"
    )
    assert world.scalar("SELECT length(content) FROM cv_documents WHERE status = 'unreadable'") == 0
    assert "4 skipped" in _skipped(world, "cv_inbox_sensor")


def test_failure_of_one_user_leaves_the_burst_to_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(sensors.BURST_USERS + 1):
        world.put_cv(f"user-{n:02}", NURSE_CV + f"\nProjects: number {n}")
    take_in = match_users_module.ingest_cv

    def fail_for_one(database: Any, user_key: str, **options: Any) -> Any:
        if user_key == "user-03":
            raise ValueError("quotes a secret of the CV")
        return take_in(database, user_key, **options)

    monkeypatch.setattr(match_users_module, "ingest_cv", fail_for_one)
    with pytest.raises(RunFailedError, match=r"1 of 26 users failed, the others are done. Failed: user-03\."):
        world.run_sensor("cv_inbox_sensor")
    assert world.scalar("SELECT count(*) FROM user_match_state") == sensors.BURST_USERS
    (request,) = _requests(world, "cv_inbox_sensor")
    assert (request.job_name, request.partition_key) == ("ingest_cv", "user-03")


@pytest.mark.load
def test_thousand_users_at_once_are_one_run(world: World) -> None:
    world.collect()
    for n in range(sensors.MAX_USERS_PER_TICK + 50):
        world.put_cv(f"user-{n:04}", f"{ENGINEER_CV}\nProjects\nNumber {n} of a thousand projects for some firm")
    started = time.monotonic()
    result = _tick(world, "cv_inbox_sensor")
    tick_seconds = time.monotonic() - started
    assert isinstance(result, dg.SensorResult)
    (request,) = result.run_requests or ()
    keys = request.run_config["ops"]["match_listed_users"]["config"]["user_keys"]
    assert (request.job_name, len(keys)) == ("match_users", sensors.MAX_USERS_PER_TICK)
    assert tick_seconds < due_work.MAX_READING_SECONDS
    started = time.monotonic()
    assert world.run_sensor("cv_inbox_sensor") == 1
    run_seconds = time.monotonic() - started
    assert world.scalar("SELECT count(*) FROM user_match_state") == sensors.MAX_USERS_PER_TICK
    # The next tick requests the others.
    rest = _requests(world, "cv_inbox_sensor")
    assert len(rest) == 1
    assert len(rest[0].run_config["ops"]["match_listed_users"]["config"]["user_keys"]) == 50
    assert _requests(world, "cv_profile_sensor") == []
    print(f"tick {tick_seconds:.1f} s, run over 1,000 users {run_seconds:.1f} s")  # noqa: T201
