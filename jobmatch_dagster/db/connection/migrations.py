"""Migrations of `sql/migrations`, up and down, and what stands on top of them: views and the isolation of users.

Put here how the schema gets from one version to another, always in one transaction. What the schema is stands in
the SQL files; the way over from the legacy project in `db/legacy`.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from jobmatch_dagster.db.connection.engine import Database, DatabaseRefusedError, run_script, sql_folder
from jobmatch_dagster.db.connection.urls import plain_url, safe_url
from jobmatch_dagster.errors import DatabaseError

# One number for "somebody changes this schema", an advisory lock of the database.
_LOCK_KEY = 7_201_001
# How long a table that is in use is waited for. Nothing is changed meanwhile.
LOCK_TIMEOUT_SECONDS = 10
_BOOKKEEPING = "_yoyo_migration"
# The first migration that knows of a conversion, and a table that every conversion leaves.
_LEGACY, _BACKUP = "0005.legacy", "jobs_legacy_backup"
_LOG = logging.getLogger(__name__)


class MigrationError(DatabaseError):
    """The schema could not be brought to the asked version; nothing is half-applied."""


class SchemaVersionError(DatabaseError):
    """The database does not have the schema of this version of the program."""


@dataclass(frozen=True)
class MigrationPlan:
    """Names of migrations, in order: applied, still to apply, and applied but unknown to this version."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...]


def plan(database: Database) -> MigrationPlan:
    """What is applied and what is still to do. Changes nothing."""
    with database.begin() as connection:
        return read_plan(connection)


def read_plan(connection: Connection) -> MigrationPlan:
    """The same, in an open transaction."""
    held: set[str] = set()
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": _BOOKKEEPING}):
        held = set(connection.scalars(text(f"SELECT migration_id FROM {_BOOKKEEPING}")))
    known = [path.stem for path in _migration_files()]
    return MigrationPlan(
        applied=tuple(name for name in known if name in held),
        pending=tuple(name for name in known if name not in held),
        unknown=tuple(sorted(held - set(known))),
    )


def purpose(name: str) -> str:
    """What a migration is for: the first line of its file."""
    first = (sql_folder() / "migrations" / f"{name}.sql").read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("--").strip()


def require_schema(database: Database) -> None:
    """Refuse a database whose schema is older or newer than this version of the program.

    Raises:
        SchemaVersionError: if it is.
    """
    found = plan(database)
    if found.unknown:
        raise SchemaVersionError(_too_new(found))
    if found.pending:
        raise SchemaVersionError(
            f"The configured database lacks {len(found.pending)} migration(s), first {found.pending[0]}. "
            "Run `jobmatch migrate` (see `jobmatch migrate --dry-run`)."
        )


def migrate(database: Database) -> tuple[str, ...]:
    """Apply what is pending and renew what stands on it, in one transaction; gives the names of the applied ones.

    Raises:
        MigrationError: if anything fails (then nothing is changed), the database was made by a newer version, or
            another process changes the schema at this moment.
    """
    with changing_schema(database) as connection:
        return apply_all(connection)


def rollback(database: Database, *, everything: bool = False) -> tuple[str, ...]:
    """Undo the last migration, or all of them, in one transaction; gives the names of the undone ones.

    Views and isolation stand on the newest schema alone, so they go first and come back with `migrate`.

    Raises:
        MigrationError: if a migration cannot be undone, another process changes the schema at this moment, or the
            database was converted from the legacy project and would no longer know of it.
    """
    with changing_schema(database) as connection:
        _refuse_stranding(connection, everything=everything)
        return undo(connection, everything=everything)


def apply_all(connection: Connection) -> tuple[str, ...]:
    """Apply what is pending within the caller's transaction, see `migrate`."""
    found = read_plan(connection)
    if found.unknown:
        raise MigrationError(_too_new(found))
    if found.pending:
        drop_views(connection)
        _with_yoyo(connection, lambda backend, known: backend.apply_migrations(backend.to_apply(known)))
    stamp = _stamp(connection)
    stale = bool(found.pending) or stamp != _held_stamp(connection)
    if stale:
        drop_views(connection)
        _create_views(connection)
        connection.exec_driver_sql(f"COMMENT ON TABLE {_BOOKKEEPING} IS '{stamp}'")
    # Roles are the server's: they may be missing in a database that is otherwise up to date.
    if stale or not _isolated(connection):
        _isolate_users(connection)
    return found.pending


def undo(connection: Connection, *, everything: bool) -> tuple[str, ...]:
    """Undo migrations within the caller's transaction, see `rollback`."""
    found = read_plan(connection)
    if found.unknown:
        raise MigrationError(_too_new(found))
    names = found.applied[::-1] if everything else found.applied[-1:]
    if not names:
        return ()
    drop_views(connection)
    connection.exec_driver_sql(f"COMMENT ON TABLE {_BOOKKEEPING} IS NULL")
    _with_yoyo(
        connection,
        lambda backend, known: backend.rollback_migrations(
            backend.to_rollback(known).filter(lambda migration: migration.id in names)
        ),
    )
    return names


def _refuse_stranding(connection: Connection, *, everything: bool) -> None:
    applied = read_plan(connection).applied
    oldest = min(applied if everything else applied[-1:], default="")
    if oldest and oldest <= _LEGACY and connection.scalar(text("SELECT to_regclass(:name)"), {"name": _BACKUP}):
        raise MigrationError(
            f"The database was converted from the legacy project ({_BACKUP} is there), and without {_LEGACY} nothing "
            "would lead back. Use `jobmatch rollback --to-legacy`, or drop the backups first. Nothing was changed."
        )


