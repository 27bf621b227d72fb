"""The schema from one version to another, up and down, in one transaction; views and roles follow it.

The schema itself is in `sql/migrations`, the conversion of a legacy database in `pipeline/operations`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg2
from psycopg2 import errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from jobmatch_dagster.db.connection import yoyo_backend
from jobmatch_dagster.db.connection.adoption import EARLIER, REPLACEMENT, adopt, too_old
from jobmatch_dagster.db.connection.engine import Database, DatabaseRefusedError, cause_of, run_script
from jobmatch_dagster.db.connection.schema_files import (
    migration_names,
    needed_code,
    project_tables,
    project_views,
    view_scripts,
    views_hash,
)
from jobmatch_dagster.db.connection.urls import safe_url
from jobmatch_dagster.db.connection.yoyo_backend import BOOKKEEPING
from jobmatch_dagster.errors import DatabaseError

# The advisory lock of whoever changes the schema.
_LOCK_KEY = 7_201_001
# How long to wait for a table that is in use.
LOCK_TIMEOUT_SECONDS = 10
# A table that every conversion of a legacy database leaves behind.
_LEGACY_BACKUP = "jobs_legacy_backup"
_LOG = logging.getLogger(__name__)


class MigrationError(DatabaseError):
    """The schema could not be changed; nothing is half applied."""


class SchemaVersionError(MigrationError):
    """The database has a schema that this version of the program cannot work with."""


@dataclass(frozen=True)
class MigrationPlan:
    """Names of the applied and the pending migrations, in order.

    Where `adopts` is set, the database comes from the last version before `0001.schema`: it counts as applied, and the
    next `migrate` records it. `newer` are migrations of a newer version that this one can work with.
    """

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    adopts: bool
    newer: tuple[str, ...] = ()


def plan(database: Database) -> MigrationPlan:
    """What is applied and what is pending. Changes nothing.

    Raises:
        SchemaVersionError: if the database is too new or too old for this version.
    """
    with database.begin() as connection:
        return read_plan(connection)


def read_plan(connection: Connection) -> MigrationPlan:
    """As `plan`, within the caller's transaction."""
    recorded: set[str] = set()
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": BOOKKEEPING}):
        recorded = set(connection.scalars(text(f"SELECT migration_id FROM {BOOKKEEPING}")))
    known = migration_names()
    unknown = tuple(sorted(recorded - {*known, *EARLIER}))
    is_ahead = recorded.issuperset(known) and _needed_code(connection) in known
    if unknown and not is_ahead:
        raise SchemaVersionError(
            f"The database has {len(unknown)} migration(s) that this version does not know, last {unknown[-1]}: it was "
            "made by a newer version of jobmatch-dagster, and this one cannot work with it. Install that one. Nothing "
            "was changed."
        )
    if reason := too_old(recorded):
        raise SchemaVersionError(reason)
    adopts = not recorded.isdisjoint(EARLIER)
    applied = recorded | ({REPLACEMENT} if adopts else set())
    return MigrationPlan(
        applied=tuple(name for name in known if name in applied),
        pending=tuple(name for name in known if name not in applied),
        adopts=adopts,
        newer=unknown,
    )


def require_schema(database: Database) -> None:
    """Refuse a database whose schema is older than this version of the program, or too new for it.

    Raises:
        SchemaVersionError: if it is.
    """
    found = plan(database)
    if found.pending or found.adopts:
        lacking = f"lacks {len(found.pending)} migration(s), first {found.pending[0]}" if found.pending else ""
        raise SchemaVersionError(
            f"The configured database {lacking or f'is at migration {EARLIER[-1]} of an earlier version'}. "
            "Run `jobmatch migrate` (see `jobmatch migrate --dry-run`)."
        )


def migrate(database: Database) -> tuple[str, ...]:
    """Apply pending migrations, then renew views and roles, in one transaction.

    Returns:
        Names of the applied migrations.

    Raises:
        MigrationError: if anything fails (then nothing is changed), the database is too new or too old, or another
            process is changing the schema.
    """
    with changing_schema(database) as connection:
        return apply_all(connection)


def rollback(database: Database, *, everything: bool = False) -> tuple[str, ...]:
    """Undo the last migration, or all of them, in one transaction.

    Views and roles depend on the newest schema, so they are dropped first; `migrate` creates them again.

    Returns:
        Names of the undone migrations, last first.

    Raises:
        MigrationError: if a migration cannot be undone, another process is changing the schema, or the database was
            converted from the legacy project and would lose the way back.
    """
    with changing_schema(database) as connection:
        names = _to_undo(read_plan(connection), everything=everything)
        if REPLACEMENT in names and connection.scalar(text("SELECT to_regclass(:name)"), {"name": _LEGACY_BACKUP}):
            raise MigrationError(
                f"The database was converted from the legacy project ({_LEGACY_BACKUP} exists), and undoing "
                f"{REPLACEMENT} would remove the way back. Use `jobmatch rollback --to-legacy`, or drop the backups "
                "first. Nothing was changed."
            )
        return undo(connection, everything=everything)


