"""Many users times many postings: the scores of `scoring.py`, pair by pair the same, in whole blocks.

Put here arrays. What a part means and how it is weighed stands in `scoring.py` and `skills.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.calibration import Calibration
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES, WORK_ARRANGEMENTS
from jobmatch_dagster.core.scoring import (
    INDUSTRY_OTHER,
    INDUSTRY_RELATED,
    INDUSTRY_SHARED,
    MATCH_FLOOR,
    RELATED_INDUSTRIES,
    Parts,
    Weights,
    arrangement_score,
    experience_score,
    industry_score,
    reasoning,
    skills_score,
    weighted_score,
)
from jobmatch_dagster.core.skills import SkillMatch, compare_skills, credits_of, skill_ids

# Differs when the same inputs could give other scores; then every pair is scored again.
ENGINE_VERSION = 1
# Pairs scored at once: about 15 arrays of this many numbers are alive at a time.
_PAIRS_PER_BLOCK = 2_000_000
_UNKNOWN, _UNFIT = -1, -2
_TENTHS = 10


@dataclass(frozen=True)
class ProfileBlock:
    """What is matched of m users. `vectors` has shape (m, d), unit length; lists have m entries."""

    vectors: NDArray[np.float32]
    skills: Sequence[Sequence[str] | None]
    experience_level: Sequence[str | None]
    industries: Sequence[Sequence[str] | None]
    work_arrangements: Sequence[Sequence[str] | None]


@dataclass(frozen=True)
class PostingBlock:
    """What is matched of n postings. `vectors` has shape (n, d), unit length; lists have n entries."""

    vectors: NDArray[np.float32]
    skills: Sequence[Sequence[str] | None]
    experience_level: Sequence[str | None]
    industries: Sequence[Sequence[str] | None]
    work_arrangement: Sequence[str | None]


@dataclass(frozen=True)
class MatchTable:
    """The kept pairs, a row each: indices into the blocks and scores 0..100 (-1 where a part is unknown)."""

    user: NDArray[np.int64]
    posting: NDArray[np.int64]
    similarity: NDArray[np.float32]
    semantic: NDArray[np.int16]
    match: NDArray[np.int16]
    skills: NDArray[np.int16]
    experience: NDArray[np.int16]
    industry: NDArray[np.int16]
    work_arrangement: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True)
class PairExplanation:
    """One pair, part by part. `unfit` names the filters that take it out, whatever its score."""

    similarity: float
    parts: Parts
    match: int | None
    skills: SkillMatch
    unfit: tuple[str, ...]
    reasoning: str


def match_blocks(
    profiles: ProfileBlock,
    postings: PostingBlock,
    calibration: Calibration,
    weights: Weights,
    *,
    floor: int = MATCH_FLOOR,
) -> MatchTable:
    """Score every pair; keep those that no filter takes out and whose weighted score reaches the floor."""
    tables = [
        _match_block(users, profiles, postings, encoded, calibration, weights, floor)
        for users, encoded in _blocks(profiles, postings)
    ]
    return MatchTable(
        **{f.name: np.concatenate([getattr(t, f.name) for t in tables]) for f in fields(MatchTable)}
    )  # fmt: skip


def explain_pair(
    profiles: ProfileBlock, postings: PostingBlock, user: int, posting: int, calibration: Calibration, weights: Weights
) -> PairExplanation:
    """Score one pair of the blocks readably; the numbers are those of `match_blocks`."""
    similarity = np.float32(profiles.vectors[user] @ postings.vectors[posting])
    skills = compare_skills(postings.skills[posting], profiles.skills[user])
    experience, too_far = experience_score(postings.experience_level[posting], profiles.experience_level[user])
    arrangement, no_fit = arrangement_score(postings.work_arrangement[posting], profiles.work_arrangements[user])
    parts = Parts(
        skills=skills_score(skills),
        experience=experience,
        industry=industry_score(postings.industries[posting], profiles.industries[user]),
        work_arrangement=arrangement,
        semantic=int(calibration.score(np.array([similarity]))[0]),
    )
    unfit = tuple(name for name, hit in (("experience", too_far), ("work arrangement", no_fit)) if hit)
    return PairExplanation(
        similarity=float(similarity),
        parts=parts,
        match=weighted_score(parts, weights),
        skills=skills,
        unfit=unfit,
        reasoning=reasoning(
            skills=skills,
            posting_level=postings.experience_level[posting],
            profile_level=profiles.experience_level[user],
            posting_industries=postings.industries[posting],
            profile_industries=profiles.industries[user],
            arrangement=postings.work_arrangement[posting],
            semantic=parts.semantic or 0,
        ),
    )


@dataclass(frozen=True)
class _Encoded:
    """The blocks as numbers: codes, bit masks and sparse skill matrices."""

    user_credits: Any
    posting_skills: Any
    skill_counts: NDArray[np.int32]
    user_has_skills: NDArray[np.bool_]
    user_level: NDArray[np.int8]
    posting_level: NDArray[np.int8]
    user_industries: NDArray[np.int64]
    posting_industries: NDArray[np.int64]
    user_arrangements: NDArray[np.int8]
    posting_arrangement: NDArray[np.int8]


def _blocks(profiles: ProfileBlock, postings: PostingBlock) -> Iterator[tuple[slice, _Encoded]]:
    count = len(profiles.skills)
    encoded = _encode(profiles, postings)
    step = max(1, _PAIRS_PER_BLOCK // max(1, len(postings.skills)))
    for start in range(0, max(count, 1), step):
        yield slice(start, min(start + step, count)), encoded


def _encode(profiles: ProfileBlock, postings: PostingBlock) -> _Encoded:
    wanted = [skill_ids(skills) for skills in postings.skills]
    columns = {name: column for column, name in enumerate(dict.fromkeys(s for ids in wanted for s in ids))}
    offered = [credits_of(skills) for skills in profiles.skills]
    return _Encoded(
        user_credits=_sparse(
            [{columns[s]: round(_TENTHS * c) for s, c in row.items() if s in columns} for row in offered], len(columns)
        ),
        posting_skills=_sparse([{columns[s]: 1 for s in ids} for ids in wanted], len(columns)),
        skill_counts=np.array([len(ids) for ids in wanted], np.int32),
        user_has_skills=np.array([bool(row) for row in offered], np.bool_),
        user_level=_codes(profiles.experience_level, EXPERIENCE_LEVELS),
        posting_level=_codes(postings.experience_level, EXPERIENCE_LEVELS),
        user_industries=_masks(profiles.industries, INDUSTRIES),
        posting_industries=_masks(postings.industries, INDUSTRIES),
        user_arrangements=_masks(profiles.work_arrangements, WORK_ARRANGEMENTS).astype(np.int8),
        posting_arrangement=_codes(postings.work_arrangement, WORK_ARRANGEMENTS),
    )


def _match_block(
    users: slice,
    profiles: ProfileBlock,
    postings: PostingBlock,
    encoded: _Encoded,
    calibration: Calibration,
    weights: Weights,
    floor: int,
) -> MatchTable:
    shape = (users.stop - users.start, len(postings.skills))
    if 0 in shape:
        return _empty()
    similarity = profiles.vectors[users] @ postings.vectors.T
    parts = {
        "skills": _skills(encoded, users),
        "experience": _EXPERIENCE[encoded.posting_level[None, :], encoded.user_level[users, None]],
        "industry": _industry(encoded.posting_industries[None, :], encoded.user_industries[users, None]),
        "work_arrangement": _ARRANGEMENT[encoded.user_arrangements[users, None], encoded.posting_arrangement[None, :]],
        "semantic": calibration.score(similarity),
    }
    points = np.zeros(shape)
    weight = np.zeros(shape)
    fits = np.ones(shape, np.bool_)
    for name, scores in parts.items():
        share = getattr(weights, name)
        known = scores >= 0
        points += np.where(known, scores, 0) * share
        weight += known * share
        fits &= scores != _UNFIT
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.floor(points / weight + 0.5)
    user, posting = np.nonzero(fits & (total >= floor))
    return MatchTable(
        user=user + users.start,
        posting=posting,
        similarity=similarity[user, posting],
        match=total[user, posting].astype(np.int16),
        **{name: scores[user, posting].astype(np.int16) for name, scores in parts.items()},
    )


def _skills(encoded: _Encoded, users: slice) -> NDArray[np.int16]:
    """Skill scores of shape (users, postings), -1 where either side names none."""
    tenths = (encoded.user_credits[users] @ encoded.posting_skills.T).toarray()
    counts = encoded.skill_counts[None, :]
    scores = (20 * tenths + counts) // np.maximum(2 * counts, 1)
    known = (counts > 0) & encoded.user_has_skills[users, None]
    result: NDArray[np.int16] = np.where(known, scores, _UNKNOWN).astype(np.int16)
    return result


def _industry(posting: NDArray[np.int64], user: NDArray[np.int64]) -> NDArray[np.int16]:
    related = np.zeros_like(posting)
    for group in RELATED_INDUSTRIES:
        mask = sum(1 << INDUSTRIES.index(name) for name in group)
        related |= np.where(posting & mask, mask, 0)
    scores = np.where(
        posting & user, INDUSTRY_SHARED, np.where(related & user, INDUSTRY_RELATED, INDUSTRY_OTHER)
    )  # fmt: skip
    result: NDArray[np.int16] = np.where((posting != 0) & (user != 0), scores, _UNKNOWN).astype(np.int16)
    return result


def _sparse(rows: Sequence[dict[int, int]], width: int) -> Any:
    from scipy.sparse import csr_array

    starts = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.fromiter((column for row in rows for column in row), np.int32, starts[-1])
    values = np.fromiter((value for row in rows for value in row.values()), np.int32, starts[-1])
    return csr_array((values, columns, starts), shape=(len(rows), max(width, 1)))


def _codes(values: Sequence[str | None], names: Sequence[str]) -> NDArray[np.int8]:
    """Index of each value among the names; -1 where unknown (the last row of a lookup table)."""
    places = {name: place for place, name in enumerate(names)}
    return np.array([places.get(value or "", -1) for value in values], np.int8)


def _masks(values: Sequence[Sequence[str] | None], names: Sequence[str]) -> NDArray[np.int64]:
    """One bit for each name that a list holds; names that are not known count for nothing."""
    bits = {name: 1 << place for place, name in enumerate(names)}
    return np.array([sum(bits.get(name, 0) for name in set(value or ())) for value in values], np.int64)


def _code(score: int | None, unfit: bool) -> int:
    return _UNFIT if unfit else _UNKNOWN if score is None else score


def _experience_table() -> NDArray[np.int16]:
    levels = (*EXPERIENCE_LEVELS, None)
    return np.array([[_code(*experience_score(p, u)) for u in levels] for p in levels], np.int16)


def _arrangement_table() -> NDArray[np.int16]:
    """Rows: bit mask of the accepted arrangements. Columns: the posting's, the last one unknown."""
    wishes = [
        [name for place, name in enumerate(WORK_ARRANGEMENTS) if mask >> place & 1]
        for mask in range(1 << len(WORK_ARRANGEMENTS))
    ]
    columns = (*WORK_ARRANGEMENTS, None)
    return np.array([[_code(*arrangement_score(p, wish)) for p in columns] for wish in wishes], np.int16)


_EXPERIENCE = _experience_table()
_ARRANGEMENT = _arrangement_table()


def _empty() -> MatchTable:
    kinds = {"user": np.int64, "posting": np.int64, "similarity": np.float32}
    return MatchTable(**{f.name: np.empty(0, kinds.get(f.name, np.int16)) for f in fields(MatchTable)})
