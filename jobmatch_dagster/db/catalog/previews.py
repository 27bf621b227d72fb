"""Rows of the catalog that the UI shows after a run. Every query is bounded by the run or by an index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from jobmatch_dagster.db.connection.engine import run_query


def postings_of_run(connection: Connection, run_id: str) -> Sequence[Row[Any]]:
    """The newest postings that a run wrote."""
    return run_query(connection, "catalog/preview_postings_of_run", {"run_id": run_id})


def skills_of_run(connection: Connection, run_id: str) -> Sequence[Row[Any]]:
    """Skills that the postings of a run ask for most often, as (skill, postings)."""
    return run_query(connection, "catalog/skills_of_run", {"run_id": run_id})


def postings_by_hour(connection: Connection, start: datetime, end: datetime) -> Sequence[Row[Any]]:
    """Hours in [start, end) with postings, as (hour, postings)."""
    return run_query(connection, "catalog/postings_by_hour", {"start": start, "end": end})


def newest_vectors(connection: Connection, model: str) -> Sequence[Row[Any]]:
    """The newest open postings with their vectors of a model."""
    return run_query(connection, "catalog/preview_vectors", {"model": model})


def closed_postings(connection: Connection, closed_at: datetime) -> Sequence[Row[Any]]:
    """Postings that were closed at this time."""
    return run_query(connection, "catalog/preview_closed_postings", {"closed_at": closed_at})
