"""What takes room, and what of it may go.

Put here sizes and retention. A page stays whole while a posting's present version came from it, so that `jobs` can
always be rebuilt; what goes are bodies of pages that were superseded or failed, and old lists of ids.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.normalise import NORMALISER_VERSION
from jobmatch_dagster.core.raw.windows import OLDEST_OPEN
from jobmatch_dagster.db.connection.engine import read_sql, run_query


@dataclass(frozen=True)
class TableSize:
    """Bytes of a table with its indexes, and its rows as the planner estimates them."""

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
    """Empty bodies of pages fetched before then that nothing hangs on; gives their sizes in bytes.

    A list of expired postings stays until every posting on it is closed by its age alone.
    """
    parameters = {
        "before": before,
        "lists_before": before - OLDEST_OPEN,
        "normaliser_version": NORMALISER_VERSION,
        "limit": limit,
    }
    return [row.bytes for row in run_query(connection, "operations/removable_page_bodies", parameters)]


def drop_resolved_quarantine(connection: Connection, before: datetime) -> int:
    """Drop old quarantined records whose posting came whole since; gives how many."""
    return len(run_query(connection, "operations/resolved_quarantine", {"before": before}))


def drop_closed_matches(connection: Connection, before: datetime, limit: int) -> int:
    """Drop undecided matches of postings that closed before then; gives how many."""
    query = text(read_sql("queries/operations/drop_closed_matches.sql"))
    return connection.execute(query, {"before": before, "limit": limit}).rowcount


def drop_run_failures(connection: Connection, before: datetime) -> int:
    """Drop failures noted before then; gives how many."""
    return connection.execute(text("DELETE FROM run_failures WHERE failed_at < :before"), {"before": before}).rowcount


def page_counts(connection: Connection) -> PageCounts:
    """How many pages are whole."""
    query = "SELECT count(*) FILTER (WHERE body_removed_at IS NULL), count(body_removed_at) FROM job_pages"
    return PageCounts(*connection.execute(text(query)).one())
