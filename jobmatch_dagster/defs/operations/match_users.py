"""Jobs that match several users in one run: bursts, and everybody with everything.

Put here the ops. The steps stand in `defs/profiles/stage.py` and `defs/matching/stage.py`.
"""

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.profiles import active_user_keys
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.defs.matching.stage import match_new_postings, users_out_of_date
from jobmatch_dagster.defs.matching.stage import match_users as match_these_users
from jobmatch_dagster.defs.profiles.inbox import inbox_folder
from jobmatch_dagster.defs.profiles.stage import embed_profiles, ingest_cv
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource


class UserKeys(dg.Config):
    """Which users; their keys as the caller gave them."""

    user_keys: list[str]


class FullMatch(dg.Config):
    """Whether what is matched with the present settings already is matched once more."""

    again: bool = False


@dg.op(pool=names.POOL_EMBEDDER)
def match_listed_users(
    context: dg.OpExecutionContext,
    config: UserKeys,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
    clock: ClockResource,
) -> None:
    """Read what these users put into the inbox, embed it, match each with every open posting."""
    versions = unreadable = 0
    tell = log_progress("CVs looked at")
    for done, key in enumerate(config.user_keys, start=1):
        report = ingest_cv(
            database.database(), key, inbox=inbox_folder(), today=clock.now().date(), run_id=context.run_id
        )
        versions += report.is_new_version
        unreadable += report.status == "unreadable"
        tell(done, len(config.user_keys))
    vectors = embed_profiles(database.database(), embedder, context.run_id, config.user_keys)
    matched = match_these_users(
        database.database(),
        match_settings(embedder, matching),
        context.run_id,
        config.user_keys,
        log_progress("users matched"),
    )
    context.add_output_metadata(
        {
            "users": len(config.user_keys),
            "new_versions": versions,
            "unreadable_documents": unreadable,
            "vectors_written": vectors,
            "matches_kept": matched.kept,
        }
    )


@dg.op(pool=names.POOL_EMBEDDER)
def match_everybody(
    context: dg.OpExecutionContext,
    config: FullMatch,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
) -> None:
    """Match every active user with every open posting, group by group.

    Resumable: a group is a transaction, and what has been matched with the present settings is passed over, so a run
    that was killed is taken up where it stopped. `again` does everything all the same.
    """
    embed_profiles(database.database(), embedder, context.run_id)
    settings = match_settings(embedder, matching)
    with database.database().begin() as connection:
        everybody = active_user_keys(connection)
        left = everybody if config.again else users_out_of_date(connection, settings)
    tell = log_progress("users matched")
    report = match_these_users(database.database(), settings, context.run_id, left, tell)
    rest = match_new_postings(database.database(), settings, context.run_id)
    context.add_output_metadata(
        {
            "users": len(everybody),
            "users_done_before": len(everybody) - len(left),
            "matches_kept": report.kept + rest.kept,
        }
    )


@dg.job(
    name="match_users",
    tags={names.TAG_PURPOSE: "burst"},
    description="A list of users, in one run: read new CVs, match with every open posting.",
)
def match_users() -> None:
    """A list of users in one run."""
    match_listed_users()


@dg.job(
    name="match_existing_jobs",
    tags={names.TAG_PURPOSE: "full match"},
    description="Everybody with everything, for instance after other weights or another model.",
)
def match_existing_jobs() -> None:
    """All users with all open postings."""
    match_everybody()