def drop_views(connection: Connection) -> None:
    """Take the views away; they hold nothing."""
    for name in reversed(project_views()):
        connection.exec_driver_sql(f'DROP VIEW IF EXISTS "{name}"')


@contextmanager
def changing_schema(database: Database) -> Iterator[Connection]:
    """One transaction that changes the schema, alone; failures become one sentence.

    Raises:
        MigrationError: if the block fails, or another process changes the schema at this moment.
    """
    try:
        with database.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
            if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK_KEY}):
                raise MigrationError("Another process changes this schema now; wait until it is done, then try again.")
            yield connection
    except DatabaseRefusedError as error:
        raise MigrationError(f"{error} Nothing was changed.") from error
    except (psycopg2.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise MigrationError(_sentence(cause, database)) from error


def _sentence(cause: BaseException | None, database: Database) -> str:
    reason = (str(cause).strip().splitlines() or ["no reason given"])[0]
    if isinstance(cause, errors.FeatureNotSupported | errors.UndefinedFile) and "extension" in reason:
        return (
            f"The server of {safe_url(database.url)} lacks the extension vector ({reason}). Install pgvector "
            "0.7 or newer on it, then run `jobmatch migrate` again. Nothing was changed."
        )
    if isinstance(cause, errors.InsufficientPrivilege):
        return (
            f"The user of {safe_url(database.url)} may not change this schema ({reason}). Use the database's owner, "
            "or have an administrator do what is missing. Nothing was changed."
        )
    return f"A migration failed and was rolled back: {reason}. Nothing was changed."


def _too_new(found: MigrationPlan) -> str:
    return (
        f"The database has {len(found.unknown)} migration(s) that this version does not know, last "
        f"{found.unknown[-1]}: it was made by a newer version of jobmatch-dagster. Install that one. "
        "Nothing was changed."
    )


def project_tables() -> tuple[str, ...]:
    """Names of the tables that the migrations create, in the order of their creation."""
    scripts = (path.read_text(encoding="utf-8") for path in _migration_files())
    return tuple(name for script in scripts for name in re.findall(r"^CREATE TABLE (\w+)", script, re.MULTILINE))


def project_views() -> tuple[str, ...]:
    """Names of the views, in the order of their creation."""
    return tuple(path.stem.split(".", 1)[-1] for path in _view_files())


def _migration_files() -> list[Path]:
    return [p for p in sorted((sql_folder() / "migrations").glob("*.sql")) if not p.stem.endswith(".rollback")]


def _view_files() -> list[Path]:
    return sorted((sql_folder() / "views").glob("*.sql"))


def _create_views(connection: Connection) -> None:
    for path in _view_files():
        run_script(connection, path.read_text(encoding="utf-8"))


def _isolate_users(connection: Connection) -> None:
    missing = connection.scalar(
        text("SELECT isolate_users(:tables, :views)"),
        {"tables": list(project_tables()), "views": list(project_views())},
    )
    if missing:
        # Everything works without the roles; who wants them asks an administrator.
        _LOG.warning("Users are not isolated by roles: %s. See the README, section Roles.", missing)


def _isolated(connection: Connection) -> bool:
    """Whether every role is there and got its last grant: `isolate_users` gives all or nothing."""
    query = (
        "SELECT bool_and(coalesce(has_table_privilege(to_regrole(quote_ident(isolation_role(purpose))), :table, "
        "'SELECT'), false)) FROM unnest(ARRAY['pipeline', 'reader', 'statistics']) AS purpose"
    )
    return bool(connection.scalar(text(query), {"table": _BOOKKEEPING}))


def _stamp(connection: Connection) -> str:
    """What stands on the migrations: a hash over the views' text and the database's name."""
    name = connection.scalars(text("SELECT current_database()")).one()
    views = b"".join(path.read_bytes() for path in _view_files())
    return hashlib.sha256(name.encode() + views).hexdigest()


def _held_stamp(connection: Connection) -> str | None:
    stamp: str | None = connection.scalar(
        text("SELECT obj_description(to_regclass(:name), 'pg_class')"), {"name": _BOOKKEEPING}
    )
    return stamp


def _with_yoyo(connection: Connection, step: Callable[[Any, Any], None]) -> None:
    """Let yoyo work inside the caller's transaction: it would commit each migration by itself."""
    from yoyo import internalmigrations, read_migrations
    from yoyo.backends.core.postgresql import PostgresqlBackend
    from yoyo.connections import parse_uri

    class OneTransaction(PostgresqlBackend):  # type: ignore[misc]
        # What yoyo takes for a transaction of its own is a savepoint then.
        _in_transaction = True

        def connect(self, dburi: Any) -> Any:  # noqa: ARG002 - yoyo's signature
            return connection.connection.dbapi_connection

        def copy(self) -> Any:
            return nullcontext(self)

        def ensure_internal_schema_updated(self) -> None:
            if internalmigrations.needs_upgrading(self):
                internalmigrations.upgrade(self)

    url = connection.engine.url.render_as_string(hide_password=False)
    backend = OneTransaction(parse_uri(plain_url(url)), _BOOKKEEPING)
    step(backend, read_migrations(str(sql_folder() / "migrations")))
