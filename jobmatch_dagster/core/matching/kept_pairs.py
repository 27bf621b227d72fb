"""Judgements of the pairs that a block keeps.

Belongs here: how the block's numbers and the judge's words become one judgement, once for each pair that is written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.block_engine import MatchTable, PostingBlock, ProfileBlock
from jobmatch_dagster.core.matching.conditions import verdicts_of
from jobmatch_dagster.core.matching.judge import Judgement, ScoringRules, reasoning
from jobmatch_dagster.core.matching.scoring import PARTS, Parts
from jobmatch_dagster.core.vocabulary.skill_match import NOTHING_OFFERED, match_skills, offer_skills, skills_by_id

JudgedPair = tuple[int, int, Judgement]
"""A kept pair: its indices into the blocks of users and postings, and its judgement."""


def best_of_each_user(table: MatchTable, users: Sequence[int]) -> MatchTable:
    """Of each user's pairs with one posting only the one with the highest score.

    Args:
        table: kept pairs, as `match_blocks` gives them.
        users: the user of each profile in the block; who has several CVs has several profiles. Of equal scores the
            first profile's counts.
    """
    if len(set(users)) == len(users):
        return table
    user = np.asarray(users)[table.user]
    order = np.lexsort((table.user, -table.exact, table.posting, user))
    is_first = np.ones(len(order), np.bool_)
    same = (np.diff(user[order]) == 0) & (np.diff(table.posting[order]) == 0)
    is_first[1:] = ~same
    kept = np.sort(order[is_first])
    return MatchTable(**{found.name: getattr(table, found.name)[kept] for found in fields(MatchTable)})


@dataclass(frozen=True)
class KeptPairs:
    """The kept pairs of two blocks with their judgements, which are made as they are asked for."""

    table: MatchTable
    profiles: ProfileBlock
    postings: PostingBlock
    rules: ScoringRules

    @property
    def most_of_a_user(self) -> int:
        """How many pairs the user with the most has."""
        return int(np.bincount(self.table.user).max()) if len(self.table) else 0

    def __iter__(self) -> Iterator[JudgedPair]:
        """In the order of the table, which is grouped by user: its numbers with the words of `judge.py`."""
        table = self.table
        columns = (
            table.user, table.posting, table.similarity, table.exact,
            table.score, table.stated, table.read, table.filters,
        )  # fmt: skip
        rows = zip(*(column.tolist() for column in columns), strict=True)
        every_parts = map(Parts, *(_optional(getattr(table, name)) for name in PARTS))
        wanted: dict[int, dict[str, str]] = {}
        last, offered = -1, NOTHING_OFFERED
        for (user, posting, similarity, exact, score, stated, read, code), parts in zip(rows, every_parts, strict=True):
            profile, ad = self.profiles.facts[user], self.postings.facts[posting]
            if user != last:
                last, offered = user, offer_skills(profile.skills, self.rules.similar_skills)
            asked = wanted.get(posting)
            if asked is None:
                asked = wanted[posting] = skills_by_id(ad.skills)
            skills = match_skills(asked, offered)
            words = reasoning(profile, ad, skills, parts.semantic)
            yield (
                user,
                posting,
                Judgement(similarity, parts, score, exact, stated, read, skills, verdicts_of(code), (), words),
            )


def _optional(scores: NDArray[np.int16]) -> list[int | None]:
    known = scores.astype(object)
    known[scores < 0] = None
    found: list[int | None] = known.tolist()
    return found
