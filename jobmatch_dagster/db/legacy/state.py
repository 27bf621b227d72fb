"""What a database is with regard to the legacy project: its state, told in one sentence.

Put here recognition alone; it reads the system catalogue and changes nothing.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.migrations import read_plan
from jobmatch_dagster.db.connection.schema_files import project_tables

SUFFIX = "_legacy_backup"
"""What the name of a legacy table, its indexes and sequences ends in after the conversion."""
OLD_JOBS, RICH_JOBS, OLD_MATCHES, OLD_USERS = "jobs", "raw_jobs_test", "user_job_matches", "users"

_USER_COLUMNS = {"match_score", "match_reasoning", "priority", "status"}
_COLUMNS = text("""
    SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) AS columns
    FROM pg_class AS c
    LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind IN ('r', 'p')
    GROUP BY c.relname
""")
# Tables that hang together by foreign keys with those whose names are needed, in either direction.
_LINKED = text("""
    WITH RECURSIVE moved (oid) AS (
        SELECT CAST(to_regclass(quote_ident(name)) AS oid) FROM unnest(CAST(:names AS text[])) AS name
        UNION
        SELECT CASE WHEN k.conrelid = moved.oid THEN k.confrelid ELSE k.conrelid END
        FROM pg_constraint AS k JOIN moved ON moved.oid IN (k.conrelid, k.confrelid)
        WHERE k.contype = 'f'
    )
    SELECT c.relname FROM moved JOIN pg_class AS c ON c.oid = moved.oid ORDER BY c.relname
""")


class State(Enum):
    """What was found."""

    EMPTY = "empty"
    CURRENT = "current"
    CONVERTED = "converted"
    LEGACY = "legacy"
    HALF = "half"


@dataclass(frozen=True)
class Found:
    """A state and the sentence that tells it; for the legacy state the tables that it consists of."""

    state: State
    sentence: str
    tables: tuple[str, ...] = ()


def recognise(connection: Connection) -> Found:
    """Look at the tables of the database."""
    tables = {row.relname: set(row.columns or ()) for row in connection.execute(_COLUMNS)}
    tables = {name: columns for name, columns in tables.items() if "yoyo" not in name}
    backups = sorted(name for name in tables if name.endswith(SUFFIX))
    if read_plan(connection).applied:
        if OLD_JOBS + SUFFIX in backups:
            return Found(State.CONVERTED, f"The database was converted before: {_backups(connection, backups)}.")
        left = f" Beside it stands {RICH_JOBS}, which nothing reads." if RICH_JOBS in tables else ""
        return Found(State.CURRENT, f"The database has this project's schema; nothing of it is legacy.{left}")
    if backups:
        return Found(State.HALF, _half(f"{', '.join(backups)} are there, from a conversion by another program", tables))
    if not tables.keys() & {OLD_JOBS, RICH_JOBS}:
        return Found(State.EMPTY, "The database holds nothing of the legacy project.")
    if wrong := _what_is_wrong(tables):
        return Found(State.HALF, _half(wrong, tables))
    names = sorted((set(project_tables()) | {RICH_JOBS}) & tables.keys())
    moved = tuple(connection.scalars(_LINKED, {"names": names}))
    return Found(State.LEGACY, f"The database is the legacy project's, with the tables {', '.join(moved)}.", moved)


def row_counts(connection: Connection, tables: tuple[str, ...]) -> dict[str, int]:
    """Rows of each table."""
    return {name: int(connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0) for name in tables}


def _what_is_wrong(tables: dict[str, set[str]]) -> str | None:
    if OLD_JOBS not in tables:
        return f"{RICH_JOBS} is there, the old {OLD_JOBS} is not"
    if "job_id" not in tables[OLD_JOBS] or not tables[OLD_JOBS] & _USER_COLUMNS:
        return f"{OLD_JOBS} has no job_id or none of {', '.join(sorted(_USER_COLUMNS))}: it is not the old one"
    if RICH_JOBS not in tables:
        return f"{RICH_JOBS}, which holds the full records, is missing"
    if missing := {"external_id", "title"} - tables[RICH_JOBS]:
        return f"{RICH_JOBS} lacks {', '.join(sorted(missing))}"
    return None


def _half(wrong: str, tables: dict[str, set[str]]) -> str:
    return (
        f"The database is half legacy: {wrong}. Found: {', '.join(sorted(tables))}. Restore the legacy state from a "
        "dump, or move these tables out of the way. Nothing was changed."
    )


def _backups(connection: Connection, backups: list[str]) -> str:
    query = "SELECT counts, converted_at FROM legacy_conversions ORDER BY id DESC LIMIT 1"
    row: Any = connection.execute(text(query)).one_or_none()
    told = f"{row.converted_at:%Y-%m-%d %H:%M} UTC, {row.counts['postings']:,} postings, " if row else ""
    return f"{told}backups {', '.join(backups)}"
