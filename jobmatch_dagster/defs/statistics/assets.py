"""Assets of the statistics stage: the numbers that people look at."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.operations.storage import storage_sizes
from jobmatch_dagster.db.statistics.statistics import COVERAGE_BAR, JobStatistics, UserStatistics
from jobmatch_dagster.db.statistics.statistics import job_statistics as count_jobs
from jobmatch_dagster.db.statistics.statistics import user_statistics as count_users
from jobmatch_dagster.observability.plots import histogram, horizontal_bars, hours_bar
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.observability.run_previews import storage_metadata
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

_ALL_INDUSTRIES = 40


@dg.asset(
    key_prefix="statistics",
    group_name="statistics",
    deps=[dg.AssetDep(["catalog", "jobs"], partition_mapping=dg.AllPartitionMapping())],
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="2",
)
def job_statistics(database: PostgresResource, clock: ClockResource) -> dg.MaterializeResult[None]:
    """The catalogue in numbers: how many, how fresh, by source, arrangement, experience, industry, language.

    Grain: one count of the catalogue; it writes no table (`jobmatch stats --json` gives the same numbers).
    Running it again counts again.
    """
    with database.database().begin() as connection:
        found = count_jobs(connection, clock.now())
        storage = storage_metadata(*storage_sizes(connection))
    return dg.MaterializeResult(metadata={**_numbers(found), **storage, **_tables(found), **_plots(found)})


def _numbers(found: JobStatistics) -> dict[str, Any]:
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
    return {name: value for name, value in numbers.items() if value is not None}


def _tables(found: JobStatistics) -> dict[str, dg.TableMetadataValue]:
    def shares(counts: Mapping[str, int], name: str) -> dg.TableMetadataValue:
        rows = ((value, jobs, round(jobs / found.total, 4)) for value, jobs in counts.items())
        return preview(rows, (name, "jobs", "share"), limit=_ALL_INDUSTRIES)

    coverage = ((field, share, COVERAGE_BAR.get(field)) for field, share in found.ai_coverage.items())
    return {
        "by_source": shares(found.by_source, "source"),
        "by_work_arrangement": shares(found.by_work_arrangement, "work arrangement"),
        "by_experience_level": shares(found.by_experience_level, "experience, years"),
        "by_industry": shares(found.by_industry, "industry"),
        "by_language": shares(found.by_language, "language"),
        "ai_coverage": preview(coverage, ("field", "share known", "bar"), limit=_ALL_INDUSTRIES),
    }


def _plots(found: JobStatistics) -> dict[str, dg.MarkdownMetadataValue]:
    known = {field: share * 100 for field, share in found.ai_coverage.items() if share is not None}
    return {
        "hours": hours_bar(list(found.by_hour), list(found.by_hour.values()), [], "Postings indexed per hour (UTC)"),
        "work_arrangements": _bars(found.by_work_arrangement, "Work arrangement, postings"),
        "experience_levels": _bars(found.by_experience_level, "Experience in years, postings"),
        "industries": _bars(found.by_industry, "Industries, postings"),
        "coverage": _bars(known, "AI fields known, percent of postings"),
    }


@dg.asset(
    key_prefix="statistics",
    group_name="statistics",
    deps=[
        dg.AssetDep(["matching", "semantic_matches"], partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep(["matching", "user_semantic_matches"], partition_mapping=dg.AllPartitionMapping()),
    ],
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="2",
)
def user_statistics(database: PostgresResource) -> dg.MaterializeResult[None]:
    """Matches and decisions over all users, and of the users with most matches; by key: `jobmatch stats --user KEY`.

    Grain: one count of the matches; it writes no table. Dagster's history keeps users by `users.id` alone, which
    leads to nobody once the user is forgotten. Running it again counts again.
    """
    with database.database().begin() as connection:
        users = count_users(connection)
    decisions = {name: sum(getattr(user, name) for user in users) for name in ("saved", "applied", "rejected")}
    industries = _summed(user.top_industries for user in users)
    missing = Counter(skill for user in users for skill in sorted(user.missing_skills))
    matched = [user.matched_semantic for user in users]
    return dg.MaterializeResult(
        metadata={
            "users": len(users),
            "users_with_matches": sum(user.matched_semantic > 0 for user in users),
            "matches": sum(matched),
            "matches_with_claude": sum(user.matched_claude for user in users),
            **decisions,
            "by_user": _by_user(users),
            "matches_of_a_user": histogram(
                [user.matched_semantic for user in users], "Matches of a user", y_label="users"
            ),
            "decisions": _bars(decisions, "Decisions of all users"),
            "top_industries": _bars(industries, "Industries of the matches"),
            "score_by_level": _bars(_mean_by_level(users), "Average score by experience in years, mean of users"),
            "missing_skills": _bars(dict(missing.most_common()), "Skills that most users lack, users"),
        }
    )


def _by_user(users: list[UserStatistics]) -> dg.TableMetadataValue:
    columns = ("users.id", "by meaning", "by Claude", "saved", "applied", "rejected", "average score", "top industry",
               "most missing skill")  # fmt: skip
    most = sorted(users, key=lambda user: -user.matched_semantic)
    rows = (
        (user.user_id, user.matched_semantic, user.matched_claude, user.saved, user.applied, user.rejected,
         user.average_score, next(iter(user.top_industries), None), next(iter(user.missing_skills), None))
        for user in most
    )  # fmt: skip
    return preview(rows, columns, limit=20)


def _mean_by_level(users: list[UserStatistics]) -> dict[str, float]:
    scores: dict[str, list[float]] = {}
    for user in users:
        for level, score in user.average_score_by_experience_level.items():
            scores.setdefault(level, []).append(score)
    return {level: sum(values) / len(values) for level, values in sorted(scores.items())}


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total.most_common())


def _bars(counts: Mapping[str, float], title: str) -> dg.MarkdownMetadataValue:
    return horizontal_bars(list(counts), list(counts.values()), title)
