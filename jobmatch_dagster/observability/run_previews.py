"""What the UI shows of a materialization beside its numbers: a few rows, a small picture.

Put here which rows and pictures. All of it stays in Dagster's history: global data and sums alone, nothing of one
user. Every query is bounded by the run or by an index.
"""

from datetime import datetime, timedelta

import dagster as dg
from sqlalchemy import Connection

from jobmatch_dagster.core.raw.windows import HOUR, latest_collectable_hour
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.operations.storage import TableSize
from jobmatch_dagster.db.raw import pages
from jobmatch_dagster.observability.plots import days_bar, horizontal_bars, hours_bar
from jobmatch_dagster.observability.previews import preview

_DAYS_OF_HOURS = 7
_DAYS_OF_COSTS = 30

Looks = dict[str, dg.MetadataValue]


def pages_look(connection: Connection, run_id: str) -> Looks:
    """The responses that a run fetched."""
    rows = run_query(connection, "raw/look_pages_of_run", {"run_id": run_id})
    columns = ("page", "endpoint", "window", "offset", "status", "records", "bytes", "last page")
    return {"preview": preview(rows, columns)}


def postings_look(connection: Connection, run_id: str, now: datetime) -> Looks:
    """Postings that a run wrote, the skills they ask for, and the postings of each hour with the hours missing."""
    rows = run_query(connection, "catalog/look_postings_of_run", {"run_id": run_id})
    columns = ("posting", "title", "company", "location", "experience", "arrangement", "indexed")
    skills = run_query(connection, "catalog/look_skills_of_run", {"run_id": run_id})
    end = latest_collectable_hour(now) + HOUR
    start = end - timedelta(days=_DAYS_OF_HOURS)
    hours = run_query(connection, "catalog/look_hours", {"start": start, "end": end})
    return {
        "preview": preview(rows, columns),
        "hours": hours_bar(
            [row.hour for row in hours], [row.postings for row in hours], pages.missing_hours(connection, start, end)
        ),
        "skills_in_demand": horizontal_bars(
            [row.skill for row in skills], [row.postings for row in skills], "Skills asked for by this run's postings"
        ),
    }


def vectors_look(connection: Connection, model: str) -> Looks:
    """The newest postings' vectors."""
    rows = run_query(connection, "catalog/look_vectors", {"model": model})
    return {"preview": preview(rows, ("posting", "title", "dimension", "length", "embedded"))}


def closed_look(connection: Connection, closed_at: datetime) -> Looks:
    """Postings that were closed at this moment."""
    rows = run_query(connection, "catalog/look_closed", {"closed_at": closed_at})
    return {"preview": preview(rows, ("posting", "title", "company", "indexed", "valid through", "why closed"))}


def costs_look(connection: Connection, now: datetime) -> Looks:
    """What Claude cost on each of the last 30 days, all users together."""
    rows = run_query(connection, "enrichment/claude_costs_by_day", {"since": now - timedelta(days=_DAYS_OF_COSTS)})
    return {
        "preview": preview(rows[::-1], ("day", "usd", "answers")),
        "costs": days_bar([row.day for row in rows], [float(row.usd) for row in rows], "USD a day for Claude"),
    }


def storage_metadata(sizes: list[TableSize], database_bytes: int) -> dict[str, int]:
    """Stable keys for what the database takes; plotted over time they are its growth."""
    return {"database_bytes": database_bytes, **{f"bytes_{size.table}": size.bytes for size in sizes}}
