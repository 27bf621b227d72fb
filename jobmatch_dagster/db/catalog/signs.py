"""Signs about postings, from the numbers that are stored about them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from jobmatch_dagster.core.catalog.signs import REPOST_GAP, PostingNumbers, Signs, signs_of
from jobmatch_dagster.db.connection.engine import run_query

# The newest open postings of a company, and the postings before one that show how long its field is open.
_OF_COMPANY, _OF_FIELDS = 100, 3_000


def read_signs(connection: Connection, job_ids: Sequence[int], now: datetime | None = None) -> dict[int, Signs]:
    """The signs of these postings, by id.

    Args:
        connection: an open transaction; nothing is written.
        job_ids: `jobs.id`; one that is not stored is left out.
        now: the moment up to which an open posting counts as open; None is the present.
    """
    parameters = {
        "job_ids": list(job_ids),
        "now": now,
        "gap": REPOST_GAP,
        "of_company": _OF_COMPANY,
        "of_fields": _OF_FIELDS,
    }
    rows = run_query(connection, "catalog/signs", parameters) if job_ids else []
    return {row.job_id: signs_of(PostingNumbers(**row._mapping)) for row in rows}