def apply_all(connection: Connection) -> tuple[str, ...]:
    """As `migrate`, within the caller's transaction. Views and roles of a newer version stay as they are."""
    found = read_plan(connection)
    if found.newer:
        return ()
    if found.adopts:
        adopt(connection)
    if found.pending:
        _drop_views(connection)
        yoyo_backend.apply_migrations(connection, found.pending)
        _note_needed_code(connection)
    current = views_hash(connection.scalars(text("SELECT current_database()")).one())
    renew = bool(found.pending) or found.adopts or current != _recorded_views_hash(connection)
    if renew:
        _drop_views(connection)
        for script in view_scripts():
            run_script(connection, script)
        connection.exec_driver_sql(f"COMMENT ON TABLE {BOOKKEEPING} IS '{current}'")
    # Roles belong to the server: they may be missing although the database itself is up to date.
    if renew or not _roles_are_granted(connection):
        _isolate_users(connection)
    return found.pending


def undo(connection: Connection, *, everything: bool) -> tuple[str, ...]:
    """As `rollback`, within the caller's transaction; a legacy conversion does not stop it."""
    found = read_plan(connection)
    names = _to_undo(found, everything=everything)
    if names:
        if found.adopts:
            adopt(connection)
        _drop_views(connection)
        connection.exec_driver_sql(f"COMMENT ON TABLE {BOOKKEEPING} IS NULL")
        yoyo_backend.rollback_migrations(connection, names)
        if _needed_code(connection):
            _note_needed_code(connection)
    return names


@contextmanager
def changing_schema(database: Database) -> Iterator[Connection]:
    """One transaction that changes the schema while no other does; a failure becomes one sentence.

    Raises:
        MigrationError: if the block fails, or another process is changing the schema.
    """
    try:
        with database.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
            if not connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK_KEY}):
                raise MigrationError(
                    "Another process is changing this schema. Wait until it has ended, then try again."
                )
            yield connection
    except DatabaseRefusedError as error:
        raise MigrationError(f"{error} Nothing was changed.") from error
    except (psycopg2.Error, DBAPIError) as error:
        cause = cause_of(error)
        raise MigrationError(_sentence(cause, database)) from error


def _needed_code(connection: Connection) -> str | None:
    """The migration that code must know; None if the schema does not say."""
    if not connection.scalar(text("SELECT to_regclass('schema_compatibility')")):
        return None
    needed: str | None = connection.scalar(text("SELECT needs_code FROM schema_compatibility"))
    return needed


def _note_needed_code(connection: Connection) -> None:
    applied = read_plan(connection).applied
    connection.execute(
        text(
            "INSERT INTO schema_compatibility (needs_code) VALUES (:name) "
            "ON CONFLICT (one_row) DO UPDATE SET needs_code = excluded.needs_code"
        ),
        {"name": needed_code(applied)},
    )


def _to_undo(found: MigrationPlan, *, everything: bool) -> tuple[str, ...]:
    if found.newer:
        raise SchemaVersionError(
            f"The database has migration {found.newer[-1]} of a newer version of jobmatch-dagster: undo it with that "
            "version's `jobmatch rollback`. This version works with the database as it is. Nothing was changed."
        )
    return found.applied[::-1] if everything else found.applied[-1:]


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
    return f"The migration failed and was rolled back: {reason}. Nothing was changed."


def _drop_views(connection: Connection) -> None:
    for name in reversed(project_views()):
        connection.exec_driver_sql(f'DROP VIEW IF EXISTS "{name}"')


def _recorded_views_hash(connection: Connection) -> str | None:
    query = text("SELECT obj_description(to_regclass(:name), 'pg_class')")
    recorded: str | None = connection.scalar(query, {"name": BOOKKEEPING})
    return recorded


def _isolate_users(connection: Connection) -> None:
    problem = connection.scalar(
        text("SELECT isolate_users(:tables, :views)"),
        {"tables": list(project_tables()), "views": list(project_views())},
    )
    if problem:
        # Everything works without the roles; an administrator can add them later.
        _LOG.warning("Users are not isolated by roles: %s. See docs/database.md.", problem)


def _roles_are_granted(connection: Connection) -> bool:
    """Whether every role exists with the last grant of `isolate_users`, which grants all or nothing."""
    query = (
        "SELECT bool_and(coalesce(has_table_privilege(to_regrole(quote_ident(isolation_role(purpose))), :table, "
        "'SELECT'), false)) FROM unnest(ARRAY['pipeline', 'reader', 'statistics']) AS purpose"
    )
    return bool(connection.scalar(text(query), {"table": BOOKKEEPING}))
