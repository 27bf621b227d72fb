"""Whether the tables still are what the schema promises: keys, links, values of enums, numbers of rows.

Put here what is looked for. When it blocks and what to do about it belongs in the asset checks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from jobmatch_dagster.core.posting import INDUSTRIES
from jobmatch_dagster.db.connection.engine import run_query

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Orphans:
    """Rows of `child` whose `column` points to no row of `parent`."""

    child: str
    column: str
    parent: str
    rows: int


@dataclass(frozen=True)
class HourCounts:
    """Postings of the newest hour that is complete, and of the hour before it."""

    hour: datetime
    postings: int
    before: int


def duplicate_ids(connection: Connection) -> int:
    """Rows of `jobs` beyond the first of each external id."""
    return int(run_query(connection, "operations/duplicate_ids")[0].duplicates)


def missing_keys(connection: Connection) -> list[str]:
    """Unique indexes and foreign keys that should hold the tables together and are missing or not valid."""
    return [row.name for row in run_query(connection, "operations/missing_keys")]


def orphans(connection: Connection) -> list[Orphans]:
    """Links that lead nowhere, for each foreign key that should prevent them."""
    rows = run_query(connection, "operations/orphans")
    return [Orphans(row.child, row.link, row.parent, row.orphans) for row in rows if row.orphans]


def enum_drift(connection: Connection, since: datetime) -> dict[str, dict[str, int]]:
    """Values that the vendor sends and no enum knows, by column, in postings that changed since then."""
    found: dict[str, dict[str, int]] = {}
    for row in run_query(connection, "operations/enum_drift", {"since": since, "industries": list(INDUSTRIES)}):
        found.setdefault(row.field, {})[row.value] = row.postings
    return found


def hour_counts(connection: Connection, hour: datetime) -> HourCounts:
    """Postings of an hour (its start) and of the hour before it."""
    row = run_query(connection, "operations/hour_counts", {"hour": hour, "before": hour - HOUR})[0]
    return HourCounts(hour, row.postings, row.postings_before)
