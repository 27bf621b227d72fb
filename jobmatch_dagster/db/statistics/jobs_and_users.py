"""Statistics of the catalog and of each user's matches. They contain no text of CVs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from jobmatch_dagster.core.posting import POSTING_COLUMNS
from jobmatch_dagster.db.connection.engine import run_query

UNKNOWN = "unknown"
# Shares measured in the first catalog of 3,882 postings; lower ones point to an error.
COVERAGE_BAR = {"ai_key_skills": 0.994, "ai_taxonomies_a": 1.0}
AI_FIELDS = tuple(column for column in POSTING_COLUMNS if column.startswith("ai_"))
# Industries and missing skills that are listed for each user.
MOST_PER_USER = 10


@dataclass(frozen=True, kw_only=True)
class JobStatistics:
    """The catalog in numbers. Counts by value start with the largest; "unknown" counts NULL.

    A posting counts in each of its industries. Coverage is the share of postings with a value, 0 to 1; None without
    postings. `by_hour` counts the postings that the vendor indexed in each of the last 48 hours (UTC), without empty
    hours.
    """

    as_of: datetime
    total: int
    open: int
    discovered_last_24_hours: int
    by_source: dict[str, int]
    by_work_arrangement: dict[str, int]
    by_experience_level: dict[str, int]
    by_industry: dict[str, int]
    by_language: dict[str, int]
    ai_coverage: dict[str, float | None]
    duplicates: int
    newest_date_created: datetime | None
    median_seconds_to_insert: float | None
    by_hour: dict[datetime, int]

    def to_dict(self) -> dict[str, Any]:
        """For JSON: times in ISO 8601."""
        newest = self.newest_date_created
        return {
            **asdict(self),
            "as_of": self.as_of.isoformat(),
            "newest_date_created": newest.isoformat() if newest else None,
            "by_hour": {hour.isoformat(): jobs for hour, jobs in self.by_hour.items()},
        }


@dataclass(frozen=True, kw_only=True)
class UserStatistics:
    """One user's matches in numbers. Scores are 0 to 100; None without scored matches.

    `missing_skills` counts the matches that ask for a skill, `opening_skills` those that the skill would complete: they
    lack at most one other.
    """

    user_id: int
    user_key: str
    matched_semantic: int
    matched_claude: int
    saved: int
    applied: int
    rejected: int
    average_score: float | None
    average_score_by_experience_level: dict[str, float]
    top_industries: dict[str, int]
    missing_skills: dict[str, int]
    opening_skills: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def job_statistics(connection: Connection, now: datetime) -> JobStatistics:
    """Count the catalog, in four scans of `jobs`.

    Args:
        connection: an open transaction.
        now: end of the last 24 hours, timezone-aware.
    """
    connection.exec_driver_sql("SET LOCAL work_mem = '64MB'")
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in run_query(connection, "statistics/job_counts"):
        counts[row.dimension][row.value or UNKNOWN] = row.jobs
    covered = run_query(connection, "statistics/job_coverage", {"now": now})[0]
    freshness = run_query(connection, "statistics/job_freshness")[0]
    return JobStatistics(
        as_of=now,
        total=covered.jobs,
        open=covered.open_jobs,
        discovered_last_24_hours=covered.jobs_last_24_hours,
        by_source=counts["source"],
        by_work_arrangement=counts["work_arrangement"],
        by_experience_level=counts["experience_level"],
        by_industry={row.industry or UNKNOWN: row.jobs for row in run_query(connection, "statistics/job_industries")},
        by_language=counts["language"],
        ai_coverage={name: _share(getattr(covered, name), covered.jobs) for name in AI_FIELDS},
        duplicates=freshness.duplicates,
        newest_date_created=covered.newest_date_created,
        median_seconds_to_insert=freshness.median_seconds_to_insert,
        by_hour={row.hour: row.jobs for row in run_query(connection, "statistics/jobs_by_hour", {"now": now})},
    )


def user_statistics(connection: Connection, user_key: str | None = None) -> list[UserStatistics]:
    """Count each user's matches, ordered by user key.

    Args:
        connection: an open transaction.
        user_key: count this user alone; the result is empty if the user does not exist.
    """
    whose = {"user_key": user_key}
    ranked = {**whose, "most": MOST_PER_USER}
    scores = _by_user(run_query(connection, "statistics/user_experience_scores", whose))
    industries = _by_user(run_query(connection, "statistics/user_industries", ranked))
    skills = _by_user(run_query(connection, "statistics/user_missing_skills", ranked))
    opening = _by_user(run_query(connection, "statistics/user_opening_skills", ranked))
    return [
        UserStatistics(
            **row._mapping,
            average_score_by_experience_level=scores[row.user_key],
            top_industries=industries[row.user_key],
            missing_skills=skills[row.user_key],
            opening_skills=opening[row.user_key],
        )
        for row in run_query(connection, "statistics/user_counts", whose)
    ]


def _by_user(rows: Sequence[Sequence[Any]]) -> defaultdict[str, dict[str, Any]]:
    """Rows of (user key, name, number) as a mapping for each user, in the order of the rows."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        found[row[0]][row[1] or UNKNOWN] = row[2]
    return found


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
