"""Everything that the database holds on one user, found through its own catalogue.

Put here where a user's rows are, in whatever table: a table added later is found without a change here. What is done
with them (erasure, export) belongs to the caller.
"""

import hashlib
import json
import secrets
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.legacy.backup import keeping_checksums
from jobmatch_dagster.db.legacy.people import columns_of_the_only_user, user_columns


@dataclass(frozen=True)
class Place:
    """Rows of a table that belong to a user: those whose column holds one of the values.

    Or, of a table that is nobody's: `emptied` columns, which belong to the user in every row that has one.
    """

    table: str
    column: str
    values: tuple[Any, ...]
    emptied: tuple[str, ...] = ()

    @property
    def condition(self) -> str:
        """SQL that picks the rows; its parameter is `values`."""
        if self.emptied:
            return " OR ".join(f'"{column}" IS NOT NULL' for column in self.emptied)
        return f'"{self.column}" = ANY(:values)'


def places_of_user(connection: Connection, user_key: str) -> list[Place]:
    """Every place that may hold rows of the user: `users`, what points to it, what points to that; parents first.

    The same of the backups that a conversion of the legacy project leaves, where the key is the legacy id. The values
    are kept, so that the same places can be searched when the rows are gone. Failures of runs are found by the key too:
    a run can fail before its user is made. When nothing is held the list is empty.
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


def erase_rows(connection: Connection, places: Sequence[Place]) -> None:
    """Delete the rows at these places, those that point to others first; the way back to the legacy state stays."""
    with keeping_checksums(connection, [place.table for place in places]):
        for place in reversed(places):
            query = f'DELETE FROM "{place.table}" WHERE {place.condition}'
            if place.emptied:
                emptied = ", ".join(f'"{column}" = NULL' for column in place.emptied)
                query = f'UPDATE "{place.table}" SET {emptied} WHERE {place.condition}'
            connection.execute(text(query), {"values": list(place.values)})


def count_rows(connection: Connection, places: Sequence[Place]) -> dict[str, int]:
    """Rows at each place, by table."""
    return {place.table: int(_select(connection, "count(*)", place)[0][0]) for place in places}


def rows_at(connection: Connection, place: Place) -> Iterator[Mapping[str, Any]]:
    """The rows at a place, as they are stored; of a table that is nobody's the user's columns alone."""
    for row in _select(connection, ", ".join(f'"{column}"' for column in place.emptied) or "*", place):
        yield dict(row._mapping)


def add_tombstone(connection: Connection, user_key: str, report: Mapping[str, Any]) -> int:
    """Note an erasure; the user key cannot be read from it. Gives the note's id."""
    salt = secrets.token_hex(16)
    query = "INSERT INTO forgotten_users (salt, key_hash, report) VALUES (:salt, :hash, :report) RETURNING id"
    parameters = {"salt": salt, "hash": _key_hash(user_key, salt), "report": json.dumps(report)}
    return int(connection.scalars(text(query), parameters).one())


def complete_tombstone(connection: Connection, tombstone_id: int, report: Mapping[str, Any]) -> None:
    """Put the whole report into the note."""
    query = "UPDATE forgotten_users SET report = CAST(:report AS jsonb) WHERE id = :id"
    connection.execute(text(query), {"id": tombstone_id, "report": json.dumps(report)})


def open_tombstone(connection: Connection, user_key: str) -> tuple[int, dict[str, Any]] | None:
    """Id and report of the note of an erasure that was killed before it had searched everywhere; None without one."""
    query = (
        "SELECT id, salt, key_hash, report FROM forgotten_users WHERE report -> 'completed' = 'false' ORDER BY id DESC"
    )
    for row in connection.execute(text(query)):
        if row.key_hash == _key_hash(user_key, row.salt):
            return row.id, row.report
    return None


def erasures_of(connection: Connection, user_key: str) -> list[tuple[datetime, dict[str, Any]]]:
    """When a key was erased and what was found afterwards, oldest first; empty when it never was.

    Every note has a salt of its own, so each is compared (about 20 ms): this is for proofs, not for screens.
    """
    rows = connection.execute(text("SELECT salt, key_hash, report, forgotten_at FROM forgotten_users ORDER BY id"))
    return [(row.forgotten_at, row.report) for row in rows if row.key_hash == _key_hash(user_key, row.salt)]


def _key_hash(user_key: str, salt: str) -> str:
    return hashlib.scrypt(user_key.encode(), salt=bytes.fromhex(salt), n=2**13, r=8, p=1).hex()


def _values(connection: Connection, place: Place, column: str) -> tuple[Any, ...]:
    return tuple(row[0] for row in _select(connection, f'"{column}"', place) if row[0] is not None)


def _select(connection: Connection, what: str, place: Place) -> Sequence[Row[Any]]:
    query = f'SELECT {what} FROM "{place.table}" WHERE {place.condition}'
    return connection.execute(text(query), {"values": list(place.values)}).all()
