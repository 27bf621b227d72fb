"""The schema comes and goes as a whole, and keeps the promises that the tables make."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from jobmatch_dagster.db.engine import Database, DatabaseUnavailableError
from jobmatch_dagster.db.migrations import MigrationError, migrate, plan, rollback

SNAPSHOT = text(
    "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull FROM pg_class c "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
    "WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '%yoyo%' ORDER BY 1, 2"
)


def schema(database: Database) -> list[tuple[object, ...]]:
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(SNAPSHOT)]


def test_every_migration_can_be_undone_and_applied_again(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert schema(database) == []
    applied = migrate(database)
    full = schema(database)
    assert len(full) > 100
    for _ in applied:
        assert len(rollback(database)) == 1
    assert schema(database) == []
    assert plan(database).applied == ()
    assert migrate(database) == applied
    assert schema(database) == full
    assert migrate(database) == ()
    database.dispose()


def test_two_at_once_do_not_meet(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7201001)"))
        with pytest.raises(MigrationError, match="Another process"):
            migrate(database)


@pytest.mark.parametrize("action", [migrate, rollback, plan])
def test_a_server_that_does_not_answer_is_one_sentence(action: Callable[[Database], object]) -> None:
    database = Database("postgresql://nobody:secret@127.0.0.1:9/none")
    with pytest.raises(DatabaseUnavailableError, match="does not answer") as caught:
        action(database)
    assert "secret" not in str(caught.value)


def test_jobs_holds_no_column_of_a_user(database: Database) -> None:
    columns = {column for table, column, *_ in schema(database) if table == "jobs"}
    assert not columns & {"status", "priority", "user_id", "user_key", "match_score", "match_reasoning"}
    assert len(columns) > 50


def test_every_table_and_column_is_explained(database: Database) -> None:
    query = text(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE '%yoyo%' "
        "AND (a.attnum > 0 AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL "
        "OR obj_description(c.oid) IS NULL)"
    )
    with database.begin() as connection:
        assert connection.execute(query).all() == []
