"""Users times postings: what is stale is matched, in blocks, in one transaction.

Both slices call `_match`: by hour (all active users, the postings that need it) and by user (some users,
every open posting). Put here the order of the steps; scoring and SQL have modules of their own.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row

from jobmatch_dagster.core.matching import (
    ENGINE_VERSION,
    MatchTable,
    PostingBlock,
    ProfileBlock,
    explain_pair,
    match_blocks,
)
from jobmatch_dagster.core.scoring import CLAUDE_THRESHOLD, Weights, priority
from jobmatch_dagster.core.skills import find_skills
from jobmatch_dagster.db import matches
from jobmatch_dagster.db.calibrations import StoredCalibration, calibration_in_force
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.locks import MATCHING, lock

# Rows that a user keeps, best first; decided ones come on top.
KEEP_BEST = 1_000


@dataclass(frozen=True)
class MatchSettings:
    """What a deployment may choose: the model's version, the weights, how many matches a user keeps."""

    model: str
    weights: Weights = Weights()
    keep_best: int = KEEP_BEST


@dataclass(frozen=True)
class MatchReport:
    """What a matching worked on and wrote."""

    users: int
    postings: int
    kept: int
    inserted: int
    updated: int
    unchanged: int
    removed: int
    to_claude: int
    scoring_key: str


def match_new_postings(
    database: Database, settings: MatchSettings, run_id: str, *, everything: bool = False
) -> MatchReport:
    """Match every active user with the postings that need it (or, when asked, with all open ones)."""
    with database.begin() as connection:
        report, _ = _match(connection, settings, run_id, user_keys=None, everything=everything)
        matches.note_postings_matched(connection, report.scoring_key)
    return report


def match_users(database: Database, settings: MatchSettings, run_id: str, user_keys: Sequence[str]) -> MatchReport:
    """Match these users with every open posting, replacing the matches of an older profile version."""
    with database.begin() as connection:
        report, profiles = _match(connection, settings, run_id, user_keys=user_keys, everything=True)
        matches.note_users_matched(connection, profiles, report.scoring_key, run_id)
    return report


def scoring_key(settings: MatchSettings, calibration: StoredCalibration) -> str:
    """What made a score: engine, model, calibration and weights. Differs when a score could differ."""
    weights = json.dumps(asdict(settings.weights), sort_keys=True)
    digest = hashlib.sha256(weights.encode()).hexdigest()[:8]
    return f"engine-v{ENGINE_VERSION}/{settings.model}/calibration-{calibration.id}/weights-{digest}"


def _match(
    connection: Connection,
    settings: MatchSettings,
    run_id: str,
    *,
    user_keys: Sequence[str] | None,
    everything: bool,
) -> tuple[MatchReport, Sequence[Row[Any]]]:
    lock(connection, MATCHING)
    calibration = calibration_in_force(connection, settings.model)
    key = scoring_key(settings, calibration)
    matches.select_postings(connection, settings.model, key, everything=everything)
    profiles, profile_vectors = matches.read_profiles(connection, settings.model, user_keys)
    postings, posting_vectors = matches.read_postings(connection, settings.model)
    profile_block = ProfileBlock(
        user_ids=[row.user_id for row in profiles],
        vectors=profile_vectors,
        skills=[row.skills for row in profiles],
        experience_level=[row.experience_level for row in profiles],
        industries=[row.industries for row in profiles],
        work_arrangements=[row.work_arrangements for row in profiles],
    )
    posting_block = PostingBlock(
        job_ids=[row.id for row in postings],
        vectors=posting_vectors,
        skills=[posting_skills(row) for row in postings],
        experience_level=[row.ai_experience_level for row in postings],
        industries=[row.ai_taxonomies_a for row in postings],
        work_arrangement=[row.ai_work_arrangement for row in postings],
    )
    table = match_blocks(profile_block, posting_block, calibration.calibration, settings.weights)
    to_claude = int((table.semantic_score >= CLAUDE_THRESHOLD).sum())
    rows = _rows(table, profiles, postings, profile_block, posting_block, settings, calibration, key, run_id)
    counts = matches.write_matches(connection, rows, [row.user_id for row in profiles], keep_best=settings.keep_best)
    report = MatchReport(
        users=len(profiles), postings=len(postings), kept=len(table.user), inserted=counts.inserted,
        updated=counts.updated, unchanged=counts.unchanged, removed=counts.removed, to_claude=to_claude,
        scoring_key=key,
    )  # fmt: skip
    return report, profiles
