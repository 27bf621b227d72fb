"""The steps from the backups of a legacy database to postings and statuses."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from jobmatch_dagster.core.catalog.legacy import NO_DECISION, LegacyStatus, last_seen_at
from jobmatch_dagster.db.catalog.jobs import record_hashes
from jobmatch_dagster.db.legacy.rows import job_statuses, match_statuses, only_user, stream_rows
from jobmatch_dagster.db.legacy.state import OLD_MATCHES, OLD_USERS
from jobmatch_dagster.pipeline.catalog.records import load_records

RUN_ID = "legacy"
ROWS_PER_PAGE = 500


@dataclass
class LoadedRows:
    """Rows that were read, the record hash of each posting by external id, and refused records."""

    rows: int = 0
    hashes: dict[str, str] = field(default_factory=dict)
    refused: int = 0


def load_backup(
    connection: Connection, backup: str, loaded: LoadedRows, now: datetime, only: Collection[str] | None = None
) -> None:
    """Store the rows of a backup as pages and load them into `jobs`; with `only` those with these external ids.

    A page counts as fetched when the legacy program last touched one of its rows.
    """
    for number, rows in enumerate(stream_rows(connection, backup, ROWS_PER_PAGE, only)):
        body = ('{"legacy_rows": [' + ",\n".join(rows) + "]}").encode()
        seen_at = min(last_seen_at(json.loads(row) for row in rows) or now, now)
        request = {"table": backup, "first_row": str(number * ROWS_PER_PAGE)}
        page = load_records(connection, "legacy", request, body, seen_at, RUN_ID)
        loaded.rows += len(rows)
        loaded.refused += len(page.content.rejected) + page.refused
        hashes = [(posting.external_id, posting.record_hash) for _, posting in page.content.postings]
        _note_hashes(connection, loaded, hashes, refused=page.refused > 0)


def legacy_statuses(connection: Connection, tables: Sequence[str]) -> list[LegacyStatus]:
    """Statuses of all legacy matches; with exactly one user also those of the legacy `jobs`, which names no user."""
    found = match_statuses(connection) if OLD_MATCHES in tables else []
    user_key = only_user(connection) if OLD_USERS in tables else None
    return found if user_key is None else [*found, *job_statuses(connection, user_key)]


def count_unowned_decisions(connection: Connection, tables: Sequence[str]) -> int:
    """Number of decisions in the legacy `jobs` that belong to no known user; they stay in the backup."""
    if OLD_USERS in tables and only_user(connection) is not None:
        return 0
    return sum(status.word not in NO_DECISION for status in job_statuses(connection, ""))


def _note_hashes(connection: Connection, loaded: LoadedRows, hashes: list[tuple[str, str]], *, refused: bool) -> None:
    """Of several copies of a posting the merge stores the newest that the database accepts: that one counts."""
    if refused:
        stored = record_hashes(connection, [external_id for external_id, _ in hashes])
        hashes = [pair for pair in hashes if pair[0] in stored]
    copies = [external_id for external_id, _ in hashes if external_id in loaded.hashes]
    for external_id, record_hash in reversed(hashes):
        loaded.hashes[external_id] = record_hash
    if copies:
        loaded.hashes |= record_hashes(connection, copies)
