"""The matching of users with postings: what is stale, in blocks, with a transaction for each group.

Both slices call `_match`: by hour (all active users, the postings that need it) and by user (some users, every open
posting). A transaction writes matches of one bucket of users and keeps its lock, so buckets never wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from jobmatch_dagster.core.buckets import ONLY_BUCKET, Bucket
from jobmatch_dagster.core.matching.block_engine import match_blocks
from jobmatch_dagster.core.matching.kept_pairs import KeptPairs, best_of_each_user
from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.db.catalog.embedding_models import ensure_current_model
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import CALIBRATING, MATCHING, lock, lock_share
from jobmatch_dagster.db.matching.buckets import read_buckets, users_by_bucket
from jobmatch_dagster.db.matching.calibrations import ensure_calibration
from jobmatch_dagster.db.matching.chosen_postings import (
    ChosenPostings,
    choose_open_postings,
    choose_stale_postings,
    note_postings_matched,
)
from jobmatch_dagster.db.matching.current_profiles import ProfileToMatch, note_users_matched
from jobmatch_dagster.db.matching.match_rows import ScoredBy
from jobmatch_dagster.db.matching.matches import most_decided, read_cutoffs, write_matches
from jobmatch_dagster.db.profiles.users import users_to_match
from jobmatch_dagster.pipeline.matching.calibrate import ensure_fitted_calibration
from jobmatch_dagster.pipeline.matching.pairs import ensure_derived, read_pairs
from jobmatch_dagster.pipeline.matching.report import MatchReport, count_for_claude, score_counts, sum_reports
from jobmatch_dagster.pipeline.matching.settings import CurrentScoring, MatchSettings

# Postings matched with everybody, and users matched with everything, in one transaction: what a killed run loses at
# most, and what is in memory at once.
POSTINGS_PER_TRANSACTION = 5_000
_USERS_PER_TRANSACTION = 100


def match_new_postings(
    database: Database,
    settings: MatchSettings,
    run_id: str,
    on_progress: Progress = no_progress,
    *,
    at_once: int = POSTINGS_PER_TRANSACTION,
    only: Bucket | None = None,
) -> MatchReport:
    """Match every active user with the postings that need it, then the users whose own list is out of date.

    Users are taken bucket by bucket, or of one bucket only, and postings `at_once` at a time, a transaction each.

    A user whose profile or preferences are newer than the list is left out of the first step: a list never mixes pairs
    of two versions.
    """
    with database.read() as connection:
        buckets = read_buckets(connection) if only is None else (only,)
    return sum_reports([_match_bucket(database, settings, run_id, bucket, on_progress, at_once) for bucket in buckets])


def match_users(
    database: Database,
    settings: MatchSettings,
    run_id: str,
    user_keys: Sequence[str],
    on_progress: Progress = no_progress,
) -> MatchReport:
    """Match these users with every open posting, each group replacing the matches of an older version in one go."""
    report = MatchReport()
    with database.read() as connection:
        users_of = users_by_bucket(connection, user_keys)
    for bucket, keys in users_of.items():
        for start in range(0, len(keys), _USERS_PER_TRANSACTION):
            group = keys[start : start + _USERS_PER_TRANSACTION]
            scoring = _ensure_scoring(database, settings, run_id)
            with database.begin() as connection:
                lock_share(connection, MATCHING, bucket.key)
                chosen = choose_open_postings(connection, scoring.settings.model)
                part, profiles = _match(database, connection, scoring, chosen, _Users(bucket, group), run_id)
                note_users_matched(connection, profiles, scoring.key, run_id)
            report = replace(report + part, users=report.users + part.users)
            on_progress(report.users, len(user_keys))
    return report


def users_out_of_date(connection: Connection, settings: MatchSettings, bucket: Bucket = ONLY_BUCKET) -> list[str]:
    """Keys of active users of a bucket whose list was not made with the current settings and profile.

    An embedding model that is complete becomes the current one.
    """
    settings = replace(settings, model=ensure_current_model(connection, settings.model))
    scoring = CurrentScoring(settings, ensure_calibration(connection, settings.model))
    return [user.user_key for user in users_to_match(connection, scoring.key, bucket)]


@dataclass(frozen=True)
class _Users:
    """Whom to match: these users of a bucket, or (None) all of it whose list is up to date."""

    bucket: Bucket
    keys: Sequence[str] | None = None


def _match_bucket(
    database: Database, settings: MatchSettings, run_id: str, bucket: Bucket, on_progress: Progress, at_once: int
) -> MatchReport:
    report = MatchReport()
    postings = 0
    while True:
        scoring = _ensure_scoring(database, settings, run_id)
        with database.begin() as connection:
            lock_share(connection, MATCHING, bucket.key)
            chosen = choose_stale_postings(connection, scoring.settings.model, scoring.key, bucket, at_once)
            part = _nothing(scoring)
            if chosen:
                part, _ = _match(database, connection, scoring, chosen, _Users(bucket), run_id)
            note_postings_matched(connection, chosen, bucket, scoring.key)
        report += part
        postings += part.postings
        on_progress(postings, postings)
        if part.postings < at_once:
            break
    with database.begin() as connection:
        stale = [user.user_key for user in users_to_match(connection, bucket=bucket)]
    report = report + match_users(database, settings, run_id, stale) if stale else report
    return replace(report, postings=max(postings, report.postings))


def _ensure_scoring(database: Database, settings: MatchSettings, run_id: str) -> CurrentScoring:
    """The current scoring, in a short transaction of its own: shards of the matching ask at the same moment.

    A calibration that is fitted right afterwards makes what is scored with this one stale, so nothing is lost.
    """
    with database.begin() as connection:
        lock(connection, CALIBRATING)
        settings = replace(settings, model=ensure_current_model(connection, settings.model))
        return CurrentScoring(settings, ensure_fitted_calibration(connection, settings, run_id))


def _match(
    database: Database,
    connection: Connection,
    scoring: CurrentScoring,
    chosen: ChosenPostings,
    users: _Users,
    run_id: str,
) -> tuple[MatchReport, Sequence[ProfileToMatch]]:
    """Match the chosen postings with the users, and write. What is derived of postings is stored by itself before."""
    settings, is_hourly = scoring.settings, users.keys is None
    with database.begin() as beside:
        derived = ensure_derived(beside, settings, chosen)
    loaded = read_pairs(connection, settings, chosen, derived, users.keys, bucket=users.bucket, only_current=is_hourly)
    user_ids = [profile.user_id for profile in loaded.profiles]
    table = match_blocks(
        loaded.profile_block,
        loaded.posting_block,
        loaded.rules,
        scoring.calibration.calibration,
        floor=settings.floor,
        keep_best=settings.keep_best + most_decided(connection, user_ids),
        cutoffs=read_cutoffs(connection, user_ids, chosen, settings.keep_best) if is_hourly else None,
    )
    table = best_of_each_user(table, user_ids)
    counts = write_matches(
        connection,
        KeptPairs(table, loaded.profile_block, loaded.posting_block, loaded.rules),
        loaded.profiles,
        chosen,
        ScoredBy(settings.model, scoring.calibration.id, scoring.key, run_id),
        keep_best=settings.keep_best,
    )
    report = MatchReport(
        users=len(set(user_ids)),
        postings=len(chosen),
        pairs=len(loaded.profiles) * len(chosen),
        kept=len(table),
        inserted=counts.inserted,
        updated=counts.updated,
        unchanged=counts.unchanged,
        removed=counts.removed,
        to_claude=count_for_claude(table),
        scoring_key=scoring.key,
        embedding_model=settings.model,
        scores=score_counts(table),
    )
    return report, loaded.profiles


def _nothing(scoring: CurrentScoring) -> MatchReport:
    return MatchReport(scoring_key=scoring.key, embedding_model=scoring.settings.model)
