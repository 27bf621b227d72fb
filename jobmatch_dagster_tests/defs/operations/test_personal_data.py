"""Export and erasure: everything about a user is exported, and nothing of it is found after the erasure."""

import base64
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import dagster as dg
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from jobmatch_dagster import names
from jobmatch_dagster.build import build_defs
from jobmatch_dagster.cli import main
from jobmatch_dagster.cli.runs import RunFailedError, run_job, run_requested
from jobmatch_dagster.cli.runtime import Runtime, open_runtime
from jobmatch_dagster.core.profiles.user_keys import UserKeyError
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.urls import dagster_url
from jobmatch_dagster.db.operations.erasure_proofs import erasures_of
from jobmatch_dagster.db.operations.personal import places_of_user
from jobmatch_dagster.db.operations.run_failures import RunFailure, note_run_failure
from jobmatch_dagster.db.profiles.users import UnknownUserError
from jobmatch_dagster.defs.quality.metrics_metadata import stored_metadata
from jobmatch_dagster.environment import environment
from jobmatch_dagster.observability.user_history import runs_of_user
from jobmatch_dagster.pipeline.operations.erase import erase_user
from jobmatch_dagster.pipeline.operations.export import export_user
from jobmatch_dagster.pipeline.profiles.inbox import put_into_inbox
from jobmatch_dagster.pipeline.profiles.ingest import ingest_cv
from jobmatch_dagster.pipeline.profiles.user_files import delete_files_of_user
from jobmatch_dagster.pipeline.quality.stored_scores import measure_stored
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster_tests.support.canaries import find_canary
from jobmatch_dagster_tests.support.erasure import erase
from jobmatch_dagster_tests.support.world import NOW, NURSE_CV, World

_KEY = "u-4711"
_NAME, _PHONE, _PHRASE, _FOE = "Zenobia Quillfeather", "5550199177", "harvests moonlit turnips", "Grumblewick"
_CV = NURSE_CV.replace("Ada Example", f"{_NAME}\nPhone +49 30 {_PHONE}").replace(
    "wound care", f"wound care, {_PHRASE} with patients every day"
)
_PREFERENCES = f'excluded_companies = ["{_FOE} AG"]\nmin_salary = 40000\nsalary_currency = "EUR"\n'


@contextmanager
def _real_runtime(world: World, tmp_path: Path) -> Iterator[tuple[Runtime, dg.DagsterInstance]]:
    """Dagster on PostgreSQL with its files, as the command line sets it up."""
    with (
        environment({"JOBMATCH_HOME": str(tmp_path / "home")}),
        open_runtime() as runtime,
        runtime.dagster_instance() as instance,
    ):
        yield runtime, instance


