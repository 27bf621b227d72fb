"""What the UI shows of a materialization besides its numbers: a few rows, a small picture.

All of it stays in Dagster's history, so it is global data or sums, never the data of one user.
"""

from datetime import datetime, timedelta

import dagster as dg
from sqlalchemy import Connection

from jobmatch_dagster.core.markdown import markdown_table
from jobmatch_dagster.core.raw.windows import HOUR, latest_collectable_hour
from jobmatch_dagster.db.catalog import previews as catalog_previews
from jobmatch_dagster.db.enrichment.previews import costs_by_day
from jobmatch_dagster.db.operations.storage import StorageSizes
from jobmatch_dagster.db.raw.pages import missing_hours
from jobmatch_dagster.db.raw.previews import pages_of_run
from jobmatch_dagster.observability.plots import days_bar, horizontal_bars, hours_bar
from jobmatch_dagster.observability.previews import preview

_DAYS_OF_HOURS, _DAYS_OF_COSTS = 7, 30

Previews = dict[str, dg.MetadataValue]
"""Metadata by key."""


def pages_preview(connection: Connection, run_id: str) -> Previews:
    """The responses that a run fetched."""
    columns = ("page", "endpoint", "window", "offset", "status", "records", "bytes", "last page")
    return {"preview": preview(pages_of_run(connection, run_id), columns)}


def postings_preview(connection: Connection, run_id: str, now: datetime) -> Previews:
    """The postings that a run wrote, the skills they ask for, and the last week by hour with its missing hours."""
    end = latest_collectable_hour(now) + HOUR
    week = (end - timedelta(days=_DAYS_OF_HOURS), end)
    hours = catalog_previews.postings_by_hour(connection, *week)
    skills = catalog_previews.skills_of_run(connection, run_id)
    return {
        "preview": preview(
            catalog_previews.postings_of_run(connection, run_id),
            ("posting", "title", "company", "location", "experience", "arrangement", "indexed"),
        ),
        "hours": hours_bar(
            [row.hour for row in hours], [row.postings for row in hours], missing_hours(connection, *week)
        ),
        "skills_in_demand": horizontal_bars(
            [row.skill for row in skills], [row.postings for row in skills], "Skills asked for by this run's postings"
        ),
    }


def vectors_preview(connection: Connection, model: str) -> Previews:
    """The vectors of the newest open postings."""
    rows = catalog_previews.newest_vectors(connection, model)
    return {"preview": preview(rows, ("posting", "title", "dimension", "length", "embedded"))}


def closed_preview(connection: Connection, closed_at: datetime) -> Previews:
    """The postings that were closed at this time."""
    rows = catalog_previews.closed_postings(connection, closed_at)
    return {"preview": preview(rows, ("posting", "title", "company", "indexed", "valid through", "why closed"))}


def costs_preview(connection: Connection, now: datetime) -> Previews:
    """What Claude cost on each of the last 30 days, for all users together."""
    rows = costs_by_day(connection, now - timedelta(days=_DAYS_OF_COSTS))
    return {
        "preview": preview(rows[::-1], ("day", "usd", "answers")),
        "costs": days_bar([row.day for row in rows], [float(row.usd) for row in rows], "USD a day for Claude"),
    }


def storage_metadata(sizes: StorageSizes) -> dict[str, dg.MetadataValue]:
    """Bytes of the database, which are plotted over time, and a table of its tables."""
    rows = sorted(((size.table, size.bytes) for size in sizes.tables), key=lambda row: -row[1])
    return {
        "database_bytes": dg.MetadataValue.int(sizes.database_bytes),
        "storage": dg.MetadataValue.md(markdown_table(rows, ("table", "bytes"))),
    }
