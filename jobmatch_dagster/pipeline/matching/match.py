"""Users times postings: what is stale is matched, in blocks, group by group, a transaction each.

Both slices call `_match`: by hour (all active users, the postings that need it) and by user (some users,
every open posting). Put here the order of the steps; scoring and SQL have modules of their own.
"""

import gc
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row

from jobmatch_dagster.core.matching.blocks import ENGINE_VERSION, PostingBlock, ProfileBlock, match_blocks
from jobmatch_dagster.core.matching.conditions import UserConditions, conditions_of_posting
from jobmatch_dagster.core.matching.judge import ScoringRules, facts_of_profile
from jobmatch_dagster.core.matching.kept_pairs import KeptPairs
from jobmatch_dagster.core.matching.posting_facts import PostingFacts, facts_version
from jobmatch_dagster.core.matching.score_counts import count_scores
from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD, MATCH_FLOOR, Weights
from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.core.vocabulary.similar_skills import by_name, similar_skills_version
from jobmatch_dagster.db.catalog.embedding_models import model_in_force
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import MATCHING, lock
from jobmatch_dagster.db.matching import matches
from jobmatch_dagster.db.matching.calibrations import StoredCalibration, calibration_in_force
from jobmatch_dagster.db.matching.match_rows import ScoredBy
from jobmatch_dagster.db.matching.similar_skills import SimilarSkills, similar_skills
from jobmatch_dagster.db.profiles.users import users_to_match
from jobmatch_dagster.pipeline.matching.calibrate import calibration_to_use

# Postings matched with everybody, and users matched with everything, in one transaction: what a killed run loses at
# most, and what is held in memory.
POSTINGS_PER_TRANSACTION = 5_000
_USERS_PER_TRANSACTION = 100

_NO_SCORES = {name: np.zeros(101, np.int64) for name in ("match_score", "semantic_score")}


@dataclass(frozen=True)
class MatchSettings:
    """What a deployment may choose: the model's version, the weights, the floor, how many matches a user keeps."""

    model: str
    weights: Weights
    keep_best: int
    floor: int = MATCH_FLOOR
    similar_skills: SimilarSkills | None = None
    """Finds the skills that are alike by their vectors; None leaves them out."""


@dataclass(frozen=True)
class MatchReport:
    """What a matching worked on and wrote."""

    users: int = 0
    postings: int = 0
    pairs: int = 0
    kept: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    to_claude: int = 0
    scoring_key: str = ""
    embedding_model: str = ""
    scores: Mapping[str, NDArray[np.int64]] = field(default_factory=lambda: dict(_NO_SCORES))
    """How many of the kept pairs have each score of 0..100: `match_score` and `semantic_score`."""

    def __add__(self, other: "MatchReport") -> "MatchReport":
        added = ("pairs", "kept", "inserted", "updated", "unchanged", "removed", "to_claude")
        return MatchReport(
            users=max(self.users, other.users),
            postings=max(self.postings, other.postings),
            scoring_key=other.scoring_key or self.scoring_key,
            embedding_model=other.embedding_model or self.embedding_model,
            scores={name: counts + other.scores[name] for name, counts in self.scores.items()},
            **{name: getattr(self, name) + getattr(other, name) for name in added},
        )


def match_new_postings(
    database: Database,
    settings: MatchSettings,
    run_id: str,
    on_progress: Progress = no_progress,
    *,
    at_once: int = POSTINGS_PER_TRANSACTION,
) -> MatchReport:
    """Match every active user with the postings that need it, then the users whose own list is out of date.

    Postings are taken `at_once` at a time, a transaction each.

    A user whose profile or preferences are newer than the list is left out of the first step: mixing pairs of two
    versions in one list would show half of each.
    """
    report = MatchReport()
    postings = 0
    while True:
        with database.begin() as connection:
            part, _ = _match(connection, settings, run_id, user_keys=None, at_once=at_once)
            matches.note_postings_matched(connection, part.scoring_key)
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
            part, profiles = _match(connection, settings, run_id, user_keys=group)
            matches.note_users_matched(connection, profiles, part.scoring_key, run_id)
        report = replace(report + part, users=report.users + part.users)
        on_progress(start + len(group), len(user_keys))
    return report


def users_out_of_date(connection: Connection, settings: MatchSettings) -> list[str]:
    """Keys of active users whose list is not made with the present settings from the present profile."""
    settings = replace(settings, model=model_in_force(connection, settings.model))
    key = scoring_key(settings, calibration_in_force(connection, settings.model))
    return [user.user_key for user in users_to_match(connection, key)]


