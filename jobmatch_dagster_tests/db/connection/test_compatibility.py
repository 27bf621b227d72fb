"""Code of the version before on the schema of the next one: it works where the migrations say so, else not."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from jobmatch_dagster.db.connection import engine, schema_files, yoyo_backend
from jobmatch_dagster.db.connection.engine import Database, sql_folder
from jobmatch_dagster.db.connection.migrations import (
    MigrationError,
    SchemaVersionError,
    migrate,
    plan,
    require_schema,
    rollback,
)
from jobmatch_dagster.db.connection.schema_files import migration_names, migration_text
from jobmatch_dagster_tests.support.world import World

_NEXT = "0998.next"
_ADDS = """-- A table and a column that the version before does not know.
-- depends: {before}
{compatible}
CREATE TABLE next_things (id bigint PRIMARY KEY);
COMMENT ON TABLE next_things IS 'Things';
COMMENT ON COLUMN next_things.id IS 'Id';
ALTER TABLE jobs ADD COLUMN next_thing text DEFAULT 'thing';
COMMENT ON COLUMN jobs.next_thing IS 'Thing';
"""
# What takes something away from code that does not know it.
_TAKES_AWAY = re.compile(
    r"\bDROP\s+(TABLE|COLUMN|VIEW|FUNCTION)\b|\bRENAME\b|\bSET\s+NOT\s+NULL\b|\bTYPE\b.*\bUSING\b|\bDELETE\s+FROM\b|\bTRUNCATE\b|"
    r"\bADD\s+COLUMN\s+\w+\s+[\w\[\]]+\s+NOT\s+NULL(?!\s+DEFAULT)",
    re.IGNORECASE,
)


@contextmanager
def _next_version(tmp_path: Path, compatible: str) -> Iterator[None]:
    """The program as of the next version, with one more migration."""
    folder = tmp_path / "sql"
    tmp_path.mkdir(exist_ok=True)
    shutil.copytree(sql_folder(), folder)
    script = _ADDS.format(before=migration_names()[-1], compatible=compatible)
    (folder / "migrations" / f"{_NEXT}.sql").write_text(script, encoding="utf-8")
    undo = "ALTER TABLE jobs DROP COLUMN next_thing; DROP TABLE next_things;"
    (folder / "migrations" / f"{_NEXT}.rollback.sql").write_text(undo, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for module in (engine, schema_files, yoyo_backend):
            patch.setattr(module, "sql_folder", lambda: folder)
        yield


def test_code_put_back_works_on_a_compatible_schema(world: World, tmp_path: Path) -> None:
    with _next_version(tmp_path, "-- compatible: yes"):
        assert migrate(world.database) == (_NEXT,)
    found = plan(world.database)
    assert (found.pending, found.newer) == ((), (_NEXT,))
    require_schema(world.database)
    assert migrate(world.database) == ()
    world.collect()
    assert world.scalar("SELECT count(*) FROM jobs WHERE next_thing = 'thing'") == 12
    with pytest.raises(MigrationError, match=rf"{_NEXT} of a newer version.*undo it with that version's"):
        rollback(world.database)
    with _next_version(tmp_path / "again", "-- compatible: yes"):
        assert rollback(world.database) == (_NEXT,)
    assert plan(world.database).newer == ()


def test_code_put_back_is_refused_by_any_other_schema(database: Database, tmp_path: Path) -> None:
    with _next_version(tmp_path, "-- It needs code that knows it."):
        migrate(database)
    with pytest.raises(SchemaVersionError, match=rf"last {_NEXT}: .* cannot work with it. Install that one"):
        require_schema(database)


def test_a_migration_cannot_be_missing_below_a_newer_one(database: Database, tmp_path: Path) -> None:
    with _next_version(tmp_path, "-- compatible: yes"):
        migrate(database)
    with database.begin() as connection:
        last = {"name": migration_names()[-1]}
        connection.execute(text("DELETE FROM _yoyo_migration WHERE migration_id = :name"), last)
    with pytest.raises(SchemaVersionError, match="cannot work with it"):
        plan(database)


def test_the_schema_names_the_code_that_it_needs(database: Database) -> None:
    with database.read() as connection:
        needed = connection.scalar(text("SELECT needs_code FROM schema_compatibility"))
    assert needed == schema_files.needed_code(migration_names())


def test_a_compatible_migration_takes_nothing_away() -> None:
    compatible = [name for name in migration_names() if "-- compatible: yes" in migration_text(name)]
    assert [name for name in compatible if _TAKES_AWAY.search(migration_text(name))] == []


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE a",
        "DELETE FROM a",
        "ALTER TABLE a DROP COLUMN b",
        "ALTER TABLE a RENAME b TO c",
        "ALTER TABLE a ADD COLUMN b text NOT NULL",
    ],
)
def test_what_takes_something_away_is_recognised(statement: str) -> None:
    assert _TAKES_AWAY.search(statement)
    assert not _TAKES_AWAY.search(
        "ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT ''; CREATE TABLE c (d bigint REFERENCES a ON DELETE CASCADE)"
    )
