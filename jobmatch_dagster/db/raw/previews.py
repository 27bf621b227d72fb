"""Rows of `job_pages` that the UI shows after a run."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row

from jobmatch_dagster.db.connection.engine import run_query


def pages_of_run(connection: Connection, run_id: str) -> Sequence[Row[Any]]:
    """The newest responses that a run fetched."""
    return run_query(connection, "raw/preview_pages_of_run", {"run_id": run_id})
