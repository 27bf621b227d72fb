"""The rows of one user in every table, found through the system catalog of PostgreSQL.

A table that is added later is found without a change here. Erasure and export belong to the callers.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.legacy.backup import keeping_checksums
from jobmatch_dagster.db.legacy.backup_users import columns_of_the_only_user, user_columns


@dataclass(frozen=True)
class Place:
    """Rows of a table that belong to a user: those whose column has one of the values.

    A table without users may have columns about one user: `emptied` names them, and every row with a value counts.
    """

    table: str
    column: str
    values: tuple[Any, ...]
    emptied: tuple[str, ...] = ()

    @property
    def condition(self) -> str:
        """SQL condition of the rows; its parameter is `values`."""
        if self.emptied:
            return " OR ".join(f'"{column}" IS NOT NULL' for column in self.emptied)
        return f'"{self.column}" = ANY(:values)'


def places_of_user(connection: Connection, user_key: str) -> list[Place]:
    """All places with rows of the user, parents first: `users`, tables that refer to it, tables that refer to those.

    In the backups that a conversion of the legacy project leaves, the key is the legacy id. Failures of runs are found
    by the key as well, because a run can fail before its user exists. The values stay valid after the rows are erased,
    so the same places can be searched again. The list is empty if the user has no row.
    """
    found: dict[str, Place] = {}
    for root, kept, column in (("users", "id", "user_key"), *((t, c, c) for t, c in user_columns(connection))):
        query = f'SELECT DISTINCT "{kept}" FROM "{root}" WHERE CAST("{column}" AS text) = :key'
        if values := tuple(connection.scalars(text(query), {"key": user_key})):
            found[root] = Place(root, kept, values)
    links = run_query(connection, "operations/links_to_users") if found else []
    waiting = deque(found)
    while waiting:
        parent = found[waiting.popleft()]
        for link in links:
            if link.parent == parent.table and link.child not in found:
                values = _values(connection, parent, link.parent_column)
                found[link.child] = Place(link.child, link.child_column, values)
                waiting.append(link.child)
    old_jobs, columns = columns_of_the_only_user(connection, user_key)
    if columns:
        found.setdefault(old_jobs, Place(old_jobs, "", (), columns))
    owners = found["users"].values if "users" in found else ()
    query = (
        "SELECT run_id FROM run_failures WHERE user_id = ANY(:owners) OR partition_key = :key "
        "OR EXISTS (SELECT FROM jsonb_each_text(inputs) AS tag WHERE tag.value = :key)"
    )
    parameters = {"owners": list(owners), "key": user_key}
    found.pop("run_failures", None)
    if failed := tuple(connection.scalars(text(query), parameters)):
        found["run_failures"] = Place("run_failures", "run_id", failed)
    return list(found.values())


def stored_user_keys(connection: Connection) -> dict[str, datetime | None]:
    """Every user key that a row names, with the time at which the user was added; None where `users` has no row.

    Of failed runs without a user everything is listed that may be a key.
    """
    found: dict[str, datetime | None] = {}
    for table, column in user_columns(connection):
        found |= dict.fromkeys(connection.scalars(text(f'SELECT DISTINCT CAST("{column}" AS text) FROM "{table}"')))
    query = (
        "SELECT partition_key FROM run_failures UNION "
        "SELECT tag.value FROM run_failures, jsonb_each_text(inputs) AS tag"
    )
    found |= dict.fromkeys(connection.scalars(text(query)))
    found |= {
        row.user_key: row.created_at for row in connection.execute(text("SELECT user_key, created_at FROM users"))
    }
    return {key: created_at for key, created_at in found.items() if key is not None}


def erase_rows(connection: Connection, places: Sequence[Place]) -> None:
    """Delete the rows at these places, those that refer to others first; a rollback to the legacy state still works."""
    with keeping_checksums(connection, [place.table for place in places]):
        for place in reversed(places):
            query = f'DELETE FROM "{place.table}" WHERE {place.condition}'
            if place.emptied:
                emptied = ", ".join(f'"{column}" = NULL' for column in place.emptied)
                query = f'UPDATE "{place.table}" SET {emptied} WHERE {place.condition}'
            connection.execute(text(query), {"values": list(place.values)})


def count_rows(connection: Connection, places: Sequence[Place]) -> dict[str, int]:
    """Number of rows at each place, by table."""
    return {place.table: int(_select(connection, "count(*)", place)[0][0]) for place in places}


def rows_at(connection: Connection, place: Place) -> Iterator[Mapping[str, Any]]:
    """The rows at a place as they are stored; of a table without users only the columns about the user."""
    for row in _select(connection, ", ".join(f'"{column}"' for column in place.emptied) or "*", place):
        yield dict(row._mapping)


def _values(connection: Connection, place: Place, column: str) -> tuple[Any, ...]:
    return tuple(row[0] for row in _select(connection, f'"{column}"', place) if row[0] is not None)


def _select(connection: Connection, what: str, place: Place) -> Sequence[Row[Any]]:
    query = f'SELECT {what} FROM "{place.table}" WHERE {place.condition}'
    return connection.execute(text(query), {"values": list(place.values)}).all()
