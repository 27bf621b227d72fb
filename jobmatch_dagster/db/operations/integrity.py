"""Keys and links between the tables: whether the schema still enforces them, and which rows break them."""

from dataclasses import dataclass

from sqlalchemy import Connection

from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class Orphans:
    """Rows of `child` whose `column` refers to no row of `parent`."""

    child: str
    column: str
    parent: str
    rows: int


def duplicate_ids(connection: Connection) -> int:
    """Rows of `jobs` beyond the first of each external id."""
    return int(run_query(connection, "operations/duplicate_ids")[0].duplicates)


def missing_keys(connection: Connection) -> list[str]:
    """Names of unique and foreign keys that the pipeline relies on and that are missing, invalid or disabled."""
    return [row.name for row in run_query(connection, "operations/missing_keys")]


def orphans(connection: Connection) -> list[Orphans]:
    """Rows that refer to nothing, for each link between tables that has any."""
    rows = run_query(connection, "operations/orphans")
    return [Orphans(row.child, row.link, row.parent, row.orphans) for row in rows if row.orphans]
