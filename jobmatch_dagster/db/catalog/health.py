"""Measures of the catalog's health: columns, fields, volumes, vectors, duplicates, unknown values.

A measure that would grow with the catalog is taken on the newest open postings alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Connection, text

from jobmatch_dagster.core.posting import INDUSTRIES
from jobmatch_dagster.core.raw.windows import HOUR
from jobmatch_dagster.db.connection.engine import run_query

POSTINGS_EXAMINED = 5_000
LENGTH_TOLERANCE = 1e-3
# The usual volume is a median over the same hour of the previous days.
_DAYS_COMPARED, _MIN_DAYS = 14, 5
_HOURS_SEARCHED = 24


@dataclass(frozen=True)
class AiCoverage:
    """Open postings, and the shares (0..1) of them with skills and with industries."""

    postings: int
    skills: float
    industries: float


@dataclass(frozen=True)
class HourVolume:
    """Postings of the newest collected hour, beside the usual number for this hour of the day.

    `usual` is the median of `days_compared` previous days; None if fewer than five of them were collected.
    """

    hour: datetime
    postings: int
    usual: float | None
    days_compared: int

    @property
    def ratio(self) -> float | None:
        """Postings divided by the usual number; None where that is unknown or 0."""
        return self.postings / self.usual if self.usual else None


@dataclass(frozen=True)
class HourPair:
    """Postings of an hour and of the hour before it."""

    postings: int
    before: int


@dataclass(frozen=True)
class VectorHealth:
    """Vectors of one model for the newest open postings.

    `dimensions` counts the different dimensions (1 when sound), `dimension` is the largest. `worst_deviation` is the
    largest distance of a vector's length from 1.
    """

    postings: int
    missing: int
    stale: int
    dimensions: int
    dimension: int | None
    not_unit: int
    worst_deviation: float

    @property
    def is_corrupt(self) -> bool:
        """Whether similarities computed with these vectors would be wrong."""
        return self.dimensions > 1 or self.not_unit > 0

    @property
    def to_embed(self) -> int:
        """Postings that need a new vector."""
        return self.missing + self.stale


@dataclass(frozen=True)
class DuplicateCounts:
    """Clusters among the newest open postings; `ungrouped_pairs` are equal ads in different clusters."""

    postings: int
    in_clusters: int
    clusters: int
    ungrouped_pairs: int

    @property
    def share_in_clusters(self) -> float:
        """Share of the postings that have duplicates, 0 to 1."""
        return self.in_clusters / self.postings if self.postings else 0.0


@dataclass(frozen=True)
class UnknownValue:
    """A value that the vendor sent for a coded field and that the project does not know."""

    field: str
    value: str
    postings: int


def columns_of_users(connection: Connection) -> list[str]:
    """Columns of `jobs` that belong to a user; there must be none."""
    query = (
        "SELECT attname FROM pg_attribute WHERE attrelid = 'jobs'::regclass AND NOT attisdropped AND attnum > 0 "
        "AND attname ~ '^(user_|status$|priority$|match_|claude_|semantic_)'"
    )
    return list(connection.scalars(text(query)))


def ai_coverage(connection: Connection) -> AiCoverage:
    """Shares of open postings with the vendor's AI fields."""
    row = run_query(connection, "catalog/ai_coverage")[0]
    total = max(row.postings, 1)
    return AiCoverage(row.postings, row.with_skills / total, row.with_industries / total)


def newest_volume(connection: Connection, newest: datetime) -> HourVolume | None:
    """Volume of the newest collected hour among the 24 hours up to `newest`; None if none was collected."""
    collected = _volumes(connection, [newest - n * HOUR for n in range(_HOURS_SEARCHED)])
    if not collected:
        return None
    hour, postings = collected[-1]
    before = _volumes(connection, [hour - timedelta(days=n) for n in range(1, _DAYS_COMPARED + 1)])
    usual = median(count for _, count in before) if len(before) >= _MIN_DAYS else None
    return HourVolume(hour, postings, usual, len(before))


def hour_pair(connection: Connection, hour: datetime) -> HourPair:
    """Postings of an hour (its start) and of the hour before it."""
    row = run_query(connection, "catalog/hour_counts", {"hour": hour, "before": hour - HOUR})[0]
    return HourPair(row.postings, row.postings_before)


def vector_health(connection: Connection, model: str) -> VectorHealth:
    """State of the vectors of a model for the newest open postings."""
    parameters = {"model": model, "limit": POSTINGS_EXAMINED, "tolerance": LENGTH_TOLERANCE}
    return VectorHealth(**run_query(connection, "catalog/vector_soundness", parameters)[0]._mapping)


def duplicate_counts(connection: Connection) -> DuplicateCounts:
    """How the newest open postings are clustered."""
    return DuplicateCounts(
        **run_query(connection, "catalog/duplicate_counts", {"limit": POSTINGS_EXAMINED})[0]._mapping
    )


def unknown_values(connection: Connection, since: datetime) -> list[UnknownValue]:
    """Unknown coded values in postings that changed since then, the most frequent first; at most 50."""
    parameters = {"since": since, "industries": list(INDUSTRIES)}
    return [UnknownValue(**row._mapping) for row in run_query(connection, "catalog/enum_drift", parameters)]


def _volumes(connection: Connection, hours: Sequence[datetime]) -> list[tuple[datetime, int]]:
    """The collected ones of these hours with their postings, oldest first."""
    rows = run_query(connection, "catalog/hour_volumes", {"hours": list(hours)})
    return [(row.hour, row.postings) for row in rows]
