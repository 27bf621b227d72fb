"""yoyo inside the caller's transaction: on its own it commits each migration separately."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import Connection
from yoyo import internalmigrations, read_migrations
from yoyo.backends.core.postgresql import PostgresqlBackend
from yoyo.connections import parse_uri
from yoyo.migrations import MigrationList

from jobmatch_dagster.db.connection.engine import sql_folder
from jobmatch_dagster.db.connection.urls import plain_url

BOOKKEEPING = "_yoyo_migration"
"""The table that records applied migrations."""


def apply_migrations(connection: Connection, names: tuple[str, ...]) -> None:
    """Apply these migrations in order and record them."""
    backend = _Backend(connection)
    backend.apply_migrations(backend.to_apply(_migrations(names)))


def rollback_migrations(connection: Connection, names: tuple[str, ...]) -> None:
    """Undo these migrations, the last first, and delete their records."""
    backend = _Backend(connection)
    backend.rollback_migrations(backend.to_rollback(_migrations(names)))


def record_migrations(connection: Connection, names: tuple[str, ...]) -> None:
    """Record these migrations as applied without running them."""
    _Backend(connection).mark_migrations(_migrations(names))


def drop_bookkeeping(connection: Connection) -> None:
    """Drop all tables of yoyo."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS _yoyo_log, _yoyo_migration, _yoyo_version, yoyo_lock")


class _Backend(PostgresqlBackend):
    # yoyo then takes a savepoint wherever it would begin a transaction.
    _in_transaction = True

    def __init__(self, connection: Connection) -> None:
        self._caller = connection
        url = connection.engine.url.render_as_string(hide_password=False)
        super().__init__(parse_uri(plain_url(url)), BOOKKEEPING)

    def connect(self, dburi: object) -> object:  # noqa: ARG002 - yoyo's signature
        return self._caller.connection.dbapi_connection

    def copy(self) -> AbstractContextManager["_Backend"]:
        return nullcontext(self)

    def ensure_internal_schema_updated(self) -> None:
        if internalmigrations.needs_upgrading(self):
            internalmigrations.upgrade(self)


def _migrations(names: tuple[str, ...]) -> Any:
    known = read_migrations(str(sql_folder() / "migrations"))
    return MigrationList([migration for migration in known if migration.id in names], known.post_apply)
