"""Costs of Claude that the UI shows after a run."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from jobmatch_dagster.db.connection.engine import run_query


def costs_by_day(connection: Connection, since: datetime) -> Sequence[Row[Any]]:
    """USD and answers of each day (UTC) since then, oldest first."""
    return run_query(connection, "enrichment/costs_by_day", {"since": since})
