"""Whether a database is a legacy database, was converted from one, or neither. Changes nothing."""

from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.connection.migrations import read_plan
from jobmatch_dagster.db.connection.schema_files import project_tables

SUFFIX = "_legacy_backup"
"""Ending of a legacy table, its indexes and sequences after the conversion."""
OLD_JOBS, RICH_JOBS, OLD_MATCHES, OLD_USERS = "jobs", "raw_jobs_test", "user_job_matches", "users"

_USER_COLUMNS = {"match_score", "match_reasoning", "priority", "status"}


class State(Enum):
    """Kinds of databases."""

    EMPTY = "empty"
    CURRENT = "current"
    CONVERTED = "converted"
    LEGACY = "legacy"
    HALF = "half"


@dataclass(frozen=True)
class Recognition:
    """The kind of a database, one sentence about it, and the tables of a legacy database."""

    state: State
    sentence: str
    tables: tuple[str, ...] = ()


def recognise(connection: Connection) -> Recognition:
    """The kind of the connected database, by its tables and migrations.

    Raises:
        SchemaVersionError: if it has this project's schema in a version that is newer or too old.
    """
    tables: dict[str, set[str]] = {row.name: set(row.columns) for row in run_query(connection, "legacy/tables")}
    tables = {name: columns for name, columns in tables.items() if "yoyo" not in name}
    backups = sorted(name for name in tables if name.endswith(SUFFIX))
    if read_plan(connection).applied:
        if OLD_JOBS + SUFFIX in backups:
            return Recognition(State.CONVERTED, _converted(connection, backups))
        unread = f" Its table {RICH_JOBS} is not used." if RICH_JOBS in tables else ""
        return Recognition(State.CURRENT, f"The database has this project's schema and no legacy tables.{unread}")
    if backups:
        return Recognition(State.HALF, _half(f"{', '.join(backups)} come from another program's conversion", tables))
    if not tables.keys() & {OLD_JOBS, RICH_JOBS}:
        return Recognition(State.EMPTY, "The database has no tables of the legacy project.")
    if wrong := _what_is_wrong(tables):
        return Recognition(State.HALF, _half(wrong, tables))
    names = sorted((set(project_tables()) | {RICH_JOBS}) & tables.keys())
    linked = tuple(row.name for row in run_query(connection, "legacy/linked_tables", {"names": names}))
    return Recognition(State.LEGACY, f"The database is a legacy database with the tables {', '.join(linked)}.", linked)


def row_counts(connection: Connection, tables: tuple[str, ...]) -> dict[str, int]:
    """Number of rows in each table."""
    return {name: int(connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0) for name in tables}


def _what_is_wrong(tables: dict[str, set[str]]) -> str | None:
    if OLD_JOBS not in tables:
        return f"{RICH_JOBS} exists, the legacy table {OLD_JOBS} does not"
    if "job_id" not in tables[OLD_JOBS] or not tables[OLD_JOBS] & _USER_COLUMNS:
        return f"{OLD_JOBS} has no job_id or none of {', '.join(sorted(_USER_COLUMNS))}: it is not the legacy table"
    if RICH_JOBS not in tables:
        return f"{RICH_JOBS}, which has the full records, is missing"
    if missing := {"external_id", "title"} - tables[RICH_JOBS]:
        return f"{RICH_JOBS} lacks {', '.join(sorted(missing))}"
    return None


def _half(wrong: str, tables: dict[str, set[str]]) -> str:
    return (
        f"The database is only half a legacy database: {wrong}. Its tables are {', '.join(sorted(tables))}. Restore "
        "the legacy state from a dump, or move these tables away. Nothing was changed."
    )


def _converted(connection: Connection, backups: list[str]) -> str:
    query = "SELECT converted_at, CAST(counts ->> 'postings' AS bigint) FROM legacy_conversions ORDER BY id DESC"
    last = connection.execute(text(query)).first()
    facts = f" ({last[0]:%Y-%m-%d %H:%M} UTC, {last[1]:,} postings)" if last else ""
    return f"The database was converted before{facts}. Its backups are {', '.join(backups)}."
