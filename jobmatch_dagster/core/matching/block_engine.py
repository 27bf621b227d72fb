"""The block engine: scores many users times many postings at once, pair by pair the numbers of `judge.py`.

A block is a group of users or postings as arrays. Belongs here: which pairs are kept. How parts become arrays is in
`block_parts.py`, what a part means in `scoring.py` and `conditions.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.block_parts import UNFIT, EncodedFacts, encode_facts
from jobmatch_dagster.core.matching.calibration import Calibration
from jobmatch_dagster.core.matching.conditions import (
    DOES_NOT_FIT,
    FilterTable,
    PostingConditions,
    UserConditions,
    filter_code,
)
from jobmatch_dagster.core.matching.judge import ProfileFacts, ScoringRules
from jobmatch_dagster.core.matching.likeness import likeness, similarities
from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.matching.scoring import MATCH_FLOOR, Weights, rounded, weighted_scores
from jobmatch_dagster.core.vocabulary.skill_match import Similar

# Differs when the same inputs could give other scores; then every pair is scored again.
ENGINE_VERSION = 4
# Pairs scored at once: about ten arrays of this many numbers are alive at a time.
_PAIRS_PER_BLOCK = 1_000_000


@dataclass(frozen=True)
class ProfileBlock:
    """What is compared of m users. `vectors` has shape (m, d), unit length; lists have m entries."""

    vectors: NDArray[np.float32] = field(repr=False)
    facts: Sequence[ProfileFacts]
    conditions: Sequence[UserConditions] = ()
    """What users ask for; empty when nobody asks for anything."""
    weights: Sequence[Weights] = ()
    """What users are scored by; empty when all have the weights of the rules."""


@dataclass(frozen=True)
class PostingBlock:
    """What is compared of n postings. `vectors` has shape (n, d), unit length; lists have n entries."""

    vectors: NDArray[np.float32] = field(repr=False)
    facts: Sequence[PostingFacts]
    conditions: Sequence[PostingConditions] = ()
    """What users may ask about; needed when a user asks for something."""


@dataclass(frozen=True)
class MatchTable:
    """The kept pairs, a row each: indices into the blocks and scores 0..100 (-1 where a part is unknown).

    `exact` is the score with two decimals, which orders a list; `stated` and `read` are percents (`scoring.Totals`).
    """

    user: NDArray[np.int64]
    posting: NDArray[np.int64]
    similarity: NDArray[np.float32]
    exact: NDArray[np.float32]
    score: NDArray[np.int16]
    stated: NDArray[np.int16]
    read: NDArray[np.int16]
    semantic: NDArray[np.int16]
    skills: NDArray[np.int16]
    experience: NDArray[np.int16]
    industry: NDArray[np.int16]
    work_arrangement: NDArray[np.int16]
    filters: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.user)


def likenesses(
    profiles: ProfileBlock, postings: PostingBlock, similar_skills: Similar, calibration: Calibration
) -> NDArray[np.float32]:
    """What the calibration's knots are applied to, of every pair; shape (m, n)."""
    encoded = encode_facts(profiles.facts, postings.facts, similar_skills, calibration.frequencies)
    every = slice(0, len(profiles.facts))
    cosines = similarities(profiles.vectors, postings.vectors, calibration.lens)
    return likeness(cosines, encoded.skill_share(every), encoded.word_share(every))


def match_blocks(
    profiles: ProfileBlock,
    postings: PostingBlock,
    rules: ScoringRules,
    calibration: Calibration,
    *,
    floor: int = MATCH_FLOOR,
    keep_best: int | None = None,
    cutoffs: NDArray[np.float32] | None = None,
) -> MatchTable:
    """Score every pair; keep those that nothing rules out and whose weighted score reaches the floor.

    Args:
        profiles: m users.
        postings: n postings.
        rules: what pairs are scored by.
        calibration: from the likeness of the texts to the semantic score.
        floor: lowest weighted score that is kept.
        keep_best: pairs of a user beyond the exact score of this place are left out: they could not stay.
        cutoffs: for each user the exact score below which a pair could not stay; shape (m,).
    """
    encoded = encode_facts(profiles.facts, postings.facts, rules.similar_skills, calibration.frequencies)
    filters = FilterTable(postings.conditions) if any(profiles.conditions) else None
    tables = [
        _match_block(users, profiles, postings, encoded, filters, rules, calibration, floor, keep_best, cutoffs)
        for users in _blocks(len(profiles.facts), len(postings.facts))
    ]
    return MatchTable(
        **{f.name: np.concatenate([getattr(t, f.name) for t in tables]) for f in fields(MatchTable)}
    )  # fmt: skip


