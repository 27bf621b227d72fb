"""Transactions: what may only read cannot write, and sees one moment."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from jobmatch_dagster.db.connection.engine import Database

_COUNT = text("SELECT count(*) FROM users")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO users (user_key) VALUES ('a')",
        "DELETE FROM users",
        "CREATE TEMPORARY TABLE t (a integer)",
        "SELECT id FROM users FOR UPDATE",
    ],
)
def test_read_refuses_every_write(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="read-only transaction"), database.read() as connection:
        connection.exec_driver_sql(statement)
    with database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO users (user_key) VALUES ('b')")


def test_read_sees_one_snapshot(database: Database) -> None:
    with database.read() as reading:
        assert reading.scalar(_COUNT) == 0
        with database.begin() as writing:
            writing.exec_driver_sql("INSERT INTO users (user_key) VALUES ('a')")
        assert reading.scalar(_COUNT) == 0
    with database.read() as reading:
        assert reading.scalar(_COUNT) == 1
