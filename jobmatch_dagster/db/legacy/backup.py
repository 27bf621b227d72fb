"""Legacy tables out of the way and back: renamed as they are, never copied, and compared by checksum.

Put here what concerns the tables as they are. What is made of their rows belongs in `convert.py`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.connection.migrations import MigrationError
from jobmatch_dagster.db.legacy.state import SUFFIX

_MAX_NAME_BYTES = 63
_KINDS = {"r": "TABLE", "p": "TABLE", "i": "INDEX", "I": "INDEX", "S": "SEQUENCE"}
# Tables, their indexes and the sequences that they own: what has a name in the schema.
_RELATIONS = text("""
    SELECT c.relname, c.relkind FROM pg_class AS c
    WHERE c.oid IN (
        SELECT CAST(to_regclass(quote_ident(name)) AS oid) FROM unnest(CAST(:tables AS text[])) AS name
        UNION
        SELECT i.indexrelid FROM pg_index AS i
        JOIN unnest(CAST(:tables AS text[])) AS name ON i.indrelid = to_regclass(quote_ident(name))
        UNION
        SELECT d.objid FROM pg_depend AS d
        JOIN unnest(CAST(:tables AS text[])) AS name ON d.refobjid = to_regclass(quote_ident(name))
        WHERE d.classid = CAST('pg_class' AS regclass) AND d.refclassid = CAST('pg_class' AS regclass)
          AND d.deptype IN ('a', 'i')
    ) AND c.relkind IN ('r', 'p', 'i', 'I', 'S')
    ORDER BY c.relkind, c.relname
""")


def lock_tables(connection: Connection, tables: Iterable[str]) -> None:
    """Nobody reads or writes these tables until the transaction ends."""
    names = ", ".join(f'"{name}"' for name in tables)
    connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")


def set_aside(connection: Connection, tables: Iterable[str]) -> None:
    """Give the tables, their indexes and sequences the suffix of a backup.

    Raises:
        MigrationError: if a name would become longer than PostgreSQL takes.
    """
    relations = connection.execute(_RELATIONS, {"tables": list(tables)}).all()
    for row in relations:
        if len((row.relname + SUFFIX).encode()) > _MAX_NAME_BYTES:
            raise MigrationError(f"The name {row.relname} is too long for a backup: rename it first.")
    for row in relations:
        _rename(connection, row.relkind, row.relname, row.relname + SUFFIX)


def put_back(connection: Connection, backups: Iterable[str]) -> tuple[str, ...]:
    """Give the backups their names again; gives the names of the tables."""
    for row in connection.execute(_RELATIONS, {"tables": list(backups)}).all():
        _rename(connection, row.relkind, row.relname, row.relname.removesuffix(SUFFIX))
    return tuple(sorted(name.removesuffix(SUFFIX) for name in backups))


def checksums(connection: Connection, tables: Iterable[str]) -> dict[str, str]:
    """One hash for each table, by its legacy name; a table and its backup have the same.

    It covers rows, columns, constraints, indexes, triggers, rules, comments, rights and owned sequences.
    """
    found = {}
    for table in tables:
        parts = [row.part for row in run_query(connection, "legacy/legacy_table_definition", {"table": table})]
        rows = connection.scalar(
            text(
                "SELECT count(*) || ' ' || coalesce(md5(string_agg(hash, '' ORDER BY hash)), '') "
                f'FROM (SELECT md5(CAST(t AS text)) AS hash FROM "{table}" AS t) AS hashed'
            )
        )
        definition = "\n".join(parts).replace(SUFFIX, "")
        found[table.removesuffix(SUFFIX)] = hashlib.sha256(f"{definition}\n{rows}".encode()).hexdigest()
    return found


@contextmanager
def keeping_checksums(connection: Connection, tables: Iterable[str]) -> Iterator[None]:
    """Let the way back take these backups as the block leaves them; one that was changed before stays refused."""
    backups = [table for table in tables if table.endswith(SUFFIX)]
    before = checksums(connection, backups)
    yield
    after = checksums(connection, backups)
    for table, checksum in after.items():
        connection.execute(
            text(
                "UPDATE legacy_conversions SET checksums = checksums || CAST(:new AS jsonb) "
                "WHERE checksums ->> :table = :old"
            ),
            {"new": json.dumps({table: checksum}), "table": table, "old": before[table]},
        )


def _rename(connection: Connection, kind: str, old: str, new: str) -> None:
    connection.exec_driver_sql(f'ALTER {_KINDS[kind]} "{old}" RENAME TO "{new}"')
