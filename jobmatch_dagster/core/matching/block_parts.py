"""The parts of a block's pairs: the scales of `scoring.py`, looked up by codes and bit masks.

Belongs here: how facts become numbers. Each array has the shape (users, postings).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.judge import ProfileFacts
from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.matching.scoring import (
    EXPERIENCE_FAR,
    INDUSTRY_OTHER,
    INDUSTRY_RELATED,
    INDUSTRY_SHARED,
    RELATED_INDUSTRIES,
    arrangement_score,
    experience_score,
)
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES, WORK_ARRANGEMENTS
from jobmatch_dagster.core.vocabulary.skill_match import Similar, offer_skills, skill_ids

# In place of a score.
UNKNOWN, UNFIT = -1, -2


@dataclass(frozen=True)
class SkillArrays:
    """Credits in tenths, skills asked for (0 where unknown) and scores (-1 where unknown)."""

    tenths: NDArray[np.float32]
    asked: NDArray[np.int32]
    scores: NDArray[np.int16]


@dataclass(frozen=True)
class EncodedFacts:
    """Facts of m users and n postings as codes, bit masks and skill matrices."""

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
    skills_stated: NDArray[np.bool_]
    """For each posting whether the vendor states its skills; an ad that names none states none."""

    def skills(self, users: slice) -> SkillArrays:
        """How far the users' skills answer those of the postings."""
        tenths = (self.user_credits[users] @ self.posting_skills).toarray()
        asked = np.where(self.user_has_skills[users, None], self.skill_counts[None, :], np.int32(0))
        scores = (20 * tenths + asked) // np.maximum(2 * asked, 1)
        known = np.where(asked > 0, scores, UNKNOWN).astype(np.int16)
        return SkillArrays(tenths.astype(np.float32), asked, known)

    def experience(self, users: slice, industry: NDArray[np.int16]) -> NDArray[np.int16]:
        """Scores of the levels; too far apart within a field is unfit, as `experience_filters` says."""
        scores = _EXPERIENCE.T[self.user_level[users]][:, self.posting_level]
        strangers = (scores == UNFIT) & (industry < INDUSTRY_RELATED)
        return np.where(strangers, np.int16(EXPERIENCE_FAR), scores)

    def industry(self, users: slice) -> NDArray[np.int16]:
        """Scores of the fields."""
        return _by_value(self.user_industries[users], lambda mask: _industry_row(self.posting_industries, mask))

    def arrangement(self, users: slice) -> NDArray[np.int16]:
        """Scores of the work arrangements."""
        found: NDArray[np.int16] = _ARRANGEMENT[self.user_arrangements[users]][:, self.posting_arrangement]
        return found


def encode_facts(
    profiles: Sequence[ProfileFacts], postings: Sequence[PostingFacts], similar_skills: Similar
) -> EncodedFacts:
    """The facts as numbers."""
    wanted = [skill_ids(facts.skills) for facts in postings]
    columns = {name: column for column, name in enumerate(dict.fromkeys(s for ids in wanted for s in ids))}
    offered = [offer_skills(facts.skills, similar_skills).tenths() for facts in profiles]
    levels = _codes([facts.experience_level for facts in postings], EXPERIENCE_LEVELS)
    derived = np.array([facts.level_is_derived for facts in postings], np.bool_)
    states = [bool(ids) and not facts.skills_are_derived for ids, facts in zip(wanted, postings, strict=True)]
    return EncodedFacts(
        user_credits=_sparse(
            [{columns[s]: tenths for s, tenths in row.items() if s in columns} for row in offered], len(columns)
        ),
        posting_skills=_sparse([{columns[s]: 1 for s in ids} for ids in wanted], len(columns)).T.tocsr(),
        skill_counts=np.array([len(ids) for ids in wanted], np.int32),
        user_has_skills=np.array([bool(row) for row in offered], np.bool_),
        user_level=_codes([facts.experience_level for facts in profiles], EXPERIENCE_LEVELS),
        posting_level=np.where(derived & (levels >= 0), levels + len(EXPERIENCE_LEVELS), levels),
        user_industries=_masks([facts.industries for facts in profiles], INDUSTRIES),
        posting_industries=_masks([facts.industries for facts in postings], INDUSTRIES),
        user_arrangements=_masks([facts.work_arrangements for facts in profiles], WORK_ARRANGEMENTS).astype(np.int8),
        posting_arrangement=_codes([facts.work_arrangement for facts in postings], WORK_ARRANGEMENTS),
        skills_stated=np.array(states, np.bool_),
    )


def _by_value(values: NDArray[np.int64], row: Callable[[np.int64], NDArray[np.int16]]) -> NDArray[np.int16]:
    """Rows for values, each distinct one computed once; shape (values, n)."""
    distinct, places = np.unique(values, return_inverse=True)
    return np.stack([row(value) for value in distinct])[places]


def _industry_row(posting: NDArray[np.int64], user: np.int64) -> NDArray[np.int16]:
    related = np.int64(0)
    for group in RELATED_INDUSTRIES:
        mask = sum(1 << INDUSTRIES.index(name) for name in group)
        if user & mask:
            related |= np.int64(mask)
    scores = np.where(
        posting & user, INDUSTRY_SHARED, np.where(posting & related, INDUSTRY_RELATED, INDUSTRY_OTHER)
    )  # fmt: skip
    result: NDArray[np.int16] = np.where((posting != 0) & (user != 0), scores, UNKNOWN).astype(np.int16)
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
    return UNFIT if unfit else UNKNOWN if score is None else score


def _experience_table() -> NDArray[np.int16]:
    """Rows: the posting's level as stated, then as derived from its text, then unknown. Columns: the profile's."""
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
