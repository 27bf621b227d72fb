"""Jobs that match many users in one run: a list of users, or everybody."""

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.db.catalog.embedding_models import read_current_model
from jobmatch_dagster.db.catalog.embeddings import delete_profile_vectors
from jobmatch_dagster.defs.fan_out import bucket_of_step
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.partitions import bucket_partitions
from jobmatch_dagster.pipeline.matching.match import match_users as match_listed
from jobmatch_dagster.pipeline.operations import match_users as steps
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.clock import ClockResource, wall_time
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource
from jobmatch_dagster.settings import FolderSettings

_KEYS_NAMED = 10


class UserKeys(dg.Config):
    """Which users."""

    user_keys: list[str] = Field(description="The keys of the users, as they were given with the CVs")


class FullMatch(dg.Config):
    """How much is matched."""

    again: bool = Field(default=False, description="Match users whose matches are up to date, too")
    embed_again: bool = Field(
        default=False, description="Embed every profile again first, because vectors of the model are corrupt"
    )


@dg.op(pool=names.POOL_EMBEDDER)
def match_listed_users(
    context: dg.OpExecutionContext,
    config: UserKeys,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
    clock: ClockResource,
    claude: ClaudeResource,
) -> None:
    """Read the new files of these users, embed their profiles, and match each user with every open posting.

    If `CLAUDE_FILL_PROFILES` is set, Claude is asked about what a CV leaves unknown, within the daily budget. A failure
    for one user does not stop the others: the run fails at its end, and that user is still due.
    """
    opened, run_id = database.database(), context.run_id
    ingested = steps.ingest_users(
        opened,
        config.user_keys,
        inbox=FolderSettings.read().inbox,
        wall_time=wall_time,
        today=clock.now().date(),
        run_id=run_id,
        log=context.log,
        on_progress=log_progress("CVs read"),
    )
    keys = [key for key in config.user_keys if key not in ingested.failed]
    fills = steps.fill_profiles(opened, claude, keys, run_id=run_id, log=context.log)
    vectors = embed_profiles(opened, embedder, run_id, keys)
    matched = match_listed(opened, match_settings(embedder, matching), run_id, keys, log_progress("users matched"))
    context.add_output_metadata(
        {
            "users": len(config.user_keys),
            "users_failed": len(ingested.failed),
            "new_versions": sum(report.is_new_version for report in ingested.reports),
            "unreadable_documents": sum(report.status == "unreadable" for report in ingested.reports),
            "vectors_written": vectors,
            "matches_kept": matched.kept,
            "fields_filled_by_claude": sum(fill.fields_filled for fill in fills),
            "filling_cost_usd": float(sum(fill.cost_usd for fill in fills)),
            "filling_note": next((fill.note for fill in fills if fill.note), ""),
        }
    )
    if failed := ingested.failed:
        raise dg.Failure(
            f"{len(failed)} of {len(config.user_keys)} users failed, the others are done. Failed: "
            f"{', '.join(failed[:_KEYS_NAMED])}. The log of the step names the class of each error.",
            allow_retries=False,
        )


@dg.op(pool=names.POOL_EMBEDDER)
def match_everybody(
    context: dg.OpExecutionContext,
    config: FullMatch,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
) -> None:
    """Match every active user, of the run's bucket if it has one, with every open posting.

    Users whose matches are up to date are skipped. A run that was killed continues where it stopped when it is launched
    again.
    """
    opened = database.database()
    bucket = bucket_of_step(context, opened)
    if config.embed_again:
        with opened.begin() as connection:
            delete_profile_vectors(connection, read_current_model(connection, embedder.model), bucket)
    report = steps.match_everybody(
        opened,
        embedder,
        match_settings(embedder, matching),
        run_id=context.run_id,
        again=config.again,
        on_progress=log_progress("users matched"),
        only=bucket,
    )
    context.add_output_metadata(
        {"users": report.users, "users_done_before": report.done_before, "matches_kept": report.kept}
    )


@dg.job(
    name="match_users",
    tags={names.TAG_PURPOSE: "burst", **names.BULK},
    description="Reads the new CVs of a list of users and matches each of them with every open posting, in one run.",
)
def match_users() -> None:
    """Match a list of users in one run."""
    match_listed_users()


def build_match_existing_jobs(buckets: int) -> dg.JobDefinition:
    """The job `match_existing_jobs`; with several buckets it has a partition for each: a backfill is the fan-out."""

    @dg.job(
        name="match_existing_jobs",
        partitions_def=bucket_partitions(buckets) if buckets > 1 else None,
        tags={names.TAG_PURPOSE: "full match", **names.BULK},
        description="Matches every active user with every open posting, for instance after a change of weights or "
        "model.",
    )
    def match_existing_jobs() -> None:
        match_everybody()

    return match_existing_jobs
