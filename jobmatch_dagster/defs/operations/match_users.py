"""Jobs that match several users in one run: bursts, and everybody with everything.

Put here the ops. The steps stand in `defs/profiles/stage.py` and `defs/matching/stage.py`.
"""

from datetime import date

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.engine import Database, DatabaseUnavailableError
from jobmatch_dagster.db.profiles import active_user_keys
from jobmatch_dagster.defs.matching.stage import MatchSettings
from jobmatch_dagster.defs.matching.stage import match_users as match_these_users
from jobmatch_dagster.defs.profiles.inbox import inbox_folder
from jobmatch_dagster.defs.profiles.stage import IngestReport, embed_profiles, ingest_cv, read_ahead
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource

# Users matched in one transaction: a killed run loses no more than this many users' work.
_USERS_PER_TRANSACTION = 100


class UserKeys(dg.Config):
    """Which users; their keys as the caller gave them."""

    user_keys: list[str]


@dg.op(pool=names.POOL_EMBEDDER)
def match_listed_users(
    context: dg.OpExecutionContext,
    config: UserKeys,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
    clock: ClockResource,
) -> None:
    """Read what these users put into the inbox, embed it, match each with every open posting.

    What fails for one user costs no other: the run fails at its end, and that user is due as before.
    """
    reports, failed = _ingest(context, config.user_keys, database.database(), clock.now().date())
    keys = [key for key in config.user_keys if key not in failed]
    vectors = embed_profiles(database.database(), embedder, context.run_id, keys)
    kept = _match_in_groups(context, keys, database, embedder, matching)
    context.add_output_metadata(
        {
            "users": len(config.user_keys),
            "users_failed": len(failed),
            "new_versions": sum(report.is_new_version for report in reports),
            "unreadable_documents": sum(report.status == "unreadable" for report in reports),
            "vectors_written": vectors,
            "matches_kept": kept,
        }
    )
    if failed:
        raise dg.Failure(
            f"{len(failed)} of {len(config.user_keys)} users failed, the others are done. First: {failed[:10]}",
            allow_retries=False,
        )


@dg.op(pool=names.POOL_EMBEDDER)
def match_everybody(
    context: dg.OpExecutionContext,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
) -> None:
    """Match every active user with every open posting, group by group."""
    embed_profiles(database.database(), embedder, context.run_id)
    with database.database().begin() as connection:
        keys = active_user_keys(connection)
    kept = _match_in_groups(context, keys, database, embedder, matching)
    context.add_output_metadata({"users": len(keys), "matches_kept": kept})


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


def _ingest(
    context: dg.OpExecutionContext, user_keys: list[str], database: Database, today: date
) -> tuple[list[IngestReport], list[str]]:
    """Take in every user's files; gives the reports, and the keys of those for whom it failed."""
    inbox = inbox_folder()
    readings = read_ahead(database, user_keys, inbox=inbox, today=today)
    tell = log_progress("CVs looked at")
    reports, failed = [], []
    for done, key in enumerate(user_keys, start=1):
        try:
            reports.append(ingest_cv(database, key, inbox=inbox, today=today, run_id=context.run_id, readings=readings))
        except DatabaseUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 (one user's failure, whatever it is, is no other's)
            # Its class alone: a message or a traceback may quote the CV.
            context.log.error(f"user {key}: {type(error).__name__}")  # noqa: TRY400
            failed.append(key)
        tell(done, len(user_keys))
    return reports, failed


def _match_in_groups(
    context: dg.OpExecutionContext,
    user_keys: list[str],
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
) -> int:
    settings = MatchSettings(embedder.model, matching.weights(), matching.keep_best)
    tell = log_progress("users matched")
    kept = 0
    for start in range(0, len(user_keys), _USERS_PER_TRANSACTION):
        group = user_keys[start : start + _USERS_PER_TRANSACTION]
        kept += match_these_users(database.database(), settings, context.run_id, group).kept
        tell(start + len(group), len(user_keys))
    return kept
