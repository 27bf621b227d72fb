"""`quarantined_records`: records that could not be used, with the reason."""

import dataclasses
import json
from collections.abc import Sequence

import psycopg2
from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.normalise import NORMALISER_VERSION, Rejected
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.db.connection.engine import run_query


def quarantine(connection: Connection, page_id: int, rejected: Sequence[Rejected]) -> None:
    """Replace the page's quarantined records. After a fix, the next load removes the records that are usable now."""
    connection.execute(text("DELETE FROM quarantined_records WHERE page_id = :page_id"), {"page_id": page_id})
    for record in rejected:
        _insert(connection, page_id, record)


def quarantine_refused(
    connection: Connection, page_id: int, position: int, posting: Posting, error: psycopg2.Error
) -> None:
    """Quarantine a posting that the database refuses.

    The reason is the server's message without its detail, which may repeat the row.
    """
    rejected = Rejected(
        position=position,
        external_id=posting.external_id,
        field=error.diag.column_name or "(record)",
        reason=f"the database refuses it: {error.diag.message_primary}",
        record=json.dumps(dataclasses.asdict(posting), default=str),
    )
    _insert(connection, page_id, rejected)


def first_rejection(connection: Connection, page_id: int) -> tuple[str, str]:
    """Field and reason of the first quarantined record of a page."""
    query = "SELECT field, reason FROM quarantined_records WHERE page_id = :page_id ORDER BY page_position LIMIT 1"
    row = connection.execute(text(query), {"page_id": page_id}).one()
    return row.field, row.reason


def _insert(connection: Connection, page_id: int, record: Rejected) -> None:
    parameters = {
        "page_id": page_id, "position": record.position, "external_id": record.external_id, "field": record.field,
        "reason": record.reason, "record": record.record, "version": NORMALISER_VERSION,
    }  # fmt: skip
    run_query(connection, "catalog/insert_quarantined", parameters)
