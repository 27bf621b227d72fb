"""The runbook's backup and restore, with the embedded server's own commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.db.connection.roles import reading_as, unprotected_tables
from jobmatch_dagster.db.connection.urls import with_database
from jobmatch_dagster_tests.support.backups import dump, restore
from jobmatch_dagster_tests.support.world import NURSE_CV, World

_USES = ("pipeline", "reader", "statistics")


@pytest.fixture
def server(world: World) -> Iterator[Connection]:
    """An administrator of a server on which, as on a new one, the roles that a dump names are missing."""
    url = with_database(world.variables["JOBMATCH_DATABASE_URL"], "postgres")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for use in _USES:
            connection.exec_driver_sql(f"ALTER ROLE jobmatch_{use} RENAME TO elsewhere_{use}")
        yield connection
        connection.exec_driver_sql("DROP DATABASE IF EXISTS restored WITH (FORCE)")
        for use in _USES:
            connection.exec_driver_sql(f"DROP ROLE IF EXISTS restored_{use}, jobmatch_{use}")
            connection.exec_driver_sql(f"ALTER ROLE elsewhere_{use} RENAME TO jobmatch_{use}")
    engine.dispose()


def test_a_restored_dump_has_the_same_rows_and_roles(world: World, server: Connection, tmp_path: Path) -> None:
    world.collect()
    world.take_in("ada", NURSE_CV)
    file = tmp_path / "jobmatch.dump"
    dump(world.variables["JOBMATCH_DATABASE_URL"], file)
    restored = with_database(world.variables["JOBMATCH_DATABASE_URL"], "restored")
    for use in _USES:
        server.exec_driver_sql(f"CREATE ROLE jobmatch_{use} NOLOGIN")
    server.exec_driver_sql("CREATE DATABASE restored")
    restore(restored, file)
    copy, original = Database(restored), world.database
    assert migrate(copy) == ()
    with copy.begin() as connection:
        assert unprotected_tables(connection) == []
    with reading_as(copy, "ada") as connection:
        assert connection.scalar(text("SELECT count(*) FROM users")) == 1
    before = world.rows()
    world.database = copy
    assert world.rows() == before
    assert sum(map(len, before.values())) > 30
    world.database = original
    copy.dispose()