@pytest.mark.collected
def test_nothing_of_a_forgotten_user_is_found(world: World, tmp_path: Path) -> None:
    with _real_runtime(world, tmp_path) as (runtime, instance):
        _live(world, instance)
        server_log = Path(world.scalar("SHOW data_directory")) / "log"
        assert server_log.stat().st_size > 0
        databases = [runtime.database, Database(dagster_url(runtime.database.url))]
        places = [tmp_path, server_log]
        vector = world.scalar("SELECT left(embedding::text, 40) FROM profile_embeddings ORDER BY profile_id LIMIT 1")
        canaries = [_NAME, _PHONE, _PHRASE, _FOE, vector]
        planted = {canary for canary in canaries if find_canary(databases, places, canary)}
        assert planted == set(canaries)

        with world.database.begin() as connection:
            connection.exec_driver_sql("UPDATE user_job_matches SET semantic_score = 0")
            worst = stored_metadata(measure_stored(connection))["worst_pairs"].records
        assert worst[0].data["users.id"] == world.scalar("SELECT id FROM users")
        assert _KEY not in str(worst), "what quality/match_quality shows stays in Dagster's history, single scores too"

        exported = export_user(world.database, _KEY, now=NOW, inboxes=[world.inbox], runs=runs_of_user(instance, _KEY))
        _assert_export_is_whole(world, exported)

        result = run_job(build_defs(), instance, "forget_user", run_config=_forget(_KEY))
        output = next(event for event in result.all_events if event.event_type_value == "STEP_OUTPUT")
        numbers = {name: value.value for name, value in output.step_output_data.metadata.items()}
        assert (numbers["user_found"], numbers["remaining"]) == (True, 0)
        assert numbers["places_searched"] >= len(exported["tables"]) + 4

        assert {canary: find_canary(databases, places, canary) for canary in canaries} == {
            canary: [] for canary in canaries
        }
        # The key itself stays in Dagster's history, and nowhere else.
        assert find_canary([runtime.database], places, _KEY) == []
        assert not instance.has_dynamic_partition("users", _KEY)
        with world.database.begin() as connection:
            ((_, report),) = erasures_of(connection, _KEY)
            assert erasures_of(connection, "somebody else") == []
        assert report["rows_erased"]["cv_profiles"] >= 1
        assert set(report["hits_afterwards"].values()) == {0}
        with pytest.raises(UnknownUserError):
            export_user(world.database, _KEY, now=NOW, inboxes=[world.inbox])

        # A waiting run and a second erasure change nothing; the same file again makes a new user.
        ingest_cv(world.database, _KEY, inbox=world.inbox, wall_time=wall_time, today=NOW.date(), run_id="was waiting")
        run_job(build_defs(), instance, "forget_user", run_config=_forget(_KEY))
        assert world.scalar("SELECT count(*) FROM users") == 0
        world.put_cv(_KEY, _CV)
        world.run_sensor("cv_inbox_sensor")
        assert world.scalar("SELECT max(version) FROM cv_profiles") == 1
        databases[1].dispose()


@pytest.mark.matched
def test_every_table_of_a_user_is_exported_and_erased(world: World) -> None:
    with world.database.begin() as connection:
        found = {place.table for place in places_of_user(connection, "ada")}
        kept = connection.exec_driver_sql(
            "SELECT conrelid::regclass::text FROM pg_constraint "
            "WHERE contype = 'f' AND confrelid = 'users'::regclass AND confdeltype <> 'c'"
        ).all()
        assert kept == []
        # A table that is added later, and one that refers to it.
        connection.exec_driver_sql(
            "CREATE TABLE diaries (id int PRIMARY KEY, user_id bigint REFERENCES users ON DELETE CASCADE)"
        )
        connection.exec_driver_sql("CREATE TABLE pages (diary_id int REFERENCES diaries ON DELETE CASCADE)")
        connection.exec_driver_sql("INSERT INTO diaries SELECT 7, id FROM users")
        connection.exec_driver_sql("INSERT INTO pages VALUES (7)")
        # Backups of a legacy conversion: the key is the legacy id, and nothing cascades.
        connection.exec_driver_sql("CREATE TABLE users_legacy_backup (id int PRIMARY KEY, email text)")
        connection.exec_driver_sql("CREATE TABLE old_matches (id int, user_id int REFERENCES users_legacy_backup)")
        connection.exec_driver_sql("INSERT INTO users_legacy_backup VALUES (7, 'a@example.org'), (8, 'b@example.org')")
        connection.exec_driver_sql("INSERT INTO old_matches VALUES (1, 7), (2, 8)")
        connection.exec_driver_sql("UPDATE users SET user_key = '7'")
    tables = export_user(world.database, "7", now=NOW, inboxes=())["tables"]
    assert set(tables) == found | {"diaries", "pages", "users_legacy_backup", "old_matches"}
    assert tables["pages"] == [{"diary_id": 7}]
    run_job(world.defs, world.instance, "forget_user", run_config=_forget("7"))
    assert world.scalar("SELECT string_agg(email, ',') FROM users_legacy_backup") == "b@example.org"
    assert world.scalar("SELECT count(*) FROM old_matches") == 1
    assert world.scalar("SELECT count(*) FROM pages") == 0
    assert found >= {
        "users", "cv_documents", "cv_profiles", "profile_embeddings", "user_preferences", "user_match_state",
        "user_job_matches", "claude_requests",
    }  # fmt: skip


