"""The matching of users with postings: what is stale, in blocks, with a transaction for each group.

Both slices call `_match`: by hour (all active users, the postings that need it) and by user (some users, every open
posting).
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from jobmatch_dagster.core.matching.block_engine import match_blocks
from jobmatch_dagster.core.matching.kept_pairs import KeptPairs
from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.db.catalog.embedding_models import ensure_current_model
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import MATCHING, lock
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
from jobmatch_dagster.pipeline.matching.pairs import ensure_pairs
from jobmatch_dagster.pipeline.matching.report import MatchReport, count_for_claude, score_counts
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
) -> MatchReport:
    """Match every active user with the postings that need it, then the users whose own list is out of date.

    Postings are matched `at_once` at a time, a transaction each.

    A user whose profile or preferences are newer than the list is left out of the first step: a list never mixes pairs
    of two versions.
    """
    report = MatchReport()
    postings = 0
    while True:
        with database.begin() as connection:
            scoring = _begin(connection, settings, run_id)
            chosen = choose_stale_postings(connection, scoring.settings.model, scoring.key, at_once)
            part, _ = _match(connection, scoring, chosen, None, run_id) if chosen else (_nothing(scoring), ())
            note_postings_matched(connection, chosen, scoring.key)
        report += part
        postings += part.postings
        on_progress(postings, postings)
        if part.postings < at_once:
            break
    with database.begin() as connection:
        stale = [user.user_key for user in users_to_match(connection)]
    report = report + match_users(database, settings, run_id, stale) if stale else report
    return replace(report, postings=max(postings, report.postings))


def match_users(
    database: Database,
    settings: MatchSettings,
    run_id: str,
    user_keys: Sequence[str],
    on_progress: Progress = no_progress,
) -> MatchReport:
    """Match these users with every open posting, each group replacing the matches of an older version in one go."""
    report = MatchReport()
    for start in range(0, len(user_keys), _USERS_PER_TRANSACTION):
        group = user_keys[start : start + _USERS_PER_TRANSACTION]
        with database.begin() as connection:
            scoring = _begin(connection, settings, run_id)
            chosen = choose_open_postings(connection, scoring.settings.model)
            part, profiles = _match(connection, scoring, chosen, group, run_id)
            note_users_matched(connection, profiles, scoring.key, run_id)
        report = replace(report + part, users=report.users + part.users)
        on_progress(start + len(group), len(user_keys))
    return report


def users_out_of_date(connection: Connection, settings: MatchSettings) -> list[str]:
    """Keys of active users whose list was not made with the current settings and profile.

    An embedding model that is complete becomes the current one.
    """
    settings = replace(settings, model=ensure_current_model(connection, settings.model))
    scoring = CurrentScoring(settings, ensure_calibration(connection, settings.model))
    return [user.user_key for user in users_to_match(connection, scoring.key)]


def _begin(connection: Connection, settings: MatchSettings, run_id: str) -> CurrentScoring:
    """Take the lock of the matching for this transaction, and determine the current scoring."""
    lock(connection, MATCHING)
    settings = replace(settings, model=ensure_current_model(connection, settings.model))
    return CurrentScoring(settings, ensure_fitted_calibration(connection, settings, run_id))


def _match(
    connection: Connection,
    scoring: CurrentScoring,
    chosen: ChosenPostings,
    user_keys: Sequence[str] | None,
    run_id: str,
) -> tuple[MatchReport, Sequence[ProfileToMatch]]:
    """Match the chosen postings with these users, or (None) with everybody whose list is up to date, and write."""
    settings, is_hourly = scoring.settings, user_keys is None
    loaded = ensure_pairs(connection, settings, chosen, user_keys, only_current=is_hourly)
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
    counts = write_matches(
        connection,
        KeptPairs(table, loaded.profile_block, loaded.posting_block, loaded.rules),
        loaded.profiles,
        chosen,
        ScoredBy(settings.model, scoring.calibration.id, scoring.key, run_id),
        keep_best=settings.keep_best,
    )
    report = MatchReport(
        users=len(loaded.profiles),
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