def _blocks(users: int, postings: int) -> Iterator[slice]:
    step = max(1, _PAIRS_PER_BLOCK // max(1, postings))
    for start in range(0, max(users, 1), step):
        yield slice(start, min(start + step, users))


def _match_block(
    users: slice,
    profiles: ProfileBlock,
    postings: PostingBlock,
    encoded: EncodedFacts,
    filters: FilterTable | None,
    rules: ScoringRules,
    calibration: Calibration,
    floor: int,
    keep_best: int | None,
    cutoffs: NDArray[np.float32] | None,
) -> MatchTable:
    if users.start == users.stop or not postings.facts:
        return _empty()
    similarity = similarities(profiles.vectors[users], postings.vectors, calibration.lens)
    alike = likeness(similarity, encoded.skill_share(users), encoded.word_share(users))
    semantic = calibration.exact_score(alike)
    industry = encoded.industry(users)
    parts = {
        "skills": encoded.skills(users),
        "experience": encoded.experience(users, industry),
        "industry": industry,
        "work_arrangement": encoded.arrangement(users),
        "semantic": rounded(semantic).astype(np.int16),
    }
    totals = weighted_scores(parts, semantic, encoded.is_read, profiles.weights[users] or rules.weights)
    score = rounded(totals.exact)
    kept = (score >= floor) & (parts["experience"] != UNFIT) & (parts["work_arrangement"] != UNFIT)
    verdicts = _verdicts(filters, profiles.conditions[users], kept)
    if cutoffs is not None:
        kept &= totals.exact >= cutoffs[users, None]
    if keep_best is not None:
        kept &= totals.exact >= _nth_best(totals.exact, kept, keep_best)[:, None]
    user, posting = np.nonzero(kept)
    return MatchTable(
        user=user + users.start,
        posting=posting,
        similarity=similarity[user, posting],
        exact=totals.exact[user, posting],
        score=score[user, posting].astype(np.int16),
        stated=totals.stated[user, posting],
        read=totals.read[user, posting],
        filters=np.zeros(len(user), np.int16) if verdicts is None else verdicts[user, posting],
        **{name: scores[user, posting].astype(np.int16) for name, scores in parts.items()},
    )


def _verdicts(
    filters: FilterTable | None, users: Sequence[UserConditions], kept: NDArray[np.bool_]
) -> NDArray[np.int16] | None:
    """Filter codes of shape (users, postings), None when nobody asks; clears `kept` where a posting does not fit."""
    if filters is None:
        return None
    found = np.zeros(kept.shape, np.int16)
    for row, conditions in enumerate(users):
        if conditions:
            codes = filters.verdicts(conditions)
            found[row] = filter_code(codes)
            kept[row] &= (codes != DOES_NOT_FIT).all(axis=0)
    return found


def _nth_best(exact: NDArray[np.float32], kept: NDArray[np.bool_], count: int) -> NDArray[np.float32]:
    """For each user the exact score of the kept pair at this place; below 0 when there are fewer."""
    if exact.shape[1] <= count:
        return np.full(len(exact), -1, np.float32)
    scores = np.where(kept, exact, np.float32(-1))
    nth: NDArray[np.float32] = np.partition(scores, -count, axis=1)[:, -count]
    return nth


def _empty() -> MatchTable:
    kinds = {"user": np.int64, "posting": np.int64, "similarity": np.float32, "exact": np.float32}
    return MatchTable(**{f.name: np.empty(0, kinds.get(f.name, np.int16)) for f in fields(MatchTable)})
