"""`jobmatch forget-again`: a restored backup brings back nobody who was erased after it."""

from pathlib import Path

import pytest
from sqlalchemy import text

from jobmatch_dagster.cli.runtime import open_runtime
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.urls import dagster_url
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.pipeline.operations.erasure_notes import note_erasure
from jobmatch_dagster.pipeline.profiles.ingest import ingest_cv
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.support.backups import dump, restore_in_place
from jobmatch_dagster_tests.support.canaries import find_canary
from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.world import ENGINEER_CV, NOW, World

_PARTITIONS = USERS.name or ""


@pytest.mark.matched
def test_a_restored_backup_brings_nobody_back(world: World, tmp_path: Path) -> None:
    world.put_cv("ben", ENGINEER_CV)
    ingest_cv(world.database, "ben", inbox=world.inbox, wall_time=wall_time, today=NOW.date(), run_id="test")
    with open_runtime() as runtime, runtime.dagster_instance() as instance:
        instance.add_dynamic_partitions(_PARTITIONS, ["ada", "ben"])
    database = world.database
    databases = [database, Database(dagster_url(database.url))]
    files = {each: tmp_path / f"{number}.dump" for number, each in enumerate(databases)}

    def hits() -> list[str]:
        return find_canary(databases, [world.inbox, FolderSettings.read().digest_folder], "Ada Example")

    assert "cv_documents" in hits()
    for each, file in files.items():
        dump(each.url, file)
    assert run_command("forget", "ada", "--yes").returncode == 0
    assert hits() == []
    for each, file in files.items():
        each.dispose()
        restore_in_place(each.url, file)
    assert run_command("migrate").returncode == 0
    assert "cv_documents" in hits(), "the restored backup has the user again"

    assert "Erased before, and back: ada." in run_command("forget-again", "--dry-run").stdout
    assert "cv_documents" in hits()
    again = run_command("forget-again", "--yes")
    assert again.stdout.endswith("Nothing of them is left.\n"), again.stderr
    assert hits() == []
    assert world.scalar("SELECT string_agg(user_key, ',') FROM users") == "ben"
    with open_runtime() as runtime, runtime.dagster_instance() as instance:
        assert instance.get_dynamic_partitions(_PARTITIONS) == ["ben"]
    assert run_command("forget-again").stdout == (
        f"1 erasures in {tmp_path / 'home' / 'erasures'}, 1 user keys compared.\nNobody has to be erased again.\n"
    )
    databases[1].dispose()


def test_one_that_cannot_be_erased_keeps_no_other(world: World) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO users (user_key) VALUES ('ada'), ('ben')")
        moment = connection.scalars(text("SELECT now()")).one()
        connection.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF OLD.user_key = 'ada' THEN RAISE 'not this one'; END IF; RETURN OLD; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    for key in ("ada", "ben"):
        note_erasure(FolderSettings.read().erasure_folder, key, moment)
    done = run_command("forget-again", "--yes")
    assert done.returncode == 1
    assert "1 of 2 failed" in done.stderr
    assert "Traceback" not in done.stderr
    assert world.scalar("SELECT string_agg(user_key, ',') FROM users") == "ada"


def test_nobody_is_erased_without_a_note(world: World) -> None:
    with world.database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO users (user_key) VALUES ('ada')")
    shown = run_command("forget-again", "--yes")
    assert (shown.returncode, "Nobody has to be erased again." in shown.stdout) == (0, True)
    assert world.scalar("SELECT count(*) FROM users") == 1
