"""Measures of the health of matching: the profiles that are matched, and the scores of the matches."""

from dataclasses import dataclass

from sqlalchemy import Connection

from jobmatch_dagster.db.connection.engine import run_query

_LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True)
class ProfileHealth:
    """Active users, and how many of them cannot be matched, for each reason.

    `unreadable` counts users whose newest CV could not be read. `dimensions` counts the different dimensions of the
    vectors; more than 1 is an error.
    """

    users: int
    without_profile: int
    unreadable: int
    without_skills: int
    without_experience: int
    vectors_missing: int
    vectors_not_unit: int
    dimensions: int

    @property
    def broken_vectors(self) -> int:
        """Vectors that are missing or cannot be compared."""
        return self.vectors_missing + self.vectors_not_unit + max(0, self.dimensions - 1)


def profile_health(connection: Connection, model: str) -> ProfileHealth:
    """State of the current profiles and of their vectors of a model."""
    parameters = {"model": model, "tolerance": _LENGTH_TOLERANCE}
    return ProfileHealth(**run_query(connection, "matching/profile_soundness", parameters)[0]._mapping)


def score_bands(connection: Connection) -> dict[int, int]:
    """Kept pairs by the lower end of their band of semantic_score."""
    return {row.low: row.pairs for row in run_query(connection, "matching/score_bands")}
