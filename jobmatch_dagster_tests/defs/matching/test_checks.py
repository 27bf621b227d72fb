"""Checks of the matches that need no matches."""

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.environment import environment
from jobmatch_dagster_tests.support.checks import run_check


def test_table_of_users_without_row_security_is_named(database: Database) -> None:
    migrate(database)
    with environment({"JOBMATCH_DATABASE_URL": database.url}):
        assert run_check("users_isolated").passed
        with database.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE notes (user_id bigint)")
        failed = run_check("users_isolated")
    assert not failed.passed
    assert failed.metadata["unprotected_tables"].value == "notes"
