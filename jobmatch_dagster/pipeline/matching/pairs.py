"""Profiles and postings as the blocks that are matched.

`read_pairs` never writes; explanations use it. `ensure_pairs` stores what it derives for the next run.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from jobmatch_dagster.core.matching.block_engine import PostingBlock, ProfileBlock
from jobmatch_dagster.core.matching.conditions import PostingConditions
from jobmatch_dagster.core.matching.judge import PairFacts, ScoringRules
from jobmatch_dagster.core.matching.likeness import Lens, similarities
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.core.vocabulary.similar_skills import by_name
from jobmatch_dagster.db.matching.chosen_postings import (
    ChosenPostings,
    KnownFacts,
    ensure_facts,
    read_conditions,
    read_facts,
    read_posting_vectors,
)
from jobmatch_dagster.db.matching.current_profiles import ProfileToMatch, read_profiles
from jobmatch_dagster.db.matching.similar_skills import KnownNeighbours, ensure_similar_skills, read_similar_skills
from jobmatch_dagster.pipeline.matching.settings import MatchSettings


@dataclass(frozen=True)
class LoadedPairs:
    """Profiles and chosen postings, as rows and as blocks in the same order, and the rules that they are scored by.

    Attributes:
        profiles: m profiles.
        chosen: n postings.
        profile_block: what is compared of the profiles.
        posting_block: what is compared of the postings.
        rules: weights of the deployment, and which skills are alike.
        unstored_facts: ids of postings whose facts were derived now and are not stored.
        unstored_skills: skills that were compared now and are not stored.
    """

    profiles: Sequence[ProfileToMatch]
    chosen: ChosenPostings
    profile_block: ProfileBlock = field(repr=False)
    posting_block: PostingBlock = field(repr=False)
    rules: ScoringRules = field(repr=False)
    unstored_facts: tuple[int, ...] = ()
    unstored_skills: tuple[str, ...] = ()

    def rules_of(self, user: int) -> ScoringRules:
        """What this user's pairs are scored by."""
        own = self.profile_block.weights
        return replace(self.rules, weights=own[user]) if own else self.rules

    def pair(self, user: int, posting: int, lens: Lens | None) -> PairFacts:
        """What is compared of one of the pairs, its vectors seen through the lens."""
        profiles, postings = self.profile_block, self.posting_block
        cosine = similarities(profiles.vectors[user : user + 1], postings.vectors[posting : posting + 1], lens)[0, 0]
        return PairFacts(
            profile=profiles.facts[user],
            posting=postings.facts[posting],
            similarity=float(cosine),
            user_conditions=profiles.conditions[user],
            posting_conditions=postings.conditions[posting] if postings.conditions else PostingConditions(),
        )


def read_pairs(
    connection: Connection, settings: MatchSettings, chosen: ChosenPostings, user_keys: Sequence[str]
) -> LoadedPairs:
    """These users' current profiles and the chosen postings; what is not stored yet is computed and left unstored."""
    facts = read_facts(connection, chosen)
    skills = [known.skills for known in facts.facts]
    near = KnownNeighbours({})
    if settings.similar_skills:
        near = read_similar_skills(connection, settings.model, skills, settings.similar_skills)
    profiles, vectors = read_profiles(connection, settings.model, user_keys)
    return _loaded(connection, settings, chosen, facts, near, profiles, vectors)


def ensure_pairs(
    connection: Connection,
    settings: MatchSettings,
    chosen: ChosenPostings,
    user_keys: Sequence[str] | None,
    *,
    only_current: bool = False,
) -> LoadedPairs:
    """Current profiles (all, or of these users) and the chosen postings; what is derived of them is stored.

    `only_current` leaves out users whose list was not made from this profile and these preferences.
    """
    with _uncollected():
        facts = ensure_facts(connection, chosen)
        skills = [known.skills for known in facts.facts]
        near = KnownNeighbours({})
        if settings.similar_skills:
            near = ensure_similar_skills(connection, settings.model, skills, settings.similar_skills)
        profiles, vectors = read_profiles(connection, settings.model, user_keys, only_current=only_current)
        return _loaded(connection, settings, chosen, facts, near, profiles, vectors)


def _loaded(
    connection: Connection,
    settings: MatchSettings,
    chosen: ChosenPostings,
    facts: KnownFacts,
    near: KnownNeighbours,
    profiles: Sequence[ProfileToMatch],
    profile_vectors: NDArray[np.float32],
) -> LoadedPairs:
    asked = [profile.conditions for profile in profiles]
    conditions = read_conditions(connection, chosen, facts.facts) if any(asked) else ()
    return LoadedPairs(
        profiles=profiles,
        chosen=chosen,
        profile_block=ProfileBlock(
            profile_vectors, [profile.facts for profile in profiles], asked, _weights(settings.weights, profiles)
        ),
        posting_block=PostingBlock(read_posting_vectors(connection, settings.model, chosen), facts.facts, conditions),
        rules=ScoringRules(settings.weights, by_name(near.by_skill)),
        unstored_facts=facts.unstored,
        unstored_skills=near.unstored,
    )


def _weights(weights: Weights, profiles: Sequence[ProfileToMatch]) -> Sequence[Weights]:
    """The weights of each user; empty when nobody has own ones."""
    if not any(profile.own_weights for profile in profiles):
        return ()
    return [weights.with_own(profile.own_weights) for profile in profiles]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause garbage collection while many rows are created and none is garbage: it would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
