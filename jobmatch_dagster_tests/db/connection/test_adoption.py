"""A database of the last version before `0001.schema` is adopted with its rows; an older one is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from jobmatch_dagster.db.connection.adoption import EARLIER
from jobmatch_dagster.db.connection.engine import Database, run_script
from jobmatch_dagster.db.connection.migrations import (
    MigrationError,
    SchemaVersionError,
    migrate,
    plan,
    require_schema,
    rollback,
)
from jobmatch_dagster.db.connection.roles import reading_as, unprotected_tables
from jobmatch_dagster.db.connection.schema_files import migration_names, project_tables
from jobmatch_dagster.pipeline.operations.legacy import convert_legacy, restore_legacy
from jobmatch_dagster_tests.support.earlier_database import build_earlier_database
from jobmatch_dagster_tests.support.legacy_database import build_legacy_database
from jobmatch_dagster_tests.support.rows_of_users import EARLIER_FILL, JOBS
from jobmatch_dagster_tests.support.schema_text import RECORDED_SCHEMA, schema_text

# Tables that came after `0001.schema`: no earlier database has them.
_LATER = {
    "user_digests",
    "digest_entries",
    "digest_deliveries",
    "user_facts",
    "match_events",
    "user_answers",
    "schema_compatibility",
}


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    """A database without any table."""
    database = Database(empty_database_url)
    yield database
    database.dispose()


@pytest.fixture
def earlier(empty: Database) -> Database:
    """A database of the last earlier version, with two users who have rows in every table of users."""
    build_earlier_database(empty)
    with empty.begin() as connection:
        run_script(connection, "".join([JOBS, *(EARLIER_FILL.format(key=key) for key in ("ada", "ben"))]))
    return empty


def schema(database: Database) -> list[str]:
    with database.begin() as connection:
        return schema_text(connection).splitlines()


_ROWS = """SELECT (jsonb_strip_nulls(to_jsonb(t)) - CAST(:changed AS text[]))::text FROM "{name}" AS t ORDER BY 1"""


def rows(database: Database) -> dict[str, list[str]]:
    with database.begin() as connection:
        return {
            # Columns of later migrations have no value yet, or their default, and matches have no number any more.
            name: list(
                connection.scalars(
                    text(_ROWS.format(name=name)),
                    {"changed": ["id", "cv_label"] if name == "user_job_matches" else ["label"]},
                )
            )
            for name in project_tables()
            if name not in _LATER
        }


def bookkeeping(database: Database) -> list[str]:
    with database.begin() as connection:
        return list(connection.scalars(text("SELECT migration_id FROM _yoyo_migration ORDER BY 1")))


def test_an_adopted_database_has_the_schema_of_a_new_one(earlier: Database) -> None:
    before = rows(earlier)
    assert sum(map(len, before.values())) == 30
    found = plan(earlier)
    assert (found.adopts, found.applied) == (True, ("0001.schema",))
    assert migrate(earlier) == found.pending
    assert bookkeeping(earlier) == list(migration_names())
    assert not plan(earlier).adopts
    assert migrate(earlier) == ()
    require_schema(earlier)
    assert rows(earlier) == before
    assert schema(earlier) == RECORDED_SCHEMA.read_text(encoding="utf-8").splitlines()
    with earlier.begin() as connection:
        assert unprotected_tables(connection) == []
    with reading_as(earlier, "ada") as connection:
        assert connection.scalar(text("SELECT count(*) FROM current_matches")) == 3


def test_a_program_asks_for_the_adoption(earlier: Database) -> None:
    with pytest.raises(
        SchemaVersionError, match=r"(at migration 0030\.isolation|lacks \d+ migration).*Run `jobmatch migrate`"
    ):
        require_schema(earlier)
    assert bookkeeping(earlier) == list(EARLIER)


@pytest.mark.parametrize("adopted", [True, False])
def test_an_earlier_database_is_rolled_back_as_a_whole(adopted: bool, earlier: Database) -> None:
    if adopted:
        migrate(earlier)
    assert rollback(earlier, everything=True) == (migration_names()[::-1] if adopted else ("0001.schema",))
    assert schema(earlier) == []
    assert bookkeeping(earlier) == []
    assert migrate(earlier) == migration_names()


@pytest.mark.parametrize("last", ["0001.catalog", "0005.legacy", "0025.operations"])
def test_an_older_database_is_refused(last: str, empty: Database) -> None:
    build_earlier_database(empty, last)
    before = schema(empty)
    for action in (migrate, rollback):
        with pytest.raises(MigrationError, match=rf"at migration {last}, .*commit e5e3051 .*Nothing was changed"):
            action(empty)
    with pytest.raises(SchemaVersionError, match=last):
        require_schema(empty)
    assert schema(empty) == before
    assert bookkeeping(empty) == list(EARLIER[: EARLIER.index(last) + 1])


@pytest.mark.parametrize("adopted", [True, False])
def test_an_earlier_conversion_can_be_reverted(adopted: bool, empty: Database) -> None:
    build_legacy_database(empty, jobs=20)
    convert_legacy(empty, datetime.now(UTC), lambda _: None)
    for _ in migration_names()[1:]:
        rollback(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql("DELETE FROM _yoyo_migration WHERE migration_id = '0001.schema'")
        connection.execute(
            text(
                "INSERT INTO _yoyo_migration (migration_hash, migration_id) SELECT md5(n), n FROM unnest(:names) AS n"
            ),
            {"names": list(EARLIER)},
        )
    if adopted:
        migrate(empty)
    with pytest.raises(MigrationError, match="Use `jobmatch rollback --to-legacy`"):
        rollback(empty, everything=True)
    assert "raw_jobs_test" in restore_legacy(empty, lambda _: None)


def test_an_adoption_that_fails_changes_nothing(earlier: Database) -> None:
    with earlier.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE users RENAME COLUMN active TO is_active")
    before = schema(earlier)
    with pytest.raises(MigrationError, match='column "active" of relation "users" does not exist'):
        migrate(earlier)
    assert bookkeeping(earlier) == list(EARLIER)
    assert schema(earlier) == before
