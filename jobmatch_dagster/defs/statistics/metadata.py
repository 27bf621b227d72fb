"""Metadata of the statistics assets: numbers, tables and pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from jobmatch_dagster.db.statistics.jobs_and_users import COVERAGE_BAR, JobStatistics, UserStatistics
from jobmatch_dagster.observability.plots import histogram, horizontal_bars, hours_bar
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.pipeline.statistics.summary import UsersSummary

_VALUES_SHOWN, _USERS_SHOWN = 40, 20


def job_metadata(found: JobStatistics) -> dict[str, Any]:
    """The catalog in numbers, tables and pictures; numbers that are unknown are left out."""
    numbers = {
        "jobs": found.total,
        "open_jobs": found.open,
        "jobs_last_24_hours": found.discovered_last_24_hours,
        "duplicates": found.duplicates,
        "sources": len(found.by_source),
        "median_seconds_to_insert": found.median_seconds_to_insert,
        "newest_date_created": found.newest_date_created.isoformat() if found.newest_date_created else None,
        **{f"{field}_share": found.ai_coverage[field] for field in COVERAGE_BAR},
    }
    known = {name: value for name, value in numbers.items() if value is not None}
    return {**known, **_job_tables(found), **_job_pictures(found)}


def user_metadata(found: UsersSummary) -> dict[str, Any]:
    """The matches of all users in numbers, tables and pictures. Users are named by `users.id` alone."""
    return {
        "users": len(found.by_user),
        "users_with_matches": found.users_with_matches,
        "matches": found.matches,
        "matches_with_claude": found.matches_with_claude,
        **found.decisions,
        "by_user": _user_table(found.by_user),
        "matches_of_a_user": histogram(
            [user.matched_semantic for user in found.by_user], "Matches of a user", y_label="users"
        ),
        "decisions": _bars(found.decisions, "Decisions of all users"),
        "top_industries": _bars(found.industries, "Industries of the matches"),
        "score_by_level": _bars(found.score_by_level, "Average score by years of experience, mean of all users"),
        "missing_skills": _bars(found.missing_skills, "Users who lack a skill that their matches ask for"),
    }


def _job_tables(found: JobStatistics) -> dict[str, dg.TableMetadataValue]:
    def shares(counts: Mapping[str, int], name: str) -> dg.TableMetadataValue:
        rows = ((value, jobs, round(jobs / found.total, 4)) for value, jobs in counts.items())
        return preview(rows, (name, "jobs", "share"), limit=_VALUES_SHOWN)

    coverage = ((field, share, COVERAGE_BAR.get(field)) for field, share in found.ai_coverage.items())
    return {
        "by_source": shares(found.by_source, "source"),
        "by_work_arrangement": shares(found.by_work_arrangement, "work arrangement"),
        "by_experience_level": shares(found.by_experience_level, "experience, years"),
        "by_industry": shares(found.by_industry, "industry"),
        "by_language": shares(found.by_language, "language"),
        "ai_coverage": preview(coverage, ("field", "share known", "expected"), limit=_VALUES_SHOWN),
    }


def _job_pictures(found: JobStatistics) -> dict[str, dg.MarkdownMetadataValue]:
    known = {field: share * 100 for field, share in found.ai_coverage.items() if share is not None}
    return {
        "hours": hours_bar(list(found.by_hour), list(found.by_hour.values()), [], "Postings indexed per hour (UTC)"),
        "work_arrangements": _bars(found.by_work_arrangement, "Postings by work arrangement"),
        "experience_levels": _bars(found.by_experience_level, "Postings by years of experience"),
        "industries": _bars(found.by_industry, "Postings by industry"),
        "coverage": _bars(known, "AI fields with a value, percent of postings"),
    }


def _user_table(users: Sequence[UserStatistics]) -> dg.TableMetadataValue:
    columns = ("users.id", "matches", "judged by Claude", "saved", "applied", "rejected", "average score",
               "top industry", "most missing skill")  # fmt: skip
    rows = (
        (user.user_id, user.matched_semantic, user.matched_claude, user.saved, user.applied, user.rejected,
         user.average_score, next(iter(user.top_industries), None), next(iter(user.missing_skills), None))
        for user in users
    )  # fmt: skip
    return preview(rows, columns, limit=_USERS_SHOWN)


def _bars(counts: Mapping[str, float], title: str) -> dg.MarkdownMetadataValue:
    return horizontal_bars(list(counts), list(counts.values()), title)
