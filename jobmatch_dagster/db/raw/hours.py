"""Hours of the catalog: whether each was fetched, and how many postings it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class HourOfCatalog:
    """An hour, whether a complete sweep covered it, and the number of its postings."""

    hour: datetime
    fetched: bool
    postings: int


def read_hours(connection: Connection, start: datetime, end: datetime) -> Sequence[HourOfCatalog]:
    """Every hour of [start, end)."""
    rows = run_query(connection, "raw/hours_of_catalog", {"start": start, "end": end})
    return [HourOfCatalog(row.hour, row.fetched, row.postings) for row in rows]
