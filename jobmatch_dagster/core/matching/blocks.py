"""Many users times many postings: the scores of `scoring.py`, pair by pair the same, in whole blocks.

Put here arrays. What a part means and how it is weighed stands in `scoring.py`, `skills.py` and `filters.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.calibration import Calibration
from jobmatch_dagster.core.matching.conditions import (
    UNFIT,
    Conditions,
    FilterTable,
    Preferences,
    filter_code,
    verdicts_of,
)
from jobmatch_dagster.core.matching.scoring import (
    EXPERIENCE_FAR,
    INDUSTRY_OTHER,
    INDUSTRY_RELATED,
    INDUSTRY_SHARED,
    MATCH_FLOOR,
    RELATED_INDUSTRIES,
    Parts,
    Weights,
    arrangement_score,
    experience_filters,
    experience_score,
    industry_score,
    reasoning,
    relevance,
    skills_score,
    weighted_score,
)
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES, WORK_ARRANGEMENTS
from jobmatch_dagster.core.vocabulary.skills import (
    RELATED_KINDS,
    Similar,
    SkillMatch,
    compare_skills,
    credits_of,
    skill_ids,
)

# Differs when the same inputs could give other scores; then every pair is scored again.
ENGINE_VERSION = 3
# Pairs scored at once: about ten arrays of this many numbers are alive at a time.
_PAIRS_PER_BLOCK = 1_000_000
# Vectors widened at once: they stay in the processor's cache.
_ROWS_WIDENED = 1_024
_UNKNOWN, _UNFIT = -1, -2
_TENTHS = 10
_SIMILARITY_DIGITS = 6


@dataclass(frozen=True)
class ProfileBlock:
    """What is matched of m users. `vectors` has shape (m, d), unit length; lists have m entries."""

    vectors: NDArray[np.float32]
    skills: Sequence[Sequence[str] | None]
    experience_level: Sequence[str | None]
    industries: Sequence[Sequence[str] | None]
    work_arrangements: Sequence[Sequence[str] | None]
    preferences: Sequence[Preferences] = field(default=())
    """What users ask for; empty when nobody asks for anything."""


@dataclass(frozen=True)
class PostingBlock:
    """What is matched of n postings. `vectors` has shape (n, d), unit length; lists have n entries."""

    vectors: NDArray[np.float32]
    skills: Sequence[Sequence[str] | None]
    experience_level: Sequence[str | None]
    industries: Sequence[Sequence[str] | None]
    work_arrangement: Sequence[str | None]
    level_read: Sequence[bool] = field(default=())
    """Whether a level was read from the ad's text; empty when none was."""
    skills_read: Sequence[bool] = field(default=())
    """Whether skills were read from the ad's text; empty when none were."""
    conditions: Sequence[Conditions] = field(default=())
    """What users may ask about; needed when a profile has preferences."""
    similar_skills: Similar = field(default_factory=dict)
    """For names of the skill table, skills of these postings that are alike by their vectors."""


@dataclass(frozen=True)
class MatchTable:
    """The kept pairs, a row each: indices into the blocks and scores 0..100 (-1 where a part is unknown)."""

    user: NDArray[np.int64]
    posting: NDArray[np.int64]
    similarity: NDArray[np.float32]
    relevance: NDArray[np.float32]
    semantic: NDArray[np.int16]
    match: NDArray[np.int16]
    skills: NDArray[np.int16]
    experience: NDArray[np.int16]
    industry: NDArray[np.int16]
    work_arrangement: NDArray[np.int16]
    filters: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.user)

    def rows(self, places: NDArray[Any]) -> "MatchTable":
        """The table with these rows alone, by index or mask."""
        return MatchTable(**{f.name: getattr(self, f.name)[places] for f in fields(MatchTable)})


@dataclass(frozen=True)
class PairExplanation:
    """One pair, part by part. `unfit` names the filters that take it out, whatever its score."""

    similarity: float
    parts: Parts
    match: int | None
    relevance: float
    skills: SkillMatch
    filters: dict[str, str]
    unfit: tuple[str, ...]
    reasoning: str


