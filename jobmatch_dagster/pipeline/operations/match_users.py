"""Many users in one run: a list of users from their files to their matches, or everybody with every open posting."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from jobmatch_dagster.core.buckets import Bucket
from jobmatch_dagster.core.progress import Progress
from jobmatch_dagster.db.connection.engine import Database, DatabaseUnavailableError
from jobmatch_dagster.db.connection.locks import EMBEDDING_PROFILES, exclusively
from jobmatch_dagster.db.profiles.users import active_user_keys
from jobmatch_dagster.pipeline.enrichment.fill import FillReport, fill_unknown
from jobmatch_dagster.pipeline.matching.match import match_new_postings, match_users, users_out_of_date
from jobmatch_dagster.pipeline.matching.settings import MatchSettings
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.pipeline.profiles.ingest import IngestReport, ingest_cv, read_ahead
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.embedder import EmbedderResource


@dataclass(frozen=True)
class IngestedUsers:
    """Reports of the users whose files were read, and the keys of those for whom reading failed."""

    reports: Sequence[IngestReport]
    failed: Sequence[str]


@dataclass(frozen=True)
class MatchedEverybody:
    """Active users, how many of them were up to date before, and the matches stored."""

    users: int
    done_before: int
    kept: int


def ingest_users(
    database: Database,
    user_keys: Sequence[str],
    *,
    inbox: Path | None,
    wall_time: Callable[[], datetime],
    today: date,
    run_id: str,
    log: logging.Logger,
    on_progress: Progress,
) -> IngestedUsers:
    """Read the files of every user. A failure for one user does not stop the others.

    Raises:
        DatabaseUnavailableError: if the database does not answer.
    """
    readings = read_ahead(database, user_keys, inbox=inbox, wall_time=wall_time, today=today)
    reports, failed = [], []
    for done, key in enumerate(user_keys, start=1):
        try:
            report = ingest_cv(
                database, key, inbox=inbox, wall_time=wall_time, today=today, run_id=run_id, readings=readings
            )
            reports.append(report)
        except DatabaseUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 (any failure of one user leaves the others)
            # The class alone: a message or a traceback may quote the CV.
            log.error("user %s: %s", key, type(error).__name__)  # noqa: TRY400
            failed.append(key)
        on_progress(done, len(user_keys))
    return IngestedUsers(reports, failed)


def fill_profiles(
    database: Database, claude: ClaudeResource, user_keys: Sequence[str], *, run_id: str, log: logging.Logger
) -> list[FillReport]:
    """Ask Claude about the unknown fields of each user's profile; after a failure the profile stays as it was read.

    Raises:
        DatabaseUnavailableError: if the database does not answer.
    """
    reports = []
    for key in user_keys:
        try:
            reports.append(fill_unknown(database, claude, key, run_id))
        except DatabaseUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 (as in ingest_users)
            log.error("user %s, asking Claude: %s", key, type(error).__name__)  # noqa: TRY400
    return reports


def match_everybody(
    database: Database,
    embedder: EmbedderResource,
    settings: MatchSettings,
    *,
    run_id: str,
    again: bool,
    on_progress: Progress,
    only: Bucket,
) -> MatchedEverybody:
    """Match every active user of a bucket with every open posting, group by group.

    Resumable: each group is a transaction, and users who are up to date are skipped, so a run that was killed
    continues where it stopped.

    Args:
        database: the project's database.
        embedder: embeds profiles that have no vector yet.
        settings: how pairs are scored.
        run_id: the Dagster run.
        again: match users who are up to date, too.
        on_progress: called with the users done and their number.
        only: the bucket.
    """
    with database.begin() as connection:
        everybody = active_user_keys(connection, only)
    # Those of all buckets: a calibration that is fitted now must not depend on which bucket comes first.
    with exclusively(database, EMBEDDING_PROFILES):
        embed_profiles(database, embedder, run_id)
    with database.begin() as connection:
        outdated = everybody if again else users_out_of_date(connection, settings, only)
    report = match_users(database, settings, run_id, outdated, on_progress)
    rest = match_new_postings(database, settings, run_id, only=only)
    return MatchedEverybody(len(everybody), len(everybody) - len(outdated), report.kept + rest.kept)
