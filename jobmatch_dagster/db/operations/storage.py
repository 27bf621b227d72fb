"""Sizes of the tables, and removal of rows that are old and no longer needed.

`jobs` can always be rebuilt: a page keeps its body while a posting's current version came from it. Bodies of
superseded and failed pages are removed, and old lists of expired ids.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.normalise import NORMALISER_VERSION
from jobmatch_dagster.core.raw.windows import OLDEST_OPEN
from jobmatch_dagster.db.connection.engine import read_sql, run_query


@dataclass(frozen=True)
class TableSize:
    """Bytes of a table with its indexes, and the planner's estimate of its rows."""

    table: str
    bytes: int
    estimated_rows: int


@dataclass(frozen=True)
class StorageSizes:
    """Tables of the project, the largest first, and the bytes of the whole database."""

    tables: list[TableSize]
    database_bytes: int


@dataclass(frozen=True)
class PageCounts:
    """Pages that have their body, and pages whose body was removed."""

    whole: int
    without_body: int


def storage_sizes(connection: Connection) -> StorageSizes:
    """What the database takes on disk now."""
    rows = run_query(connection, "operations/storage_sizes")
    tables = [TableSize(row.table, row.bytes, int(row.estimated_rows)) for row in rows]
    return StorageSizes(tables, rows[0].database_bytes)


def remove_page_bodies(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Remove bodies of pages fetched before then that nothing depends on; returns their sizes in bytes.

    A list of expired postings is kept until every posting on it would be closed by its age alone.
    """
    parameters = {
        "before": before,
        "lists_before": before - OLDEST_OPEN,
        "normaliser_version": NORMALISER_VERSION,
        "limit": limit,
    }
    return [row.bytes for row in run_query(connection, "operations/removable_page_bodies", parameters)]


def drop_resolved_quarantine(connection: Connection, before: datetime) -> int:
    """Drop old quarantined records whose posting arrived intact later; returns how many."""
    return len(run_query(connection, "operations/resolved_quarantine", {"before": before}))


def drop_closed_matches(connection: Connection, before: datetime, limit: int, *, run_id: str) -> int:
    """Drop undecided matches of postings that closed before then; returns how many."""
    query = text(read_sql("queries/operations/drop_closed_matches.sql"))
    return connection.execute(query, {"before": before, "limit": limit, "run_id": run_id}).rowcount


def drop_old_events(connection: Connection, before: datetime, limit: int) -> int:
    """Drop events of matches that happened before then; returns how many."""
    query = text(read_sql("queries/operations/drop_old_events.sql"))
    return connection.execute(query, {"before": before, "limit": limit}).rowcount


def empty_digests(connection: Connection, before: datetime, limit: int) -> int:
    """Empty digests that were made before then and wait for nothing; returns how many. What they announced is kept."""
    query = text(read_sql("queries/operations/empty_digests.sql"))
    return connection.execute(query, {"before": before, "limit": limit}).rowcount


def drop_run_failures(connection: Connection, before: datetime) -> int:
    """Drop failures that were noted before then; returns how many."""
    return connection.execute(text("DELETE FROM run_failures WHERE failed_at < :before"), {"before": before}).rowcount


def page_counts(connection: Connection) -> PageCounts:
    """Number of pages with and without their body."""
    query = "SELECT count(*) FILTER (WHERE body_removed_at IS NULL), count(body_removed_at) FROM job_pages"
    return PageCounts(*connection.execute(text(query)).one())