def scoring_key(settings: MatchSettings, calibration: StoredCalibration) -> str:
    """What made a list: engine, model, calibration, word lists, weights, floor and length. Differs when it could."""
    similar = similar_skills_version() if settings.similar_skills else ""
    made_with = [vars(settings.weights), settings.floor, settings.keep_best, facts_version(), similar]
    chosen = json.dumps(made_with, sort_keys=True)
    digest = hashlib.sha256(chosen.encode()).hexdigest()[:8]
    return f"engine-v{ENGINE_VERSION}/{settings.model}/calibration-{calibration.id}/settings-{digest}"


@dataclass(frozen=True)
class LoadedPairs:
    """Profiles and postings as rows and as the blocks that are matched, in the same order."""

    profiles: Sequence[Row[Any]]
    postings: Sequence[Row[Any]]
    profile_block: ProfileBlock = field(repr=False)
    posting_block: PostingBlock = field(repr=False)
    rules: ScoringRules = field(repr=False)


def load_pairs(
    connection: Connection, settings: MatchSettings, user_keys: Sequence[str] | None, *, only_current: bool = False
) -> LoadedPairs:
    """Read the chosen postings (see `select_postings`) and the current profiles (all, or of these users)."""
    model = settings.model
    profiles, profile_vectors = matches.read_profiles(connection, model, user_keys, only_current=only_current)
    postings, posting_vectors = matches.read_postings(connection, model)
    asked = [_user_conditions(row) for row in profiles]
    conditions = matches.read_conditions(connection) if any(asked) else ()
    near = similar_skills(connection, settings.similar_skills, model, [row.skills for row in postings])
    return LoadedPairs(
        profiles,
        postings,
        ProfileBlock(
            profile_vectors,
            [facts_of_profile(row) for row in profiles],
            asked,
        ),
        PostingBlock(
            posting_vectors,
            [
                PostingFacts(row.skills, row.experience_level, row.industries, row.work_arrangement, row.derived)
                for row in postings
            ],
            [conditions_of_posting(row, row.work_arrangement) for row in conditions],
        ),
        ScoringRules(settings.weights, by_name(near)),
    )


def _match(
    connection: Connection,
    settings: MatchSettings,
    run_id: str,
    *,
    user_keys: Sequence[str] | None,
    at_once: int | None = None,
) -> tuple[MatchReport, Sequence[Row[Any]]]:
    """One transaction: these users with everything, or (None) everybody with the next postings that need it."""
    by_user = user_keys is not None
    lock(connection, MATCHING)
    settings = replace(settings, model=model_in_force(connection, settings.model))
    calibration = calibration_to_use(connection, settings.model, run_id)
    key = scoring_key(settings, calibration)
    chosen = matches.select_postings(connection, settings.model, key, everything=by_user, most=at_once)
    if not (chosen or by_user):
        return MatchReport(scoring_key=key, embedding_model=settings.model), []
    with _uncollected():
        loaded = load_pairs(connection, settings, user_keys, only_current=not by_user)
    user_ids = [row.user_id for row in loaded.profiles]
    table = match_blocks(
        loaded.profile_block,
        loaded.posting_block,
        loaded.rules,
        calibration.calibration,
        floor=settings.floor,
        keep_best=settings.keep_best + matches.most_decided(connection, user_ids),
        cutoffs=None if by_user else matches.cutoffs(connection, user_ids, settings.keep_best),
    )
    counts = matches.write_matches(
        connection,
        KeptPairs(table, loaded.profile_block, loaded.posting_block, loaded.rules),
        loaded.profiles,
        loaded.postings,
        ScoredBy(settings.model, calibration.id, key, run_id),
        keep_best=settings.keep_best,
    )
    report = MatchReport(
        users=len(loaded.profiles),
        postings=len(loaded.postings),
        pairs=len(loaded.profiles) * len(loaded.postings),
        kept=len(table),
        inserted=counts.inserted,
        updated=counts.updated,
        unchanged=counts.unchanged,
        removed=counts.removed,
        to_claude=int((table.semantic >= CLAUDE_THRESHOLD).sum()),
        scoring_key=key,
        embedding_model=settings.model,
        scores={"match_score": count_scores(table.score), "semantic_score": count_scores(table.semantic)},
    )
    return report, loaded.profiles


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: while rows pile up and none is garbage, it looks through all of them again and again.

    A third of the seconds that reading takes.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _user_conditions(row: Row[Any]) -> UserConditions:
    return UserConditions(
        locations=row.locations,
        min_salary=row.min_salary,
        salary_currency=row.salary_currency,
        needs_visa=row.needs_visa,
        languages=row.languages,
        excluded_companies=row.excluded_companies,
    )
