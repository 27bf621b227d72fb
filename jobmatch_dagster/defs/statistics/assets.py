"""Assets of the statistics stage: the numbers that people look at."""

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.statistics import job_statistics as count_jobs
from jobmatch_dagster.db.statistics import user_statistics as count_users
from jobmatch_dagster.db.storage import storage_sizes
from jobmatch_dagster.observability.looks import storage_metadata
from jobmatch_dagster.observability.plots import horizontal_bars
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource


@dg.asset(
    key_prefix="statistics",
    group_name="statistics",
    deps=[dg.AssetDep(["catalog", "jobs"], partition_mapping=dg.AllPartitionMapping())],
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="1",
)
def job_statistics(database: PostgresResource, clock: ClockResource) -> dg.MaterializeResult[None]:
    """The catalogue in numbers: how many, how fresh, by source, arrangement, experience, industry, language.

    Grain: one count of the catalogue; it writes no table (`jobmatch stats --json` gives the same numbers).
    Running it again counts again.
    """
    with database.database().begin() as connection:
        found = count_jobs(connection, clock.now())
        storage = storage_metadata(*storage_sizes(connection))
    arrangements = found.by_work_arrangement
    return dg.MaterializeResult(
        metadata={
            "jobs": found.total,
            "open_jobs": found.open,
            "jobs_last_24_hours": found.discovered_last_24_hours,
            "duplicates": found.duplicates,
            **storage,
            "newest_date_created": found.newest_date_created.isoformat() if found.newest_date_created else "unknown",
            "by_source": preview(list(found.by_source.items()), ("source", "jobs")),
            "by_experience_level": preview(list(found.by_experience_level.items()), ("level", "jobs")),
            "by_language": preview(list(found.by_language.items()), ("language", "jobs")),
            "ai_coverage": preview(sorted(found.ai_coverage.items()), ("field", "share known"), limit=40),
            "work_arrangements": horizontal_bars(list(arrangements), list(arrangements.values()), "Work arrangement"),
            "industries": horizontal_bars(
                list(found.by_industry), list(found.by_industry.values()), "Industries, postings"
            ),
        }
    )


@dg.asset(
    key_prefix="statistics",
    group_name="statistics",
    deps=[
        dg.AssetDep(["matching", "semantic_matches"], partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep(["matching", "user_semantic_matches"], partition_mapping=dg.AllPartitionMapping()),
    ],
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="1",
)
def user_statistics(database: PostgresResource) -> dg.MaterializeResult[None]:
    """Matches and decisions over all users, as counts; of one user: `jobmatch stats --user KEY`.

    Grain: one count of the matches; it writes no table, and no number of a single user stays in Dagster's
    history. Running it again counts again.
    """
    with database.database().begin() as connection:
        users = count_users(connection)
    missing: dict[str, int] = {}
    for user in users:
        for skill in user.missing_skills:
            missing[skill] = missing.get(skill, 0) + 1
    most = sorted(missing.items(), key=lambda item: (-item[1], item[0]))
    return dg.MaterializeResult(
        metadata={
            "users": len(users),
            "users_with_matches": sum(user.matched_semantic > 0 for user in users),
            "matches": sum(user.matched_semantic for user in users),
            "matches_with_claude": sum(user.matched_claude for user in users),
            "saved": sum(user.saved for user in users),
            "applied": sum(user.applied for user in users),
            "rejected": sum(user.rejected for user in users),
            "missing_skills": horizontal_bars(
                [name for name, _ in most], [count for _, count in most], "Skills that most users lack"
            ),
        }
    )