def similarities(users: NDArray[np.float32], postings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines of unit vectors, shape (users, postings), to six digits.

    Summed in double precision: a pair has the same cosine in whatever block it is scored, which float32 sums do not
    promise. Vectors are widened a cache-full at a time.
    """
    found = np.empty((len(users), len(postings)), np.float32)
    if not found.size:
        return found
    wide = users.astype(np.float64)
    for start in range(0, len(postings), _ROWS_WIDENED):
        part = slice(start, start + _ROWS_WIDENED)
        found[:, part] = np.round(wide @ postings[part].astype(np.float64).T, _SIMILARITY_DIGITS)
    return found


def match_blocks(
    profiles: ProfileBlock,
    postings: PostingBlock,
    calibration: Calibration,
    weights: Weights,
    *,
    floor: int = MATCH_FLOOR,
    keep_best: int | None = None,
    cutoffs: NDArray[np.float32] | None = None,
) -> MatchTable:
    """Score every pair; keep those that no filter takes out and whose weighted score reaches the floor.

    Args:
        profiles: m users.
        postings: n postings.
        calibration: from cosine to semantic score.
        weights: of the five parts.
        floor: lowest weighted score that is kept.
        keep_best: pairs of a user beyond the place of this relevance are left out: they could not stay.
        cutoffs: for each user the relevance below which a pair could not stay; shape (m,).
    """
    encoded = _encode(profiles, postings)
    tables = [
        _match_block(users, profiles, postings, encoded, calibration, weights, floor, keep_best, cutoffs)
        for users in _blocks(len(profiles.skills), len(postings.skills))
    ]
    return MatchTable(
        **{f.name: np.concatenate([getattr(t, f.name) for t in tables]) for f in fields(MatchTable)}
    )  # fmt: skip


def explain_pair(
    profiles: ProfileBlock, postings: PostingBlock, user: int, posting: int, calibration: Calibration, weights: Weights
) -> PairExplanation:
    """Score one pair of the blocks readably; the numbers are those of `match_blocks`."""
    similarity = similarities(profiles.vectors[user : user + 1], postings.vectors[posting : posting + 1])[0, 0]
    skills = compare_skills(postings.skills[posting], profiles.skills[user], postings.similar_skills)
    level_read = bool(postings.level_read) and postings.level_read[posting]
    experience, too_far = experience_score(
        postings.experience_level[posting], profiles.experience_level[user], read=level_read
    )
    arrangement, no_fit = arrangement_score(postings.work_arrangement[posting], profiles.work_arrangements[user])
    industry = industry_score(postings.industries[posting], profiles.industries[user])
    if too_far and not experience_filters(industry):
        experience, too_far = EXPERIENCE_FAR, False
    parts = Parts(
        skills=skills_score(skills),
        experience=experience,
        industry=industry,
        work_arrangement=arrangement,
        semantic=int(calibration.score(np.array([similarity]))[0]),
    )
    filters = _filters_of(profiles, postings, user, posting)
    unfit = [name for name, hit in (("experience", too_far), ("work arrangement", no_fit)) if hit]
    asked = 0 if skills.share is None else len(skills.hits) + len(skills.missing)
    match = weighted_score(parts, weights)
    read = bool(postings.skills_read) and postings.skills_read[posting]
    stated = bool(skill_ids(postings.skills[posting])) and not read
    return PairExplanation(
        similarity=float(similarity),
        parts=parts,
        match=match,
        relevance=_relevance_of(similarity, parts, skills, asked, match or 0, stated, calibration),
        skills=skills,
        filters=dict(filters),
        unfit=(*unfit, *(name for name, verdict in filters.items() if verdict == "does not fit")),
        reasoning=reasoning(
            matching=skills.matching,
            asked=asked,
            near=next(((hit.cv_skill, hit.job_skill) for hit in skills.hits if hit.kind in RELATED_KINDS), None),
            posting_level=postings.experience_level[posting],
            profile_level=profiles.experience_level[user],
            posting_industries=postings.industries[posting],
            profile_industries=profiles.industries[user],
            arrangement=postings.work_arrangement[posting],
            semantic=parts.semantic or 0,
        ),
    )


def _filters_of(profiles: ProfileBlock, postings: PostingBlock, user: int, posting: int) -> dict[str, str]:
    if not (profiles.preferences and profiles.preferences[user]):
        return {}
    codes = FilterTable([postings.conditions[posting]]).verdicts(profiles.preferences[user])
    return dict(verdicts_of(int(filter_code(codes)[0])))


def _relevance_of(
    similarity: float,
    parts: Parts,
    skills: SkillMatch,
    asked: int,
    match: int,
    stated: bool,
    calibration: Calibration,
) -> float:
    tenths = sum(round(_TENTHS * hit.credit) for hit in skills.hits)
    industry = _UNKNOWN if parts.industry is None else parts.industry
    exact = calibration.exact_score(np.array([similarity], np.float32))
    found = relevance(
        exact,
        np.array([industry], np.int16),
        np.array([tenths], np.float32),
        np.array([asked], np.int32),
        np.array([match], np.float32),
        np.array([stated]),
    )
    return float(found[0])


@dataclass(frozen=True)
class _Encoded:
    """The blocks as numbers: codes, bit masks and skill matrices."""

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
    filters: FilterTable | None
    skills_stated: NDArray[np.bool_]


def _blocks(users: int, postings: int) -> Iterator[slice]:
    step = max(1, _PAIRS_PER_BLOCK // max(1, postings))
    for start in range(0, max(users, 1), step):
        yield slice(start, min(start + step, users))


def _encode(profiles: ProfileBlock, postings: PostingBlock) -> _Encoded:
    wanted = [skill_ids(skills) for skills in postings.skills]
    columns = {name: column for column, name in enumerate(dict.fromkeys(s for ids in wanted for s in ids))}
    offered = [credits_of(skills, postings.similar_skills) for skills in profiles.skills]
    levels = _codes(postings.experience_level, EXPERIENCE_LEVELS)
    if postings.level_read:
        levels = np.where(np.array(postings.level_read) & (levels >= 0), levels + len(EXPERIENCE_LEVELS), levels)
    return _Encoded(
        user_credits=_sparse(
            [{columns[s]: round(_TENTHS * c) for s, c in row.items() if s in columns} for row in offered], len(columns)
        ),
        posting_skills=_sparse([{columns[s]: 1 for s in ids} for ids in wanted], len(columns)).T.tocsr(),
        skill_counts=np.array([len(ids) for ids in wanted], np.int32),
        user_has_skills=np.array([bool(row) for row in offered], np.bool_),
        user_level=_codes(profiles.experience_level, EXPERIENCE_LEVELS),
        posting_level=levels,
        user_industries=_masks(profiles.industries, INDUSTRIES),
        posting_industries=_masks(postings.industries, INDUSTRIES),
        user_arrangements=_masks(profiles.work_arrangements, WORK_ARRANGEMENTS).astype(np.int8),
        posting_arrangement=_codes(postings.work_arrangement, WORK_ARRANGEMENTS),
        filters=FilterTable(postings.conditions) if any(profiles.preferences) else None,
        # An ad that names no skills at all states none.
        skills_stated=np.array([bool(ids) for ids in wanted], np.bool_)
        & ~np.array(postings.skills_read or [False] * len(wanted), np.bool_),
    )


def _match_block(
    users: slice,
    profiles: ProfileBlock,
    postings: PostingBlock,
    encoded: _Encoded,
    calibration: Calibration,
    weights: Weights,
    floor: int,
    keep_best: int | None,
    cutoffs: NDArray[np.float32] | None,
) -> MatchTable:
    if users.start == users.stop or not postings.skills:
        return _empty()
    similarity = similarities(profiles.vectors[users], postings.vectors)
    exact = calibration.exact_score(similarity)
    tenths, counts, skills = _skills(encoded, users)
    parts = {
        "skills": skills,
        "experience": _EXPERIENCE.T[encoded.user_level[users]][:, encoded.posting_level],
        "industry": _by_value(encoded.user_industries[users], lambda mask: _industry(encoded.posting_industries, mask)),
        "work_arrangement": _ARRANGEMENT[encoded.user_arrangements[users]][:, encoded.posting_arrangement],
        "semantic": np.floor(exact + np.float32(0.5)).astype(np.int16),
    }
    # As `experience_filters`: the filter holds within a field.
    strangers = (parts["experience"] == _UNFIT) & (parts["industry"] < INDUSTRY_RELATED)
    parts["experience"] = np.where(strangers, np.int16(EXPERIENCE_FAR), parts["experience"])
    total, kept = _weighted(parts, weights)
    kept &= total >= floor
    verdicts = _verdicts(encoded, profiles, users, kept)
    standing = relevance(exact, parts["industry"], tenths, counts, total, encoded.skills_stated)
    if cutoffs is not None:
        kept &= standing >= cutoffs[users, None]
    if keep_best is not None:
        kept &= standing >= _nth_best(standing, kept, keep_best)[:, None]
    user, posting = np.nonzero(kept)
    return MatchTable(
        user=user + users.start,
        posting=posting,
        similarity=similarity[user, posting],
        relevance=standing[user, posting],
        match=total[user, posting].astype(np.int16),
        filters=np.zeros(len(user), np.int16) if verdicts is None else verdicts[user, posting],
        **{name: scores[user, posting].astype(np.int16) for name, scores in parts.items()},
    )


def _weighted(parts: dict[str, NDArray[np.int16]], weights: Weights) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Weighted scores, rounded half up (NaN where nothing is known), and which pairs no part takes out."""
    shape = parts["semantic"].shape
    points, weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    fits = np.ones(shape, np.bool_)
    for name, scores in parts.items():
        share = np.float32(getattr(weights, name))
        known = scores >= 0
        points += np.where(known, scores, np.int16(0)) * share
        weight += known * share
        fits &= scores != _UNFIT
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.floor(points / weight + np.float32(0.5)), fits


def _skills(encoded: _Encoded, users: slice) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int16]]:
    """Tenths of credits, skills asked for (0 where unknown) and scores (-1 where unknown), each (users, postings)."""
    tenths = (encoded.user_credits[users] @ encoded.posting_skills).toarray()
    counts = np.where(encoded.user_has_skills[users, None], encoded.skill_counts[None, :], np.int32(0))
    scores = (20 * tenths + counts) // np.maximum(2 * counts, 1)
    known = np.where(counts > 0, scores, _UNKNOWN).astype(np.int16)
    return tenths.astype(np.float32), counts, known


