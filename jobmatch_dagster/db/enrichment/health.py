"""Measures of Claude's answers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class ReasonCounts:
    """Answers, and how many of them are generic: they name no skill, title or company of the pair."""

    answers: int
    generic: int

    @property
    def generic_share(self) -> float:
        """Share of generic answers, 0 to 1."""
        return self.generic / self.answers if self.answers else 0.0


def reason_counts(connection: Connection, since: datetime) -> ReasonCounts:
    """Answers on current matches that arrived since then."""
    row = run_query(connection, "enrichment/generic_reasons", {"since": since})[0]
    return ReasonCounts(row.answers, row.generic)
