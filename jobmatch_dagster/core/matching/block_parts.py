"""The parts of a block's pairs: the scales of `scoring.py`, looked up by codes and bit masks.

Belongs here: how facts become numbers. Each array has the shape (users, postings).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.judge import ProfileFacts
from jobmatch_dagster.core.matching.likeness import Frequencies, shares
from jobmatch_dagster.core.matching.posting_facts import FACT_OF_PART, PostingFacts
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
from jobmatch_dagster.core.vocabulary.skill_match import FULL_CREDIT_TENTHS, Similar, offer_skills

# In place of a score.
UNKNOWN, UNFIT = -1, -2


@dataclass(frozen=True)
class EncodedFacts:
    """Facts of m users and n postings as codes, bit masks and skill matrices."""

    user_credits: Any
    posting_skills: Any
    """Skills by postings: the weight of a skill that is asked for."""
    posting_rarities: Any
    """Skills by postings: the rarity of a skill that is asked for."""
    asked: NDArray[np.int32]
    """For each posting the sum of the weights of its skills."""
    asked_rarity: NDArray[np.int32]
    user_has_skills: NDArray[np.bool_]
    user_words: Any
    posting_words: Any
    """Title words by postings: their rarity."""
    words_rarity: NDArray[np.int32]
    user_level: NDArray[np.int8]
    posting_level: NDArray[np.int8]
    user_industries: NDArray[np.int64]
    posting_industries: NDArray[np.int64]
    user_arrangements: NDArray[np.int8]
    posting_arrangement: NDArray[np.int8]
    is_read: Mapping[str, NDArray[np.bool_]]
    """By name of the part, for each posting, whether its fact was read from the ad's text."""

    def skills(self, users: slice) -> NDArray[np.int16]:
        """How far the users' skills answer those of the postings: scores, -1 where unknown."""
        tenths = (self.user_credits[users] @ self.posting_skills).toarray()
        asked = np.where(self.user_has_skills[users, None], self.asked[None, :], np.int32(0))
        scores = (20 * tenths + asked) // np.maximum(2 * asked, 1)
        return np.where(asked > 0, scores, UNKNOWN).astype(np.int16)

    def skill_share(self, users: slice) -> NDArray[np.float32]:
        """Share of the postings' skills that the users have, by rarity; 0 to 1."""
        common = (self.user_credits[users] @ self.posting_rarities).toarray()
        return shares(common, self.asked_rarity, FULL_CREDIT_TENTHS)

    def word_share(self, users: slice) -> NDArray[np.float32]:
        """Share of the words of the postings' titles that the users' titles have, by rarity; 0 to 1."""
        return shares((self.user_words[users] @ self.posting_words).toarray(), self.words_rarity, 1)

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
    profiles: Sequence[ProfileFacts],
    postings: Sequence[PostingFacts],
    similar_skills: Similar,
    frequencies: Frequencies,
) -> EncodedFacts:
    """The facts as numbers."""
    wanted = [facts.skill_weights() for facts in postings]
    skills = _columns(wanted)
    rarity = dict(zip(skills, frequencies.skill_rarities(skills), strict=True))
    words = _columns(facts.title_words or () for facts in postings)
    word_rarity = dict(zip(words, frequencies.word_rarities(words), strict=True))
    levels = _codes([facts.experience_level for facts in postings], EXPERIENCE_LEVELS)
    is_read = {
        part: np.array([facts.is_read(fact) for facts in postings], np.bool_) for part, fact in FACT_OF_PART.items()
    }
    offered = [offer_skills(facts.skills, similar_skills).tenths() for facts in profiles]
    return EncodedFacts(
        user_credits=_sparse(offered, skills),
        posting_skills=_sparse(wanted, skills).T.tocsr(),
        posting_rarities=_sparse([{name: rarity[name] for name in row} for row in wanted], skills).T.tocsr(),
        asked=np.array([sum(row.values()) for row in wanted], np.int32),
        asked_rarity=np.array([sum(rarity[name] for name in row) for row in wanted], np.int32),
        user_has_skills=np.array([bool(row) for row in offered], np.bool_),
        user_words=_sparse([dict.fromkeys(facts.title_words, 1) for facts in profiles], words),
        posting_words=_sparse(
            [{word: word_rarity[word] for word in facts.title_words or ()} for facts in postings], words
        ).T.tocsr(),
        words_rarity=np.array(
            [sum(word_rarity[word] for word in facts.title_words or ()) for facts in postings], np.int32
        ),
        user_level=_codes([facts.experience_level for facts in profiles], EXPERIENCE_LEVELS),
        posting_level=np.where(is_read["experience"] & (levels >= 0), levels + len(EXPERIENCE_LEVELS), levels),
        user_industries=_masks([facts.industries for facts in profiles], INDUSTRIES),
        posting_industries=_masks([facts.industries for facts in postings], INDUSTRIES),
        user_arrangements=_masks([facts.work_arrangements for facts in profiles], WORK_ARRANGEMENTS).astype(np.int8),
        posting_arrangement=_codes([facts.work_arrangement for facts in postings], WORK_ARRANGEMENTS),
        is_read=is_read,
    )


def _columns(rows: Iterable[Iterable[str]]) -> dict[str, int]:
    """A column for each name."""
    return {name: column for column, name in enumerate(dict.fromkeys(name for row in rows for name in row))}


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


def _sparse(rows: Sequence[Mapping[str, int]], columns: Mapping[str, int]) -> Any:
    """A matrix with a row for each mapping of names to numbers; names without a column are left out."""
    from scipy.sparse import csr_array

    known = [{columns[name]: value for name, value in row.items() if name in columns} for row in rows]
    starts = np.cumsum([0, *(len(row) for row in known)])
    places = np.fromiter((column for row in known for column in row), np.int32, starts[-1])
    values = np.fromiter((value for row in known for value in row.values()), np.int32, starts[-1])
    return csr_array((values, places, starts), shape=(len(rows), max(len(columns), 1)))


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
