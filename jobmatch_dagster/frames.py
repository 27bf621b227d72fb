"""Rows and statistics as pandas DataFrames: the columns of each frame with their dtypes, and how they are filled.

The dtypes do not depend on the rows: an empty frame has those of a full one, and a missing value is `pd.NA`, `NaT` or
(in columns of lists) None. Times are UTC in microseconds, as PostgreSQL stores them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobmatch_dagster.core.matching.scoring import SCORE_COLUMNS
from jobmatch_dagster.db.statistics.jobs_and_users import JobStatistics, UserStatistics

if TYPE_CHECKING:
    import pandas as pd

TEXT, WHOLE, NUMBER, FLAG, TIME, LIST = "string", "Int64", "Float64", "boolean", "datetime64[us, UTC]", "object"

MATCHES = {
    "user_key": TEXT,
    "external_id": TEXT,
    "title": TEXT,
    "company": TEXT,
    "location": TEXT,
    "url": TEXT,
    "exact_score": NUMBER,
    "match_score": WHOLE,
    "stated_percent": WHOLE,
    "read_percent": WHOLE,
    **dict.fromkeys(SCORE_COLUMNS, WHOLE),
    "claude_score": WHOLE,
    "claude_status": TEXT,
    "priority": TEXT,
    "status": TEXT,
    "decided_at": TIME,
    "matching_skills": LIST,
    "missing_skills": LIST,
    "match_reasoning": TEXT,
    "date_created": TIME,
    "closed_at": TIME,
    "posting_changed_since": FLAG,
    "updated_at": TIME,
}
JOBS = {
    "external_id": TEXT,
    "title": TEXT,
    "company": TEXT,
    "location": TEXT,
    "url": TEXT,
    "source": TEXT,
    "date_posted": TIME,
    "date_created": TIME,
    "date_validthrough": TIME,
    "closed_at": TIME,
    "closed_reason": TEXT,
    "cities_derived": LIST,
    "regions_derived": LIST,
    "countries_derived": LIST,
    "remote_derived": FLAG,
    "ai_work_arrangement": TEXT,
    "ai_experience_level": TEXT,
    "ai_employment_type": LIST,
    "ai_job_language": TEXT,
    "ai_key_skills": LIST,
    "ai_keywords": LIST,
    "ai_taxonomies_a": LIST,
    "ai_education_requirements": LIST,
    "ai_visa_sponsorship": FLAG,
    "currency": TEXT,
    "salary_from": NUMBER,
    "salary_to": NUMBER,
    "salary_unit": TEXT,
}
CATALOG = {
    "as_of": TIME,
    "total": WHOLE,
    "open": WHOLE,
    "discovered_last_24_hours": WHOLE,
    "duplicates": WHOLE,
    "newest_date_created": TIME,
    "median_seconds_to_insert": NUMBER,
}
JOB_COUNTS = {"dimension": TEXT, "value": TEXT, "jobs": WHOLE}
AI_COVERAGE = {"field": TEXT, "coverage": NUMBER}
JOBS_BY_HOUR = {"hour": TIME, "jobs": WHOLE}
USERS = {
    "user_key": TEXT,
    "matched_semantic": WHOLE,
    "matched_claude": WHOLE,
    "saved": WHOLE,
    "applied": WHOLE,
    "rejected": WHOLE,
    "average_score": NUMBER,
}
EXPERIENCE_SCORES = {"user_key": TEXT, "experience_level": TEXT, "average_score": NUMBER}
USER_COUNTS = {"user_key": TEXT, "dimension": TEXT, "value": TEXT, "matches": WHOLE}


@dataclass(frozen=True, kw_only=True)
class StatisticsFrames:
    """The statistics of the catalog and of users, a frame for each grain.

    Attributes:
        catalog: one row, the catalog as a whole.
        job_counts: one row per dimension (source, work_arrangement, experience_level, industry, language) and value.
        ai_coverage: one row per AI field, with the share of postings that have a value, 0 to 1.
        jobs_by_hour: one row per hour of the last 48 with postings that the vendor indexed in it.
        users: one row per user.
        experience_scores: one row per user and experience level of their matches.
        user_counts: one row per user, dimension (industry, missing_skill) and value, the ten largest of each.
    """

    catalog: "pd.DataFrame"
    job_counts: "pd.DataFrame"
    ai_coverage: "pd.DataFrame"
    jobs_by_hour: "pd.DataFrame"
    users: "pd.DataFrame"
    experience_scores: "pd.DataFrame"
    user_counts: "pd.DataFrame"


def frame(rows: Iterable[Sequence[Any]], columns: Mapping[str, str]) -> "pd.DataFrame":
    """Rows as a DataFrame with these columns, each of its dtype.

    Args:
        rows: a value for each column, in the order of the columns.
        columns: dtypes by name.
    """
    import pandas as pd

    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pd.DataFrame(
        {name: pd.Series(column, dtype=dtype) for (name, dtype), column in zip(columns.items(), values, strict=True)}
    )


def limited_frame(rows: Sequence[Any], columns: Mapping[str, str], limit: int) -> "pd.DataFrame":
    """At most `limit` of a query's rows, by the names of their columns.

    `attrs["is_complete"]` of the frame is False when there are more rows.
    """
    found = frame(([getattr(row, name) for name in columns] for row in rows[:limit]), columns)
    found.attrs["is_complete"] = len(rows) <= limit
    return found


def statistics_frames(jobs: JobStatistics, users: Sequence[UserStatistics]) -> StatisticsFrames:
    """The statistics as frames."""
    counts = {
        "source": jobs.by_source,
        "work_arrangement": jobs.by_work_arrangement,
        "experience_level": jobs.by_experience_level,
        "industry": jobs.by_industry,
        "language": jobs.by_language,
    }
    return StatisticsFrames(
        catalog=frame([[getattr(jobs, name) for name in CATALOG]], CATALOG),
        job_counts=frame(((name, *pair) for name, values in counts.items() for pair in values.items()), JOB_COUNTS),
        ai_coverage=frame(jobs.ai_coverage.items(), AI_COVERAGE),
        jobs_by_hour=frame(jobs.by_hour.items(), JOBS_BY_HOUR),
        users=frame(([getattr(user, name) for name in USERS] for user in users), USERS),
        experience_scores=frame(
            ((user.user_key, *pair) for user in users for pair in user.average_score_by_experience_level.items()),
            EXPERIENCE_SCORES,
        ),
        user_counts=frame(
            (
                (user.user_key, name, *pair)
                for user in users
                for name, values in (("industry", user.top_industries), ("missing_skill", user.missing_skills))
                for pair in values.items()
            ),
            USER_COUNTS,
        ),
    )
