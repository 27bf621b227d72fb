"""Checks whose faults change the schema: each test has a database of its own."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from jobmatch_dagster.db.connection.engine import Database, run_script
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.defs.catalog import checks
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.environment import environment
from jobmatch_dagster.pipeline.catalog.records import load_records
from jobmatch_dagster_tests.support.checks import run_check
from jobmatch_dagster_tests.support.world import HOUR, NOW

_FAULTS: dict[str, tuple[str, str, object]] = {
    "no_user_columns": ("ALTER TABLE jobs ADD COLUMN status text", "user_columns", "status"),
    "keys_hold": (
        "ALTER TABLE jobs DROP CONSTRAINT jobs_external_id_key; UPDATE jobs SET external_id = 'same'",
        "duplicate_external_ids",
        11,
    ),
    "users_isolated": ("CREATE TABLE notes (user_id bigint)", "unprotected_tables", "notes"),
}


@pytest.fixture
def collected(database: Database) -> Iterator[Database]:
    """Twelve postings of the newest complete hour."""
    migrate(database)
    body = json.dumps(postings_of_hour(HOUR, count=12)).encode()
    with database.begin() as connection:
        load_records(connection, "1h", {}, body, NOW, "test")
    with environment({"JOBMATCH_DATABASE_URL": database.url, "JOBMATCH_CLOCK": NOW.isoformat()}):
        yield database


@pytest.mark.parametrize("name", sorted(_FAULTS))
def test_check_fails_on_its_fault_and_says_what_to_do(name: str, collected: Database) -> None:
    passed = run_check(name)
    assert passed.passed, passed.metadata
    fault, key, value = _FAULTS[name]
    with collected.begin() as connection:
        run_script(connection, fault)
    failed = run_check(name)
    assert not failed.passed
    assert failed.metadata[key].value == value
    assert len(str(failed.metadata["recovery"].value)) > 60


def test_orphans_are_counted(collected: Database) -> None:
    with collected.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE job_sightings DROP CONSTRAINT job_sightings_job_id_fkey")
        connection.execute(text("UPDATE job_sightings SET job_id = job_id + 1000"))
    failed = run_check("keys_hold")
    assert failed.metadata["orphans"].value == 12
    assert failed.metadata["constraints_missing"].value == "job_sightings_job_id_fkey"


def test_disabled_and_misplaced_keys_are_missing(collected: Database) -> None:
    with collected.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE job_match_state DROP CONSTRAINT job_match_state_job_id_fkey")
        connection.exec_driver_sql(
            "CREATE TABLE other (job_id bigint CONSTRAINT job_match_state_job_id_fkey REFERENCES jobs)"
        )
        connection.exec_driver_sql("ALTER TABLE job_embeddings DISABLE TRIGGER ALL")
    failed = run_check("keys_hold")
    assert not failed.passed
    assert failed.metadata["constraints_missing"].value == "job_embeddings_job_id_fkey, job_match_state_job_id_fkey"


def test_rows_are_counted_only_if_a_key_is_missing(collected: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    for name in ("orphans", "duplicate_ids"):
        monkeypatch.setattr(checks, name, lambda _, name=name: read.append(name))
    assert run_check("keys_hold").passed
    assert read == []