@pytest.mark.parametrize("key", ["", ".", "..", "ada/../ben", "../outside", "{outside}"])
def test_key_that_leaves_the_inbox_erases_and_exports_nothing(world: World, tmp_path: Path, key: str) -> None:
    outside = tmp_path / "outside" / "kept.txt"
    outside.parent.mkdir()
    outside.write_text("kept")
    for user in ("ada", "ben"):
        _settle(put_into_inbox(world.inbox, user, outside))
    key = key.format(outside=outside.parent)
    with pytest.raises(UserKeyError, match="cannot be a user key"):
        erase(world, key)
    with pytest.raises(UserKeyError, match="cannot be a user key"):
        delete_files_of_user(world.inbox, key)
    with pytest.raises(UserKeyError, match="cannot be a user key"):
        export_user(world.database, key, now=NOW, inboxes=[world.inbox])
    assert outside.exists()
    assert sorted(path.parent.name for path in world.inbox.rglob("kept.txt")) == ["ada", "ben"]
    done = CliRunner().invoke(main.main, ["forget", "--yes", key])
    assert (done.exit_code, "cannot be a user key" in done.output) == (1, True)


def test_link_under_a_key_is_erased_and_not_followed(world: World, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (world.inbox / "ada").symlink_to(outside)
    (world.inbox / "ben").mkdir()
    (world.inbox / "ben" / "cv.txt").symlink_to(outside / "secret.txt")
    (world.inbox / "ben" / "folder").symlink_to(outside)
    os.mkfifo(world.inbox / "ben" / "pipe.txt")
    (world.inbox / "ben" / "own.txt").write_text("own")
    exported = export_user(world.database, "ben", now=NOW, inboxes=[world.inbox])
    files = {file["name"]: file["content_base64"] for file in exported["files"]}
    own = base64.b64encode(b"own").decode()
    assert files == {"cv.txt": None, "folder": None, "pipe.txt": None, "own.txt": own}
    exported = export_user(world.database, "ada", now=NOW, inboxes=[world.inbox])
    assert [file["content_base64"] for file in exported["files"]] == [None]
    for user in ("ada", "ben"):
        assert erase(world, user).hits == 0
    assert list(world.inbox.iterdir()) == []
    assert (outside / "secret.txt").read_text() == "secret"


def test_files_without_a_row_are_erased(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    report = erase(world, "ada")
    assert (report.found, report.files_erased, report.completed) == (True, 1, True)
    again = erase(world, "ada")
    assert not again.found
    with world.database.begin() as connection:
        ((_, report),) = erasures_of(connection, "ada")
    assert report["files_erased"] == 1


@pytest.mark.matched
def test_killed_erasure_is_completed_by_the_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for step in ("_erase_rows_and_files", None):
        with monkeypatch.context() as patched:
            if step:
                patched.setattr(f"{erase_user.__module__}.{step}", _killed)
            with pytest.raises(KeyboardInterrupt):
                erase(world, "ada", _killed)
        # The user is inactive in between: nothing new is matched or asked.
        assert world.scalar("SELECT count(*) FROM users WHERE active") == 0
    assert world.scalar("SELECT report -> 'completed' FROM forgotten_users") is False
    report = erase(world, "ada")
    assert (report.found, report.hits, report.rows_erased["cv_profiles"]) == (True, 0, 1)
    with world.database.begin() as connection:
        ((_, report),) = erasures_of(connection, "ada")
    assert report["completed"]
    assert set(report["hits_afterwards"]) >= {"users", "files in the inbox and digests", "Dagster partition keys"}


def test_failures_of_runs_that_name_the_user_are_erased(world: World) -> None:
    base = {"step_key": None, "error_class": "E", "next_step": "n", "failed_at": NOW}
    tag = {names.TAG_USER: "ada"}
    with world.database.begin() as connection:
        for number, (partition, user, inputs) in enumerate(
            [("ada", "ada", {}), (None, None, tag), ("ben", "ben", {names.TAG_USER: "ben"})]
        ):
            run = {"run_id": f"r{number}", "job_name": "ingest_cv", "partition_key": partition, "inputs": inputs}
            note_run_failure(connection, RunFailure(user_key=user, **run, **base))
    report = erase(world, "ada")
    assert (report.rows_erased, report.hits_afterwards["run_failures"]) == ({"run_failures": 2}, 0)
    assert world.scalar("SELECT string_agg(partition_key, ',') FROM run_failures") == "ben"


def test_failed_statement_shows_no_value(world: World) -> None:
    world.take_in("ada", NURSE_CV)
    with pytest.raises(Exception, match="null value in column") as caught, world.database.begin() as connection:
        connection.execute(text("INSERT INTO users (user_key, active) VALUES (:key, NULL)"), {"key": _PHRASE})
    shown = "".join(map(str, (caught.value, caught.value.__cause__)))
    assert _PHRASE not in shown


def _live(world: World, instance: dg.DagsterInstance) -> None:
    """Traces of a user: two CVs, preferences, matches, an explanation, a request to Claude, a failed run."""
    sidefile = world.inbox.parent / "preferences.toml"
    sidefile.write_text(_PREFERENCES)
    _settle(put_into_inbox(world.inbox, _KEY, sidefile))
    sidefile.unlink()
    world.put_cv(_KEY, _CV)
    resources = {"database": world.defs.resources["database"]} if world.defs.resources else {}
    assert run_requested(build_defs(), instance, "cv_inbox_sensor", resources) == 1
    with world.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE cv_profiles ADD CONSTRAINT one CHECK (version < 2)")
    world.put_cv(_KEY, _CV + f"\nProjects\n{_PHRASE} again in a team of many people\n")
    with pytest.raises(RunFailedError) as caught:
        run_requested(build_defs(), instance, "cv_inbox_sensor", resources)
    assert _PHRASE not in str(caught.value)
    with world.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE cv_profiles DROP CONSTRAINT one")
    assert run_requested(build_defs(), instance, "cv_inbox_sensor", resources) == 1
    assert run_requested(build_defs(), instance, "cv_profile_sensor", resources) == 1
    (world.inbox / _KEY / ".half.pdf.part").write_text(_CV)
    posting = world.scalar("SELECT external_id FROM jobs JOIN user_job_matches ON job_id = jobs.id LIMIT 1")
    run_job(
        build_defs(),
        instance,
        "explain_match",
        run_config={
            "ops": {"write_explanation": {"config": {"user_key": _KEY, "external_id": posting}}},
        },
    )
    with world.database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO claude_requests (request_hash, user_id, job_id, model, prompt_version, profile_version, "
                "text_hash, state, batch_id, answer) "
                "SELECT 'h', user_id, job_id, 'm', 'p', 1, 't', 'pending', 'batch-1', to_jsonb(CAST(:said AS text)) "
                "FROM user_job_matches LIMIT 1"
            ),
            {"said": f"{_NAME} {_PHRASE}"},
        )


def _killed(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _settle(path: Path) -> None:
    still = time.time() - 5
    os.utime(path, (still, still))


def _forget(user_key: str) -> dict[str, object]:
    return {"ops": {"erase_one_user": {"config": {"user_key": user_key}}}}


def _assert_export_is_whole(world: World, exported: dict[str, object]) -> None:
    again = json.loads(json.dumps(exported))
    tables = again["tables"]
    assert len(tables["cv_profiles"]) == 2
    contents = [base64.b64decode(row["content"]["base64"]).decode() for row in tables["cv_documents"]]
    assert _CV in contents
    assert tables["user_preferences"][0]["excluded_companies"] == [f"{_FOE} AG"]
    assert len(tables["user_job_matches"]) == world.scalar("SELECT count(*) FROM user_job_matches")
    assert {file["name"] for file in again["files"]} == {f"{_KEY}.txt", "preferences.toml", ".half.pdf.part"}
    assert {run["job"] for run in again["runs"]} == {"ingest_cv", "rematch_user", "explain_match"}
