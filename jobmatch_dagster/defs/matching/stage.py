"""Users times postings: what is stale is matched, in blocks, in one transaction.

Both slices call `_match`: by hour (all active users, the postings that need it) and by user (some users,
every open posting). Put here the order of the steps; scoring and SQL have modules of their own.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row

from jobmatch_dagster.core.matching import ENGINE_VERSION, MatchTable, PostingBlock, ProfileBlock, match_blocks
from jobmatch_dagster.core.scoring import CLAUDE_THRESHOLD, Weights, priority, reasoning
from jobmatch_dagster.core.skills import compare_skills, find_skills
from jobmatch_dagster.db import matches
from jobmatch_dagster.db.calibrations import StoredCalibration, calibration_in_force
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.locks import MATCHING, lock
from jobmatch_dagster.observability.scores import count_scores


@dataclass(frozen=True)
class MatchSettings:
    """What a deployment may choose: the model's version, the weights, how many matches a user keeps."""

    model: str
    weights: Weights
    keep_best: int


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
    scores: Mapping[str, NDArray[np.int64]]
    """How many of the kept pairs have each score of 0..100: `match_score` and `semantic_score`."""


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


@dataclass(frozen=True)
class LoadedPairs:
    """Profiles and postings as rows and as the blocks that are matched, in the same order."""

    profiles: Sequence[Row[Any]]
    postings: Sequence[Row[Any]]
    profile_block: ProfileBlock
    posting_block: PostingBlock


def load_pairs(connection: Connection, model: str, user_keys: Sequence[str] | None) -> LoadedPairs:
    """Read the chosen postings (see `select_postings`) and the current profiles (all, or of these users)."""
    profiles, profile_vectors = matches.read_profiles(connection, model, user_keys)
    postings, posting_vectors = matches.read_postings(connection, model)
    return LoadedPairs(
        profiles,
        postings,
        ProfileBlock(
            vectors=profile_vectors,
            skills=[row.skills for row in profiles],
            experience_level=[row.experience_level for row in profiles],
            industries=[row.industries for row in profiles],
            work_arrangements=[row.work_arrangements for row in profiles],
        ),
        PostingBlock(
            vectors=posting_vectors,
            skills=[_posting_skills(row) for row in postings],
            experience_level=[row.ai_experience_level for row in postings],
            industries=[row.ai_taxonomies_a for row in postings],
            work_arrangement=[row.ai_work_arrangement for row in postings],
        ),
    )


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
    loaded = load_pairs(connection, settings.model, user_keys)
    table = match_blocks(loaded.profile_block, loaded.posting_block, calibration.calibration, settings.weights)
    rows = _rows(table, loaded, settings.model, calibration.id, key, run_id)
    user_ids = [row.user_id for row in loaded.profiles]
    counts = matches.write_matches(connection, rows, user_ids, keep_best=settings.keep_best)
    report = MatchReport(
        users=len(loaded.profiles),
        postings=len(loaded.postings),
        kept=len(table),
        inserted=counts.inserted,
        updated=counts.updated,
        unchanged=counts.unchanged,
        removed=counts.removed,
        to_claude=int((table.semantic >= CLAUDE_THRESHOLD).sum()),
        scoring_key=key,
        scores={"match_score": count_scores(table.match), "semantic_score": count_scores(table.semantic)},
    )
    return report, loaded.profiles


def _rows(
    table: MatchTable, loaded: LoadedPairs, model: str, calibration_id: int, key: str, run_id: str
) -> Iterator[matches.Match]:
    for index in range(len(table)):
        user, posting = int(table.user[index]), int(table.posting[index])
        profile, job = loaded.profiles[user], loaded.postings[posting]
        skills = compare_skills(loaded.posting_block.skills[posting], profile.skills)
        score, semantic = int(table.match[index]), int(table.semantic[index])
        yield matches.Match(
            user_id=profile.user_id,
            job_id=job.id,
            similarity=float(table.similarity[index]),
            semantic_score=semantic,
            match_score=score,
            skills_score=_known(table.skills[index]),
            experience_score=_known(table.experience[index]),
            industry_score=_known(table.industry[index]),
            work_arrangement_score=_known(table.work_arrangement[index]),
            priority=priority(score) or "low",
            matching_skills=skills.matching or None,
            missing_skills=list(skills.missing) or None,
            match_reasoning=reasoning(
                skills=skills,
                posting_level=job.ai_experience_level,
                profile_level=profile.experience_level,
                posting_industries=job.ai_taxonomies_a,
                profile_industries=profile.industries,
                arrangement=job.ai_work_arrangement,
                semantic=semantic,
            ),
            claude_status="waiting" if semantic >= CLAUDE_THRESHOLD else None,
            profile_version=profile.version,
            embedding_model=model,
            calibration_id=calibration_id,
            scoring_key=key,
            record_hash=job.record_hash,
            run_id=run_id,
        )


def _posting_skills(row: Row[Any]) -> list[str] | None:
    """The vendor's skills, else those that the ad's own text names."""
    return row.ai_key_skills or find_skills(f"{row.title}\n{row.description or ''}") or None


def _known(score: Any) -> int | None:
    return int(score) if score >= 0 else None
