"""Migrations of `sql/migrations`, up and down, and the views of `sql/views` on top of them.

Put here how the schema gets from one version to another. What the schema is stands in the SQL files.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from jobmatch_dagster.db.engine import Database, sql_folder
from jobmatch_dagster.db.urls import plain_url

# One number for "somebody changes this schema", an advisory lock of the database.
_LOCK_KEY = 7_201_001


class MigrationError(RuntimeError):
    """The schema could not be brought to the asked version; nothing is half-applied."""


@dataclass(frozen=True)
class MigrationPlan:
    """Names of the migrations that are applied, and that would be applied or undone, in order."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]


def plan(database: Database) -> MigrationPlan:
    """What is applied and what is still to do. Changes nothing but yoyo's own bookkeeping tables."""
    with _yoyo(database) as (backend, migrations):
        todo = {migration.id for migration in backend.to_apply(migrations)}
        names = [migration.id for migration in migrations]
    return MigrationPlan(
        applied=tuple(name for name in names if name not in todo),
        pending=tuple(name for name in names if name in todo),
    )


def migrate(database: Database) -> tuple[str, ...]:
    """Apply what is pending and renew the views; gives the names of the applied migrations.

    Raises:
        MigrationError: if a migration fails (it is rolled back) or another process migrates at this moment.
    """
    with _exclusively(database), _yoyo(database) as (backend, migrations):
        pending = backend.to_apply(migrations)
        names = tuple(migration.id for migration in pending)
        if names:
            _drop_views(database)
        _run(backend.apply_migrations, pending)
        _create_views(database)
    return names


def rollback(database: Database, *, everything: bool = False) -> tuple[str, ...]:
    """Undo the last migration, or all of them; gives the names of the undone ones.

    The views stand on the newest schema alone, so they go first and come back with `migrate`.

    Raises:
        MigrationError: if a migration cannot be undone or another process migrates at this moment.
    """
    with _exclusively(database), _yoyo(database) as (backend, migrations):
        undo = backend.to_rollback(migrations)
        undo = undo if everything else undo.filter(lambda m: m.id == next(iter(undo)).id)
        names = tuple(migration.id for migration in undo)
        if names:
            _drop_views(database)
        _run(backend.rollback_migrations, undo)
    return names


@contextmanager
def _yoyo(database: Database) -> Iterator[tuple[Any, Any]]:
    from yoyo import get_backend, read_migrations

    with database.begin():
        pass  # a clear sentence when the database does not answer
    backend = get_backend(plain_url(database.url))
    try:
        yield backend, read_migrations(str(sql_folder() / "migrations"))
    finally:
        backend.connection.close()


@contextmanager
def _exclusively(database: Database) -> Iterator[None]:
    with database.begin() as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK_KEY}):
            raise MigrationError("Another process changes this schema now; wait until it is done, then try again.")
        yield


def _run(step: Any, migrations: Any) -> None:
    try:
        step(migrations)
    except (psycopg2.Error, DBAPIError) as error:
        reason = str(error).strip().splitlines()[0]
        raise MigrationError(f"A migration failed and was rolled back: {reason}.") from error


def _create_views(database: Database) -> None:
    with database.begin() as connection:
        for path in sorted((sql_folder() / "views").glob("*.sql")):
            connection.execute(text(path.read_text(encoding="utf-8")))


def _drop_views(database: Database) -> None:
    with database.begin() as connection:
        for path in sorted((sql_folder() / "views").glob("*.sql"), reverse=True):
            connection.execute(text(f'DROP VIEW IF EXISTS "{path.stem.split(".", 1)[-1]}"'))
