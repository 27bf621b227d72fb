"""Jobs that match several users in one run: bursts, and everybody with everything.

Put here the ops. The steps stand in `pipeline/profiles/read.py` and `pipeline/matching/match.py`.
"""

from datetime import date

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.connection.engine import Database, DatabaseUnavailableError
from jobmatch_dagster.db.profiles.profiles import active_user_keys
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.observability.progress import log_progress
from jobmatch_dagster.pipeline.matching.match import match_new_postings, users_out_of_date
from jobmatch_dagster.pipeline.matching.match import match_users as match_these_users
from jobmatch_dagster.pipeline.profiles.fill import FillReport, fill_unknown
from jobmatch_dagster.pipeline.profiles.inbox import inbox_folder
from jobmatch_dagster.pipeline.profiles.read import IngestReport, embed_profiles, ingest_cv, read_ahead
from jobmatch_dagster.resources.claude import ClaudeResource
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
    claude: ClaudeResource,
) -> None:
    """Read what these users put into the inbox, embed it, match each with every open posting.

    Where the setting is on, Claude is asked about what a CV leaves unknown, within the day's budget.

    What fails for one user costs no other: the run fails at its end, and that user is due as before.
    """
    reports, failed = _ingest(context, config.user_keys, database.database(), clock.now().date())
    keys = [key for key in config.user_keys if key not in failed]
    fillings = _fill(context, keys, database.database(), claude)
    vectors = embed_profiles(database.database(), embedder, context.run_id, keys)
    matched = match_these_users(
        database.database(), match_settings(embedder, matching), context.run_id, keys, log_progress("users matched")
    )
    context.add_output_metadata(
        {
            "users": len(config.user_keys),
            "users_failed": len(failed),
            "new_versions": sum(report.is_new_version for report in reports),
            "unreadable_documents": sum(report.status == "unreadable" for report in reports),
            "vectors_written": vectors,
            "matches_kept": matched.kept,
            "fields_filled_by_claude": sum(filling.fields_filled for filling in fillings),
            "filling_cost_usd": float(sum(filling.cost_usd for filling in fillings)),
            "filling_note": next((filling.note for filling in fillings if filling.note), ""),
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


def _fill(
    context: dg.OpExecutionContext, user_keys: list[str], database: Database, claude: ClaudeResource
) -> list[FillReport]:
    """Ask about each user's unknown fields; where that fails, the profile stays as it was read."""
    reports = []
    for key in user_keys:
        try:
            reports.append(fill_unknown(database, claude, key, context.run_id))
        except DatabaseUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 (as in _ingest)
            context.log.error(f"user {key}, asking Claude: {type(error).__name__}")  # noqa: TRY400
    return reports