def _verdicts(
    encoded: _Encoded, profiles: ProfileBlock, users: slice, kept: NDArray[np.bool_]
) -> NDArray[np.int16] | None:
    """Filter codes of shape (users, postings), None when nobody asks; takes out of `kept` what does not fit."""
    if encoded.filters is None:
        return None
    found = np.zeros(kept.shape, np.int16)
    for row, preferences in enumerate(profiles.preferences[users]):
        if preferences:
            codes = encoded.filters.verdicts(preferences)
            found[row] = filter_code(codes)
            kept[row] &= (codes != UNFIT).all(axis=0)
    return found


def _nth_best(standing: NDArray[np.float32], kept: NDArray[np.bool_], count: int) -> NDArray[np.float32]:
    """For each user the relevance of the kept pair at this place; below 0 when there are fewer."""
    if standing.shape[1] <= count:
        return np.full(len(standing), -1, np.float32)
    held = np.where(kept, standing, np.float32(-1))
    nth: NDArray[np.float32] = np.partition(held, -count, axis=1)[:, -count]
    return nth


def _by_value(values: NDArray[np.int64], row: Callable[[np.int64], NDArray[np.int16]]) -> NDArray[np.int16]:
    """Rows for values, each distinct one computed once; shape (values, n)."""
    distinct, places = np.unique(values, return_inverse=True)
    return np.stack([row(value) for value in distinct])[places]


def _industry(posting: NDArray[np.int64], user: np.int64) -> NDArray[np.int16]:
    related = np.int64(0)
    for group in RELATED_INDUSTRIES:
        mask = sum(1 << INDUSTRIES.index(name) for name in group)
        if user & mask:
            related |= np.int64(mask)
    scores = np.where(
        posting & user, INDUSTRY_SHARED, np.where(posting & related, INDUSTRY_RELATED, INDUSTRY_OTHER)
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
    """Rows: the posting's level as stated, then as read from its text, then unknown. Columns: the profile's."""
    rows = [(level, read) for read in (False, True) for level in EXPERIENCE_LEVELS] + [(None, False)]
    columns = (*EXPERIENCE_LEVELS, None)
    return np.array([[_code(*experience_score(p, u, read=read)) for u in columns] for p, read in rows], np.int16)


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
    kinds = {"user": np.int64, "posting": np.int64, "similarity": np.float32, "relevance": np.float32}
    return MatchTable(**{f.name: np.empty(0, kinds.get(f.name, np.int16)) for f in fields(MatchTable)})
