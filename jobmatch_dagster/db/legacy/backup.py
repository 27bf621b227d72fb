"""Legacy tables become backups and tables again: renamed, never copied, and compared by checksum."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.connection.migrations import MigrationError
from jobmatch_dagster.db.legacy.state import SUFFIX

_MAX_NAME_BYTES = 63
_KINDS = {"r": "TABLE", "p": "TABLE", "i": "INDEX", "I": "INDEX", "S": "SEQUENCE"}


def backup_tables(connection: Connection) -> tuple[str, ...]:
    """Names of the backups that a conversion made."""
    return tuple(row.name for row in run_query(connection, "legacy/backups"))


def lock_tables(connection: Connection, tables: Iterable[str]) -> None:
    """Keep everybody else from reading or writing these tables until the transaction ends."""
    names = ", ".join(f'"{name}"' for name in tables)
    connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")


def set_aside(connection: Connection, tables: Iterable[str]) -> None:
    """Add the suffix of a backup to the names of the tables, their indexes and sequences.

    Raises:
        MigrationError: if a name would become longer than PostgreSQL allows.
    """
    relations = _relations(connection, tables)
    for _, name in relations:
        if len((name + SUFFIX).encode()) > _MAX_NAME_BYTES:
            raise MigrationError(f"The name {name} is too long for a backup. Rename it first. Nothing was changed.")
    for kind, name in relations:
        connection.exec_driver_sql(f'ALTER {kind} "{name}" RENAME TO "{name}{SUFFIX}"')


def put_back(connection: Connection, backups: Iterable[str]) -> tuple[str, ...]:
    """Remove the suffix again.

    Returns:
        Names of the tables.
    """
    for kind, name in _relations(connection, backups):
        connection.exec_driver_sql(f'ALTER {kind} "{name}" RENAME TO "{name.removesuffix(SUFFIX)}"')
    return tuple(sorted(name.removesuffix(SUFFIX) for name in backups))


def checksums(connection: Connection, tables: Iterable[str]) -> dict[str, str]:
    """One hash per table, by its legacy name; a table and its backup have the same.

    It covers rows, columns, constraints, indexes, triggers, rules, comments, rights and owned sequences.
    """
    found = {}
    for table in tables:
        definition = [row.part for row in run_query(connection, "legacy/table_definition", {"table": table})]
        query = (
            "SELECT count(*) || ' ' || coalesce(md5(string_agg(hash, '' ORDER BY hash)), '') "
            f'FROM (SELECT md5(CAST(t AS text)) AS hash FROM "{table}" AS t) AS hashed'
        )
        parts = ["\n".join(definition).replace(SUFFIX, ""), str(connection.scalar(text(query)))]
        found[table.removesuffix(SUFFIX)] = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return found


@contextmanager
def keeping_checksums(connection: Connection, tables: Iterable[str]) -> Iterator[None]:
    """Let a restore accept these backups as the block leaves them; a backup that was changed before stays refused."""
    backups = [table for table in tables if table.endswith(SUFFIX)]
    before = checksums(connection, backups)
    yield
    for table, checksum in checksums(connection, backups).items():
        parameters = {"table": table, "old": before[table], "new": checksum}
        run_query(connection, "legacy/replace_checksum", parameters)


def _relations(connection: Connection, tables: Iterable[str]) -> list[tuple[str, str]]:
    """Kind and name of the tables, their indexes and sequences."""
    rows = run_query(connection, "legacy/relations", {"tables": list(tables)})
    return [(_KINDS[row.kind], row.name) for row in rows]
