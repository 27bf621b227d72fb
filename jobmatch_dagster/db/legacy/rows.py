"""Rows of the legacy tables, read from their backups.

Put here the queries on legacy tables. What their values mean belongs in `core/catalog/legacy.py`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.legacy import NO_DECISION, USER_COLUMNS, LegacyStatus, read_moment, seen_at
from jobmatch_dagster.db.catalog.records import content_key, load_records
from jobmatch_dagster.db.legacy.state import OLD_JOBS, OLD_MATCHES, OLD_USERS, SUFFIX

RUN_ID = "legacy"
ROWS_PER_PAGE = 500


@dataclass
class Loaded:
    """Rows read, the newest record hash by external id, and records refused."""

    rows: int = 0
    record_hashes: dict[str, str] = field(default_factory=dict)
    refused: int = 0


def load_rows(connection: Connection, backup: str, loaded: Loaded, only: Sequence[str] | None = None) -> None:
    """Keep the rows of a backup as pages and load them into `jobs`; of `jobs` itself only these external ids.

    A row is kept as it stood, but for the columns that belong to a user.
    """
    if only is not None and not only:
        return
    where = "WHERE job_id = ANY(:only)" if only is not None else ""
    query = f'SELECT CAST(to_jsonb(t) - CAST(:personal AS text[]) AS text) FROM "{backup}" AS t {where} ORDER BY ctid'
    parameters = {"personal": list(USER_COLUMNS), **({"only": list(only)} if only is not None else {})}
    now = connection.scalars(text("SELECT now()")).one()
    streamed = connection.execute(text(query), parameters, execution_options={"stream_results": True})
    for number, rows in enumerate(streamed.scalars().partitions(ROWS_PER_PAGE)):
        body = ('{"legacy_rows": [' + ",\n".join(rows) + "]}").encode()
        seen = seen_at(json.loads(row) for row in rows)
        request = {"table": backup, "first_row": str(number * ROWS_PER_PAGE)}
        page = load_records(connection, "legacy", request, body, min(seen or now, now), RUN_ID)
        loaded.rows += len(rows)
        loaded.refused += len(page.content.rejected) + page.refused
        _note_newest(connection, loaded, content_key(page.content), refused=page.refused > 0)


def legacy_statuses(connection: Connection, tables: Sequence[str]) -> list[LegacyStatus]:
    """Statuses of all legacy matches; where there is one user alone, those of the old `jobs` are this user's too."""
    found: list[LegacyStatus] = []
    if OLD_MATCHES in tables:
        found += [_status(row) for row in connection.execute(text(_MATCH_STATUSES))]
    if (only := _only_user(connection, tables)) is not None:
        found += [_status(row) for row in connection.execute(text(_JOB_STATUSES), {"user_key": only})]
    return found


def undecided_statuses_of_jobs(connection: Connection, tables: Sequence[str]) -> int:
    """Decisions in the old `jobs` that do not say whose they are; they stay in the backup."""
    if _only_user(connection, tables) is not None:
        return 0
    rows = connection.execute(text(_JOB_STATUSES), {"user_key": ""})
    return sum(row.status.strip().casefold() not in NO_DECISION for row in rows)


# A match points to a posting by the number of its row, or by the vendor's id, as the program's versions did.
_MATCH_STATUSES = f"""
    SELECT CAST(row_of.data ->> 'id' AS text) AS match_id, row_of.data ->> 'user_id' AS user_key,
           coalesce(by_number.job_id, by_id.job_id, rich.external_id) AS external_id,
           coalesce(row_of.data ->> 'status', '') AS status,
           coalesce(row_of.data ->> 'last_updated', row_of.data ->> 'updated_at', row_of.data ->> 'created_date')
               AS changed_at
    FROM (SELECT to_jsonb(m) AS data FROM "{OLD_MATCHES}{SUFFIX}" AS m) AS row_of
    LEFT JOIN "{OLD_JOBS}{SUFFIX}" AS by_number ON CAST(by_number.id AS text) = row_of.data ->> 'job_id'
    LEFT JOIN "{OLD_JOBS}{SUFFIX}" AS by_id ON by_id.job_id = row_of.data ->> 'job_id'
    LEFT JOIN "raw_jobs_test{SUFFIX}" AS rich ON CAST(rich.external_id AS text) = row_of.data ->> 'job_id'
    WHERE row_of.data ->> 'user_id' IS NOT NULL
"""
_JOB_STATUSES = f"""
    SELECT 'jobs ' || j.id AS match_id, :user_key AS user_key, CAST(j.job_id AS text) AS external_id,
           coalesce(to_jsonb(j) ->> 'status', '') AS status,
           coalesce(to_jsonb(j) ->> 'last_updated', to_jsonb(j) ->> 'discovered_date') AS changed_at
    FROM "{OLD_JOBS}{SUFFIX}" AS j
"""


def _status(row: Any) -> LegacyStatus:
    return LegacyStatus(row.match_id or "", row.user_key, row.external_id, row.status, read_moment(row.changed_at))


def _only_user(connection: Connection, tables: Sequence[str]) -> str | None:
    if OLD_USERS not in tables:
        return None
    keys = list(connection.scalars(text(f'SELECT CAST(id AS text) FROM "{OLD_USERS}{SUFFIX}" LIMIT 2')))
    return keys[0] if len(keys) == 1 else None


def _note_newest(connection: Connection, loaded: Loaded, keys: list[tuple[str, str]], *, refused: bool) -> None:
    """Of copies of one posting the merge keeps the newest, and none that the database refused: what it kept counts."""
    if refused:
        query = text("SELECT external_id FROM jobs WHERE external_id = ANY(:ids)")
        held = set(connection.scalars(query, {"ids": [external_id for external_id, _ in keys]}))
        keys = [key for key in keys if key[0] in held]
    copies = [external_id for external_id, _ in keys if external_id in loaded.record_hashes]
    for external_id, record_hash in reversed(keys):
        loaded.record_hashes[external_id] = record_hash
    if copies:
        query = text("SELECT external_id, record_hash FROM jobs WHERE external_id = ANY(:ids)")
        loaded.record_hashes |= {row.external_id: row.record_hash for row in connection.execute(query, {"ids": copies})}
